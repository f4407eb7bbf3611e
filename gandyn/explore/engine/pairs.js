// A rule on a game, its structure chosen: the traced programs and room for a block.

const BLOCK = 256;
const ESCAPE = 1e8;
const CLEAR = 1e-10; // a determinant that keeps more of its terms is no rounding of 0

const key = (choices) => choices.map((c) => String(Number(c))).join();

class Pair {
  // of: {rule, game, ruleChoices, gameChoices, equilibrium}, indices and values
  constructor(of) {
    this.rule = DATA.rules[of.rule];
    this.game = DATA.games[of.game];
    const inner = key([...of.gameChoices, ...of.ruleChoices]);
    const found = (DATA.pairs[of.rule][of.game] ?? {})[inner];
    this.known = Boolean(found);
    if (!found) return;
    const [start, step, tangent, slots, order] = found;
    this.start = KERNELS[start];
    this.step = KERNELS[step];
    this.tangent = KERNELS[tangent];
    this.slots = slots;
    this.order = order;
    const [field, along] = this.game.programs[key(of.gameChoices)];
    this.field = KERNELS[field];
    this.along = KERNELS[along];
    this.gameFields = this.game.fields.length;
    this.fields = this.gameFields + this.rule.fields.length;
    this.S = new Float64Array(BLOCK * Math.max(2, slots));
    this.T = new Float64Array(BLOCK * Math.max(2, slots));
    this.F = new Float64Array(BLOCK * Math.max(1, this.fields));
    this.A = new Float64Array(BLOCK * slots * slots);
    this.re = new Float64Array(slots);
    this.im = new Float64Array(slots);
    this.one = new Float64Array(slots * slots);
    this.scratch = [2, 2, Math.max(1, this.gameFields)].map(
      (slots) => new Float64Array(slots * BLOCK));
    this.reference = this.game.equilibria[of.equilibrium];
    this.which = of.equilibrium;
    this.foundPoints = new Map();
  }

  get linearises() {
    return this.rule.autonomous && this.reference !== undefined;
  }

  setFields(values, n = BLOCK) {
    for (let j = 0; j < this.fields; j++) {
      this.F.fill(values[j], BLOCK * j, BLOCK * j + n);
    }
  }

  // v and J of the game at a point: [gx, gy, xx, xy, yx, yy].
  fieldAt(x, y, values) {
    const [S, T, F] = this.scratch;
    for (let j = 0; j < this.gameFields; j++) F[BLOCK * j] = F[BLOCK * j + 1] = values[j];
    S[0] = S[1] = x;
    S[BLOCK] = S[BLOCK + 1] = y;
    T[0] = T[BLOCK + 1] = 1;
    T[1] = T[BLOCK] = 0;
    this.along(S, T, F, 2);
    this.field(S, T, F, 1);
    return [S[0], S[BLOCK], T[0], T[1], T[BLOCK], T[BLOCK + 1]];
  }

  // The equilibrium that the diagram refers to, followed from the default fields.
  equilibrium(values) {
    const own = Array.from(values.subarray(0, this.gameFields));
    const name = own.join();
    if (!this.foundPoints.has(name)) {
      if (this.foundPoints.size > 50000) this.foundPoints.clear();
      this.foundPoints.set(name, this.follow(own));
    }
    return this.foundPoints.get(name);
  }

  // The nearest known equilibrium, and the fields' values there.
  seed(own) {
    const first = this.game.fields.map((field) => field.value);
    let best = [first, this.reference], gap = Math.abs(own[0] - first[0]);
    for (const [value, points] of this.game.seeds) {
      if (Math.abs(own[0] - value) < gap && points[this.which]) {
        gap = Math.abs(own[0] - value);
        best = [[value], points[this.which]];
      }
    }
    return best;
  }

  follow(own) {
    const [first, known] = this.seed(own);
    const moved = own.some((value, j) => value !== first[j]);
    let point = known;
    if (!moved) return point;
    const still = this.fieldAt(point[0], point[1], own);
    if (still[0] === 0 && still[1] === 0) return point;
    for (let k = 1; k <= 8; k++) {
      const between = own.map((value, j) => first[j] + ((value - first[j]) * k) / 8);
      point = this.newton(point, k < 8 ? between : own);
      if (!point) return [NaN, NaN];
    }
    return point;
  }

