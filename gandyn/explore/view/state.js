// What is shown, and how it stands in the address and in commands.

const { DATA, Pair, BLOCK } = Engine;
const CELLS = 200;
const state = {};

const ruleNow = () => DATA.rules[state.rule];
const gameNow = () => DATA.games[state.game];
const fieldsNow = () => [
  ...gameNow().fields.map((field) => ({ ...field, owner: "game" })),
  ...ruleNow().fields.map((field) => ({ ...field, owner: "rule" })),
];
const ofNow = () => ({
  rule: state.rule, game: state.game, equilibrium: state.equilibrium,
  ruleChoices: state.ruleChoices, gameChoices: state.gameChoices,
});

const last = (path) => path.split(".").at(-1);

// A field's name as gandyn takes it, with its owner's where both have one.
function nameOf(field) {
  const others = (field.owner === "game" ? ruleNow() : gameNow()).fields;
  const shared = others.some((other) => last(other.path) === last(field.path));
  return shared ? `${field.owner}.${field.path}` : field.path;
}

const WORDS = { lr_x: "learning rate of x", lr_y: "learning rate of y", lr: "learning rate" };

// Fields and ties that may be an axis: both learning rates as one, then each field.
function axesNow() {
  const fields = fieldsNow();
  const single = fields.map((field, j) => ({ ...field, name: nameOf(field), targets: [j] }));
  const tied = single.filter((one) => last(one.path) === "lr_x").flatMap((one) => {
    const twin = single.find((other) => other.path === one.path.replace(/lr_x$/, "lr_y"));
    const name = one.name.replace(/lr_x$/, "lr");
    return twin ? [{ ...one, name, path: name, targets: [...one.targets, ...twin.targets] }] : [];
  });
  const rank = (axis) => (axis.owner === "rule" ? 0 : 1);
  return [...tied, ...single.sort((a, b) => rank(a) - rank(b))];
}

function labelOf(axis) {
  const words = WORDS[last(axis.path)];
  return words ? `${axis.name}: ${words} (dimensionless)` : `${axis.name} (dimensionless)`;
}

const axisNamed = (name) => axesNow().find((axis) => axis.name === name);

// The box of an axis: of a learning rate two decades and a half, mostly below the
// largest stable one with all else as it is, or from its default on.
function boxOf(axis) {
  if (!axis.log || !last(axis.path).startsWith("lr")) return [axis.from, axis.to];
  const largest = largestStable();
  if (!largest) return [axis.value, axis.value * 300];
  const unit = 10 ** Math.floor(Math.log10(largest));
  const high = largest / unit < 3 ? 10 * unit : 30 * unit;
  return [high / 300, high].map((v) => Number(v.toPrecision(3)));
}

// The largest of both players' learning rates, equal, that is not unstable.
function largestStable() {
  const pair = new Pair(ofNow());
  if (!pair.linearises) return null;
  const axis = axesNow().find(({ path }) => last(path) === "lr") ?? axesNow()[0];
  const values = Float64Array.from(state.values), point = pair.equilibrium(values);
  for (let value = 100; value > 1e-4; value *= 0.8) {
    for (const j of axis.targets) values[j] = value;
    pair.setFields(values, 1);
    [pair.S[0], pair.S[BLOCK]] = point;
    pair.linearise(1);
    pair.spectrumOf(0);
    const radius = Math.hypot(...Engine.leading(pair.re, pair.im, pair.neutral(point, values)));
    if (radius <= 1 + 1e-9) return value;
  }
  return null;
}

// An axis over its part of the box, as jobs and scales take it.
function span(which) {
  const axis = axisNamed(state[which]), [low, high] = state.box[which];
  return { low, high, log: axis.log, targets: axis.targets };
}

