// One cell, computed here and now: multipliers, an orbit, and what both say in words.

let pairKept = null, pairName = "";
function pairNow() {
  const of = ofNow(), name = JSON.stringify(of);
  if (name !== pairName) [pairKept, pairName] = [new Pair(of), name];
  return pairKept;
}

function inspect(cell, steps = state.steps) {
  const pair = pairNow(), values = valuesAt(cell), found = { cell, values };
  pair.setFields(values, 1);
  if (pair.linearises) {
    const point = pair.equilibrium(values);
    [pair.S[0], pair.S[BLOCK]] = point;
    pair.linearise(1);
    const norm = pair.spectrumOf(0);
    const map = pair.A.slice(0, pair.slots ** 2);
    const aside = pair.neutral(point, values);
    const lead = Engine.leading(pair.re, pair.im, aside);
    const conditioned = () => Engine.condition(map, pair.slots, pair.re, pair.im);
    const kind = Engine.kindOf(...lead, norm, conditioned);
    const multipliers = Array.from(pair.re, (re, k) => [re, pair.im[k]]);
    Object.assign(found, { point, lead, kind, multipliers, aside });
  } else if (pair.reference) {
    found.point = pair.equilibrium(values);
  }
  found.orbit = orbitOf(pair, steps);
  return found;
}

function orbitOf(pair, steps) {
  const { S, T, F } = pair, x = [state.start[0]], y = [state.start[1]];
  [S[0], S[BLOCK]] = state.start;
  pair.start(S, T, F, 1);
  const box = 1e8 * Math.max(1, Math.abs(x[0]), Math.abs(y[0]));
  for (let t = 0; t < steps; t++) {
    pair.step(S, T, F, 1);
    const [a, b] = [S[0], S[BLOCK]];
    if (!(Math.max(Math.abs(a), Math.abs(b)) <= box)) return { x, y, left: t + 1 };
    x.push(a);
    y.push(b);
  }
  return { x, y, left: 0 };
}

const turns = ([re, im]) => (2 * Math.PI) / Math.atan2(im, re);
const count = (n) => (n < 10 ? n.toFixed(1).replace(/\.0$/, "") : Math.round(n).toLocaleString("en"));

// The regime near the equilibrium in a few words.
function regime({ kind, lead }) {
  if (kind === undefined) return null;
  const [re, im] = lead, turning = im > 1e-9 * Math.hypot(re, im);
  const round = turning ? `, ${count(turns(lead))} steps a turn` : "";
  switch (kind) {
    case KIND.settles:
      if (re === 0 && im === 0) return "Settles at once";
      return turning ? `Spirals in${round}` : re < 0 ? "Settles, flipping sides" : "Settles straight";
    case KIND.spiral: return `Spirals out${round}`;
    case KIND.flip: return "Flips out, side to side";
    case KIND.monotone: return "Runs away, straight";
    case KIND.neutral: return turning ? `Circles on and on${round}` : "Neither settles nor leaves";
    default: return "Undecided";
  }
}

function pace({ kind, lead }) {
  const radius = Math.hypot(...lead), steps = Math.log(2) / Math.abs(Math.log(radius));
  const size = `|λ| = ${radius.toFixed(4)}`;
  if (kind === KIND.settles) return radius === 0 ? `${size}.` : `${size}: half the distance is gone in ${count(steps)} steps.`;
  if (kind === KIND.neutral) return "|λ| = 1 to rounding: what the linear map does is kept for ever.";
  if (kind === KIND.unknown) return "The multiplier is on the circle to rounding, or the step has no finite derivative here.";
  return `${size}: near the equilibrium the distance doubles in ${count(steps)} steps.`;
}

// What the orbit from the chosen start was seen to do, and nothing beyond.
function ending({ orbit, point }) {
  const { x, y, left } = orbit;
  if (left) return { short: "Leaves", text: `From the start marked here the orbit leaves, at step ${left}.` };
  const n = x.length - 1, moved = (t) => Math.hypot(x[t] - x[t - 1], y[t] - y[t - 1]);
  let fastest = 0, now = 0;
  for (let t = 1; t <= n; t++) fastest = Math.max(fastest, moved(t));
  for (let t = Math.max(1, n - 7); t <= n; t++) now = Math.max(now, moved(t));
  if (fastest === 0) return { short: "Rests", text: "The start is a resting point." };
  const share = now / fastest;
  if (share > 1e-4) {
    const slower = share < 0.5 ? `, ${short(fastest / now, 2)} times slower than at its fastest` : "";
    return { short: "Still moving", text: `From the start marked here the orbit still moves after ${n} steps${slower}.` };
  }
  const far = point ? Math.hypot(x[n] - point[0], y[n] - point[1]) : NaN;
  const where = far < 0.01 * (1 + Math.hypot(...(point ?? [0, 0]))) ? "by the equilibrium" : point ? "elsewhere than at this equilibrium" : "";
  return { short: "Comes to rest", text: `From the start marked here the orbit has all but stopped after ${n} steps, ${where || "somewhere"}.` };
}

function describe(found) {
  const end = ending(found), head = regime(found);
  if (head) return { head, text: `${pace(found)} ${end.text}` };
  const why = ruleNow().autonomous
    ? "No equilibrium is known, so there are no multipliers."
    : "This rule changes with time, so it has no multipliers: colours tell orbits apart.";
  return { head: end.short, text: `${end.text} ${why}` };
}

const noMultipliers = () =>
  ruleNow().autonomous ? ["no known equilibrium,", "so no multipliers"]
    : ["this rule changes with time,", "so it has no multipliers"];
