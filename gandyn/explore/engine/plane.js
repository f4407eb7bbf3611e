// The phase plane: cells from coarse to fine, by multipliers or by orbits.

const STRIDES = [8, 4, 2, 1];

const valueAt = (axis, t) =>
  axis.log ? axis.low * (axis.high / axis.low) ** t : axis.low + (axis.high - axis.low) * t;

// The cells of a pass, those of coarser passes left out.
function cellsOf(stride, nx, ny) {
  const found = [];
  for (let j = 0; j < ny; j += stride) {
    for (let i = 0; i < nx; i += stride) {
      const coarser = stride < STRIDES[0] && i % (2 * stride) === 0 && j % (2 * stride) === 0;
      if (!coarser) found.push(j * nx + i);
    }
  }
  return found;
}

class Plane {
  // job: {of, values, x, y, nx, ny, mode, start, steps}
  constructor(job) {
    this.job = job;
    this.pair = new Pair(job.of);
    if (!this.pair.known) return;
    this.values = Float64Array.from(job.values);
    this.pair.setFields(this.values);
    const own = (axis) => axis.targets.some((j) => j < this.pair.gameFields);
    this.moves = own(job.x) || own(job.y);
    this.byOrbit = job.mode === "orbit" || !this.pair.linearises;
  }

  // Put a cell at places (s, t) of the axes, from 0 to 1, into place i of the block.
  place(i, s, t) {
    const { pair, job, values } = this;
    for (const [axis, share] of [[job.x, s], [job.y, t]]) {
      const value = valueAt(axis, share);
      for (const j of axis.targets) pair.F[i + BLOCK * j] = values[j] = value;
    }
    const [x, y] = this.byOrbit ? job.start : pair.equilibrium(values);
    pair.S[i] = x;
    pair.S[i + BLOCK] = y;
    if (!this.byOrbit && (this.moves || this.aside === undefined)) {
      this.aside = pair.neutral([x, y], values);
      this.asides ??= new Uint8Array(BLOCK);
      this.asides[i] = this.aside;
      if (!this.moves) this.asides.fill(this.aside);
    }
  }

  // The leading multipliers and kinds of the n cells placed.
  compute(n, re, im, kind) {
    if (this.byOrbit) return this.orbits(n, re, im, kind);
    const { pair } = this, size = pair.slots * pair.slots;
    pair.linearise(n);
    for (let i = 0; i < n; i++) {
      const norm = pair.spectrumOf(i);
      const [a, b] = leading(pair.re, pair.im, this.asides[i]);
      const map = () => pair.A.subarray(i * size, (i + 1) * size);
      re[i] = a;
      im[i] = b;
      kind[i] = kindOf(a, b, norm, () => condition(map(), pair.slots, pair.re, pair.im));
    }
  }

  // Of orbits: by which factor they are slower at the end than at their fastest, in re,
  // and what they do. To have stopped is no proof: Adam's runs may start again.
  orbits(n, re, im, kind) {
    const { pair, job } = this, { S, T, F } = pair;
    const fastest = new Float64Array(n), last = new Float64Array(n);
    const before = new Float64Array(2 * BLOCK);
    pair.start(S, T, F, n);
    for (let t = 0; t < job.steps; t++) {
      const looks = t < 4 || t % 8 === 0 || t > job.steps - 9;
      if (looks) before.set(S.subarray(0, 2 * BLOCK));
      pair.step(S, T, F, n);
      if (!looks) continue;
      if (t === job.steps - 8) last.fill(0);
      for (let i = 0; i < n; i++) {
        const moved = Math.max(
          Math.abs(S[i] - before[i]), Math.abs(S[i + BLOCK] - before[i + BLOCK]));
        fastest[i] = Math.max(fastest[i], moved);
        last[i] = t > job.steps - 9 ? Math.max(last[i], moved) : moved;
      }
    }
    const box = ESCAPE * Math.max(1, Math.abs(job.start[0]), Math.abs(job.start[1]));
    for (let i = 0; i < n; i++) {
      const size = Math.max(Math.abs(S[i]), Math.abs(S[i + BLOCK]));
      const share = last[i] / fastest[i];
      re[i] = fastest[i] === 0 ? 0 : share;
      im[i] = 0;
      kind[i] = !(size <= box) ? KIND.left : !(share > 1e-4) ? KIND.stopped : KIND.moving;
    }
  }
}

// Yield {stride, at, re, im, kind} of blocks, then {lines, of} of boundaries.
function* planeOf(job) {
  const plane = new Plane(job);
  if (!plane.pair.known) return;
  const { nx, ny } = job;
  const radius = new Float64Array(nx * ny);
  for (const stride of STRIDES) {
    const cells = cellsOf(stride, nx, ny);
    for (let first = 0; first < cells.length; first += BLOCK) {
      const at = Int32Array.from(cells.slice(first, first + BLOCK)), n = at.length;
      const re = new Float64Array(n), im = new Float64Array(n), kind = new Uint8Array(n);
      at.forEach((cell, i) => {
        plane.place(i, ((cell % nx) + 0.5) / nx, (Math.floor(cell / nx) + 0.5) / ny);
      });
      plane.compute(n, re, im, kind);
      at.forEach((cell, i) => { radius[cell] = Math.hypot(re[i], im[i]); });
      yield { stride, at, re, im, kind };
    }
    if (!plane.byOrbit && (stride === 4 || stride === 1)) {
      yield { lines: boundaries(plane, radius, nx, ny, stride) };
    }
  }
}