function setPair(rule, game) {
  const before = Object.fromEntries(
    (state.values ? fieldsNow() : []).map((field, j) => [`${field.owner} ${field.path}`, state.values[j]]));
  const samePair = [state.rule === rule, state.game === game];
  state.rule = rule;
  state.game = game;
  state.equilibrium = 0;
  state.ruleChoices = ruleNow().choices.map((choice) => choice.value);
  state.gameChoices = gameNow().choices.map((choice) => choice.value);
  const kept = (field) => (field.owner === "game" ? samePair[1] : true);
  state.values = fieldsNow().map((field) =>
    kept(field) ? before[`${field.owner} ${field.path}`] ?? field.value : field.value);
  if (!samePair[1] || !state.start) state.start = [...gameNow().start];
  const names = axesNow().map((axis) => axis.name);
  const own = ["lr_x", "lr_y"].every((name) => names.includes(name));
  const first = own ? ["lr_x", "lr_y"] : [names[0], names[names.length > 1 ? 1 : 0]];
  for (const [k, which] of ["across", "up"].entries()) {
    const old = state[which] && names.includes(state[which]);
    const scale = old ? axisNamed(state[which]) : null;
    const fits = old && !scale.log && state.scales?.[which] === `${scale.from} ${scale.to}`;
    if (!old) state[which] = first[k];
    if (!fits) setAxis(which, state[which]);
  }
  if (state.across === state.up) setAxis("up", names.find((name) => name !== state.across));
}

function setAxis(which, name) {
  state[which] = name;
  const axis = axisNamed(name);
  state.box ??= {};
  state.box[which] = boxOf(axis);
  state.scales ??= {};
  state.scales[which] = `${axis.from} ${axis.to}`;
  state.cell = ["across", "up"].map((one, k) => {
    const [low, high] = state.box[one] ?? [1, 1];
    if (one !== which && state.cell) return state.cell[k];
    const of = state[one] && axisNamed(state[one]);
    return of?.log ? low ** 0.45 * high ** 0.55 : low + (high - low) * 0.55;
  });
  state.pins = [];
}

// All fields' values in a cell.
function valuesAt(cell) {
  const values = Float64Array.from(state.values);
  ["across", "up"].forEach((which, k) => {
    for (const j of axisNamed(state[which]).targets) values[j] = cell[k];
  });
  return values;
}

function start() {
  Object.assign(state, { steps: 300, mode: "multipliers", pins: [], time: null });
  setPair(0, DATA.pairs[0].findIndex(Boolean));
}

const list = (numbers) => numbers.map((v) => Number(Number(v).toPrecision(9))).join();

function toHash() {
  const changed = fieldsNow().flatMap((field, j) =>
    state.values[j] === field.value ? [] : [[`${field.owner}.${field.path}`, state.values[j]]]);
  const parts = [
    ["rule", ruleNow().name], ["game", state.game], ["at", state.equilibrium || ""],
    ["with", [...state.gameChoices, ...state.ruleChoices].map(Number).join()],
    ["x", state.across], ["y", state.up],
    ["box", [...state.box.across, ...state.box.up].map((v) => Number(v.toPrecision(9))).join()],
    ["cell", list(state.cell)], ["pins", state.pins.map(list).join(";")],
    ["start", list(state.start)], ["steps", state.steps],
    ["by", state.mode === "multipliers" ? "" : state.mode], ...changed,
  ];
  return `#${parts.filter(([, v]) => v !== "").map(([k, v]) => `${k}=${encodeURIComponent(v)}`).join("&")}`;
}

