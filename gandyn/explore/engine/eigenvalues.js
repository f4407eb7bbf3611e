// Eigenvalues of small real matrices, n by n, row by row in one array.

// Scale rows and columns by powers of two until their sums are alike.
function balance(A, n) {
  for (let again = true; again; ) {
    again = false;
    for (let i = 0; i < n; i++) {
      let row = 0, column = 0;
      for (let j = 0; j < n; j++) {
        if (j === i) continue;
        row += Math.abs(A[i * n + j]);
        column += Math.abs(A[j * n + i]);
      }
      if (row === 0 || column === 0) continue;
      const f = 2 ** Math.round(Math.log2(row / column) / 2);
      if (column * f + row / f >= 0.95 * (column + row)) continue;
      again = true;
      for (let j = 0; j < n; j++) A[i * n + j] /= f;
      for (let j = 0; j < n; j++) A[j * n + i] *= f;
    }
  }
}

// Eliminate what is below the subdiagonal, the largest pivot first.
function toHessenberg(A, n) {
  for (let k = 1; k < n - 1; k++) {
    let p = k;
    for (let i = k + 1; i < n; i++) {
      if (Math.abs(A[i * n + k - 1]) > Math.abs(A[p * n + k - 1])) p = i;
    }
    if (A[p * n + k - 1] === 0) continue;
    if (p !== k) {
      for (let j = 0; j < n; j++) {
        [A[p * n + j], A[k * n + j]] = [A[k * n + j], A[p * n + j]];
      }
      for (let j = 0; j < n; j++) {
        [A[j * n + p], A[j * n + k]] = [A[j * n + k], A[j * n + p]];
      }
    }
    for (let i = k + 1; i < n; i++) {
      const f = A[i * n + k - 1] / A[k * n + k - 1];
      if (f === 0) continue;
      for (let j = k - 1; j < n; j++) A[i * n + j] -= f * A[k * n + j];
      for (let j = 0; j < n; j++) A[j * n + k] += f * A[j * n + i];
      A[i * n + k - 1] = 0;
    }
  }
}

// The eigenvalues of [[a, b], [c, d]] into re, im at place k.
function pair(a, b, c, d, re, im, k) {
  const mean = a / 2 + d / 2, half = a / 2 - d / 2, square = half * half + b * c;
  const root = Math.sqrt(Math.abs(square));
  if (square < 0) {
    re[k] = re[k + 1] = mean;
    im[k] = root;
    im[k + 1] = -root;
    return;
  }
  const far = mean + (mean < 0 ? -root : root);
  re[k] = far;
  // The product of both is ad - bc, which keeps the digits of the smaller one.
  const near = mean - (mean < 0 ? -root : root);
  re[k + 1] = Math.abs(near) < 0.1 * Math.abs(far) ? (a * d - b * c) / far : near;
  im[k] = im[k + 1] = 0;
}

// Two shifted QR steps at once on the rows low to high (Francis): the shifts' sum and
// product make a first column, and Householder vectors chase the bulge down.
function francis(A, n, low, high, sum, product) {
  const at = (i, j) => i * n + j;
  let x = A[at(low, low)] ** 2 + A[at(low, low + 1)] * A[at(low + 1, low)]
    - sum * A[at(low, low)] + product;
  let y = A[at(low + 1, low)] * (A[at(low, low)] + A[at(low + 1, low + 1)] - sum);
  let z = low + 2 <= high ? A[at(low + 1, low)] * A[at(low + 2, low + 1)] : 0;
  for (let k = low; k < high; k++) {
    const rows = k + 2 <= high ? 3 : 2;
    const size = rows === 3 ? Math.hypot(x, y, z) : Math.hypot(x, y);
    if (size > 0) {
      const v0 = x + (x < 0 ? -size : size), v1 = y, v2 = rows === 3 ? z : 0;
      const beta = 2 / (v0 * v0 + v1 * v1 + v2 * v2);
      for (let j = Math.max(low, k - 1); j <= high; j++) {
        const r = rows === 3 ? A[at(k + 2, j)] : 0;
        const t = beta * (v0 * A[at(k, j)] + v1 * A[at(k + 1, j)] + v2 * r);
        A[at(k, j)] -= t * v0;
        A[at(k + 1, j)] -= t * v1;
        if (rows === 3) A[at(k + 2, j)] -= t * v2;
      }
      for (let i = low; i <= Math.min(high, k + 3); i++) {
        const r = rows === 3 ? A[at(i, k + 2)] : 0;
        const t = beta * (v0 * A[at(i, k)] + v1 * A[at(i, k + 1)] + v2 * r);
        A[at(i, k)] -= t * v0;
        A[at(i, k + 1)] -= t * v1;
        if (rows === 3) A[at(i, k + 2)] -= t * v2;
      }
    }
    if (k > low) {
      A[at(k + 1, k - 1)] = 0;
      if (k + 2 <= high) A[at(k + 2, k - 1)] = 0;
    }
    x = A[at(k + 1, k)];
    y = k + 2 <= high ? A[at(k + 2, k)] : 0;
    z = k + 3 <= high ? A[at(k + 3, k)] : 0;
  }
}

// Eigenvalues of A, which is overwritten, into re and im; NaN where A is not finite.
function eigenvalues(A, n, re, im) {
  for (let i = 0; i < n * n; i++) {
    if (!Number.isFinite(A[i])) {
      for (let k = 0; k < n; k++) re[k] = im[k] = NaN;
      return;
    }
  }
  if (n === 1) {
    re[0] = A[0];
    im[0] = 0;
    return;
  }
  if (n === 2) return pair(A[0], A[1], A[2], A[3], re, im, 0);
  balance(A, n);
  toHessenberg(A, n);
  let high = n - 1;
  for (let tries = 0; high >= 0; ) {
    let low = high;
    for (; low > 0; low--) {
      const around = Math.abs(A[low * n + low]) + Math.abs(A[(low - 1) * (n + 1)]);
      if (Math.abs(A[low * n + low - 1]) <= 2.3e-16 * (around || 1)) break;
    }
    if (low === high) {
      re[high] = A[high * (n + 1)];
      im[high] = 0;
      high -= 1;
      tries = 0;
      continue;
    }
    const p = high - 1;
    const a = A[p * n + p], b = A[p * n + high], c = A[high * n + p];
    const d = A[high * n + high];
    if (low === p) {
      pair(a, b, c, d, re, im, p);
      high -= 2;
      tries = 0;
      continue;
    }
    if (++tries > 60) {
      for (let k = low; k <= high; k++) re[k] = im[k] = NaN;
      high = low - 1;
      tries = 0;
      continue;
    }
    if (tries % 11 === 0) {
      const s = Math.abs(c) + Math.abs(A[p * n + p - 1]); // leaves a cycle of steps
      francis(A, n, low, high, 1.5 * s, s * s);
    } else {
      francis(A, n, low, high, a + d, a * d - b * c);
    }
  }
}