  newton([x, y], own) {
    for (let k = 0; k < 40; k++) {
      const [u, w, a, b, c, d] = this.fieldAt(x, y, own);
      if (u === 0 && w === 0) return [x, y];
      const determinant = a * d - b * c;
      let dx, dy;
      if (Math.abs(determinant) > CLEAR * (Math.abs(a * d) + Math.abs(b * c))) {
        dx = (d * u - b * w) / determinant;
        dy = (a * w - c * u) / determinant;
      } else { // the shortest step of a map of rank one
        const square = a * a + b * b + c * c + d * d;
        if (!(square > 0)) return null;
        dx = (a * u + c * w) / square;
        dy = (b * u + d * w) / square;
      }
      x -= dx;
      y -= dy;
      if (!Number.isFinite(x + y)) return null;
      if (Math.hypot(dx, dy) <= 1e-15 * (1 + Math.hypot(x, y))) return [x, y];
    }
    return [x, y];
  }

  // How many multipliers 1 belong to a manifold of equilibria.
  neutral(point, values) {
    const [, , a, b, c, d] = this.fieldAt(point[0], point[1], values);
    const terms = Math.abs(a * d) + Math.abs(b * c);
    if (Math.abs(a * d - b * c) > CLEAR * terms || !Number.isFinite(terms)) return 0;
    const rank = a || b || c || d ? 1 : 0;
    return this.game.linear ? 2 - rank : Math.min(2 - rank, this.game.neutral);
  }

  // The maps of n cells, whose x and y are in S and fields in F, into A.
  linearise(n) {
    const { S, T, F, A, slots } = this;
    this.start(S, T, F, n);
    for (let k = 0; k < slots; k++) {
      for (let j = 0; j < slots; j++) T.fill(j === k ? 1 : 0, BLOCK * j, BLOCK * j + n);
      this.tangent(S, T, F, n);
      for (let j = 0; j < slots; j++) {
        const place = j * slots + k;
        for (let i = 0; i < n; i++) A[i * slots * slots + place] = T[i + BLOCK * j];
      }
    }
  }

  // Eigenvalues of the map of cell i, in re and im; returns the map's size.
  spectrumOf(i) {
    const size = this.slots * this.slots;
    let norm = 0;
    for (let j = 0; j < size; j++) {
      this.one[j] = this.A[i * size + j];
      norm += this.one[j] * this.one[j];
    }
    eigenvalues(this.one, this.slots, this.re, this.im);
    return Math.sqrt(norm);
  }
}

const KIND = {
  unknown: 0, settles: 1, spiral: 2, flip: 3, monotone: 4, neutral: 5, moving: 6,
  left: 7, stopped: 8, periodic: 9, quasi: 10, chaotic: 11,
  unstable: 12,
};

// Of the eigenvalues in re and im the leading one, neutral ones set aside: [re, im].
function leading(re, im, aside) {
  const taken = [];
  for (let k = 0; k < aside; k++) {
    let best = -1, least = Infinity;
    for (let j = 0; j < re.length; j++) {
      const far = Math.hypot(re[j] - 1, im[j]);
      if (!taken.includes(j) && far < least) [best, least] = [j, far];
    }
    taken.push(best);
  }
  let chosen = -1, largest = -1;
  for (let j = 0; j < re.length; j++) {
    const size = re[j] * re[j] + im[j] * im[j];
    if (!(size <= largest) && !taken.includes(j)) [chosen, largest] = [j, size];
  }
  return chosen < 0 ? [0, 0] : [re[chosen], Math.abs(im[chosen])];
}

const ROUNDING = 64 * 2 ** -52;

// How badly conditioned a leading eigenvalue may be: exactly for two by two.
function condition(map, slots, re, im) {
  if (slots === 2) {
    const half = (map[0] - map[3]) / 2;
    const square = 2 * half * half + map[1] * map[1] + map[2] * map[2];
    const about = 2 * Math.abs(half * half + map[1] * map[2]);
    return square === 0 ? 1 : Math.sqrt((1 + square / about) / 2);
  }
  let near = 0;
  for (let j = 0; j < slots; j++) {
    const gap = Math.hypot(re[j] - re[(j + 1) % slots], im[j] - im[(j + 1) % slots]);
    if (gap < 1e-6) near = 1e8;
  }
  return near || 1e3;
}

// What the leading multiplier says of a cell whose map is known to rounding.
function kindOf(re, im, norm, conditioned) {
  const radius = Math.hypot(re, im);
  if (!Number.isFinite(radius)) return KIND.unknown;
  if (Math.abs(radius - 1) < 1e-4) {
    const c = conditioned();
    if (Math.abs(radius - 1) <= ROUNDING * c * Math.max(1, norm)) {
      return c < 1e7 ? KIND.neutral : KIND.unknown;
    }
  }
  if (radius < 1) return KIND.settles;
  if (im > ROUNDING * radius) return KIND.spiral;
  return re >= 0 ? KIND.monotone : KIND.flip;
}
