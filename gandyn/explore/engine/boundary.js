// The stability boundary: edges of the grid across which the radius passes 1, each
// solved to rounding, joined to lines.

const BESIDE = 1e-12; // a radius within this of 1 counts as 1 where a whole side has it

// Solve radius = 1 on edges from (s0, t0), inside or on the circle, to (s1, t1) outside.
function solveEdges(plane, edges) {
  const re = new Float64Array(BLOCK), im = new Float64Array(BLOCK);
  const kind = new Uint8Array(BLOCK);
  const at = (edge, share) => [
    edge.s0 + (edge.s1 - edge.s0) * share, edge.t0 + (edge.t1 - edge.t0) * share];
  const value = (batch, shares) => {
    batch.forEach((edge, i) => plane.place(i, ...at(edge, shares[i])));
    plane.compute(batch.length, re, im, kind);
    return batch.map((_, i) => Math.hypot(re[i], im[i]) - 1);
  };
  for (let first = 0; first < edges.length; first += BLOCK) {
    let open = edges.slice(first, first + BLOCK);
    for (const edge of open) Object.assign(edge, { low: 0, high: 1, f0: edge.r0, f1: edge.r1 });
    for (let k = 0; k < 70 && open.length; k++) {
      const shares = open.map((edge) => nextShare(edge, k));
      value(open, shares).forEach((f, i) => {
        const edge = open[i];
        edge.share = shares[i];
        edge.re = re[i];
        edge.im = im[i];
        edge.left = f;
        narrow(edge, shares[i], f);
      });
      open = open.filter((edge) =>
        Math.abs(edge.left) > 1e-14 && edge.high - edge.low > 1e-16);
    }
    for (const edge of edges.slice(first, first + BLOCK)) {
      [edge.s, edge.t] = at(edge, edge.share);
    }
  }
}

// A secant step, held off the ends; every third step halves the bracket instead.
function nextShare(edge, k) {
  const { low, high, f0, f1 } = edge;
  if (k % 3 === 2 || !(f0 < -BESIDE) || !Number.isFinite(f1)) return (low + high) / 2;
  return Math.min(Math.max(low - (f0 * (high - low)) / (f1 - f0), low), high);
}

function narrow(edge, share, f) {
  if (f > (edge.r0 < -BESIDE ? 0 : BESIDE) || f !== f) {
    if (edge.side === 1) edge.f0 /= 2; // the Illinois rule: no end stays for ever
    Object.assign(edge, { high: share, f1: f, side: 1 });
  } else {
    if (edge.side === -1) edge.f1 /= 2;
    Object.assign(edge, { low: share, f0: f, side: -1 });
  }
}

const crossing = (edge) =>
  Math.abs(edge.im) > 1e-7 ? "pair" : edge.re < 0 ? "flip" : "one";

// Return [{kind, points: [s, t, s, t, ...]}] on the cells of a stride.
function boundaries(plane, radius, nx, ny, stride) {
  const edges = new Map();
  const place = (i, j) => [(i + 0.5) / nx, (j + 0.5) / ny];
  const outside = (i, j) => radius[j * nx + i] - 1 > BESIDE;
  const known = (i, j) => Number.isFinite(radius[j * nx + i]);
  const edgeOf = (i, j, across) => {
    const [k, l] = across ? [i + stride, j] : [i, j + stride];
    if (k >= nx || l >= ny || !known(i, j) || !known(k, l)) return null;
    if (outside(i, j) === outside(k, l)) return null;
    const name = (j * nx + i) * 2 + Number(across);
    if (!edges.has(name)) {
      const [a, b] = outside(i, j) ? [[k, l], [i, j]] : [[i, j], [k, l]];
      const [s0, t0] = place(...a), [s1, t1] = place(...b);
      const r0 = radius[a[1] * nx + a[0]] - 1, r1 = radius[b[1] * nx + b[0]] - 1;
      edges.set(name, { name, s0, t0, s1, t1, r0, r1, side: 0 });
    }
    return edges.get(name);
  };
  const joined = [];
  for (let j = 0; j + stride < ny; j += stride) {
    for (let i = 0; i + stride < nx; i += stride) {
      const around = [
        edgeOf(i, j, true), edgeOf(i + stride, j, false),
        edgeOf(i, j + stride, true), edgeOf(i, j, false),
      ].filter(Boolean);
      for (let k = 0; k + 1 < around.length; k += 2) joined.push([around[k], around[k + 1]]);
    }
  }
  solveEdges(plane, [...edges.values()]);
  return chains(joined);
}

// Join segments that share an edge and a kind to lines.
function chains(segments) {
  const beside = new Map();
  for (const segment of segments) {
    for (const edge of segment) {
      if (!beside.has(edge)) beside.set(edge, []);
      beside.get(edge).push(segment);
    }
  }
  const used = new Set(), lines = [];
  const kindOfSegment = ([a, b]) => (crossing(a) === crossing(b) ? crossing(a) : crossing(b));
  const walk = (edge, kind) => {
    const found = [];
    for (;;) {
      const next = (beside.get(edge) ?? []).find(
        (one) => !used.has(one) && kindOfSegment(one) === kind);
      if (!next) return found;
      used.add(next);
      edge = next[0] === edge ? next[1] : next[0];
      found.push(edge);
    }
  };
  for (const segment of segments) {
    if (used.has(segment)) continue;
    used.add(segment);
    const kind = kindOfSegment(segment);
    const back = walk(segment[0], kind).reverse(), on = walk(segment[1], kind);
    const points = [...back, ...segment, ...on].flatMap(({ s, t }) => [s, t]);
    lines.push({ kind, points });
  }
  return lines;
}