// Take what an address says; what does not fit is left as it is.
function fromHash(text) {
  const said = new URLSearchParams(text.replace(/^#/, ""));
  const numbers = (name, count) => {
    const found = (said.get(name) ?? "").split(",").map(Number);
    return said.has(name) && found.length === count && found.every(Number.isFinite) ? found : null;
  };
  const rule = DATA.rules.findIndex((one) => one.name === said.get("rule"));
  const game = Number(said.get("game") ?? 0);
  if (rule >= 0 && DATA.pairs[rule][game]) setPair(rule, game);
  else if (said.has("rule")) return false;
  const at = Number(said.get("at") ?? 0);
  if (gameNow().equilibria[at]) state.equilibrium = at;
  const choices = [...gameNow().choices, ...ruleNow().choices];
  const chosen = numbers("with", choices.length);
  if (chosen && choices.length) {
    const fit = chosen.map((v, k) =>
      choices[k].values.find((value) => Number(value) === v) ?? choices[k].value);
    state.gameChoices = fit.slice(0, gameNow().choices.length);
    state.ruleChoices = fit.slice(gameNow().choices.length);
  }
  fieldsNow().forEach((field, j) => {
    const value = numbers(`${field.owner}.${field.path}`, 1);
    if (value && accepts(field, value[0])) [state.values[j]] = value;
  });
  const names = axesNow().map((axis) => axis.name);
  const [x, y] = [said.get("x"), said.get("y")];
  if (names.includes(x) && names.includes(y) && x !== y) {
    setAxis("across", x);
    setAxis("up", y);
  }
  const box = numbers("box", 4);
  if (box && box[0] < box[1] && box[2] < box[3]) {
    const ends = { across: box.slice(0, 2), up: box.slice(2) };
    for (const which of ["across", "up"]) {
      const axis = axisNamed(state[which]);
      if (ends[which].every((value) => accepts(axis, value))) state.box[which] = ends[which];
    }
  }
  const fits = (cell) => cell.length === 2 && cell.every(
    (value, k) => accepts(axisNamed(state[k ? "up" : "across"]), value));
  const cell = numbers("cell", 2);
  if (cell && fits(cell)) state.cell = cell;
  state.pins = (said.get("pins") ?? "").split(";").map((one) => one.split(",").map(Number)).filter(fits).slice(0, PINS.length);
  state.start = numbers("start", 2) ?? state.start;
  const steps = numbers("steps", 1)?.[0];
  if (steps >= 10 && steps <= 5000) state.steps = Math.round(steps);
  if (said.get("by") === "orbit") state.mode = "orbit";
  return true;
}

// Whether a field takes a value.
function accepts(field, value) {
  const above = field.low === null || value > field.low || (value === field.low && !field.open[0]);
  const below = field.high === null || value < field.high || (value === field.high && !field.open[1]);
  return Number.isFinite(value) && above && below;
}

const quoted = (text) => (/^[\w.,:=+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
const exactly = (value) => (typeof value === "boolean" ? (value ? "True" : "False") : String(value));

// What tells gandyn the rule, the game and every field that differs from their text.
function told(skipped, cell) {
  const words = [`--rule ${quoted(ruleNow().text)}`, `--game ${quoted(gameNow().text)}`];
  const values = cell ? valuesAt(cell) : state.values;
  fieldsNow().forEach((field, j) => {
    if (!skipped.includes(j) && values[j] !== field.value) {
      words.push(`--set ${quoted(`${nameOf(field)}=${exactly(values[j])}`)}`);
    }
  });
  const both = [[gameNow(), state.gameChoices, "game"], [ruleNow(), state.ruleChoices, "rule"]];
  for (const [node, chosen, owner] of both) {
    node.choices.forEach((choice, k) => {
      if (chosen[k] === choice.value) return;
      words.push(`--set ${quoted(`${owner}.${choice.path}=${exactly(chosen[k])}`)}`);
    });
  }
  return words;
}

function phaseCommand() {
  const ends = ["across", "up"].map((which) => {
    const axis = span(which);
    const [low, high] = [0.5, CELLS - 0.5].map((k) => Engine.valueAt(axis, k / CELLS));
    return quoted(`${state[which]}=${low}:${high}:${CELLS}${axis.log ? ":log" : ""}`);
  });
  const axes = ["across", "up"].flatMap((which) => axisNamed(state[which]).targets);
  return ["gandyn phase", ...told(axes), `--x ${ends[0]}`, `--y ${ends[1]}`, "-o phase.png"].join(" \\\n  ");
}

function orbitCommand() {
  const from = `--start=${state.start.map(exactly).join()}`;
  return ["gandyn orbit", ...told([], state.cell), from, `--steps ${state.steps}`, "-o orbit.png"].join(" \\\n  ");
}
