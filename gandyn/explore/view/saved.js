// A sweep that was saved: its cells, every number of the one looked at, its boundary.

const { DATA } = Engine;
const state = { pins: [], mode: "saved", at: DATA.dims.map(() => 0) };
const orbits = { found: null, pinned: [] };
const WHICH = ["across", "up"];
const WORDS = {
  converges: ["Converges", KIND.settles], diverges_spiral: ["Spirals out", KIND.spiral],
  diverges_flip: ["Flips out, side to side", KIND.flip],
  diverges_monotone: ["Runs away, straight", KIND.monotone],
  periodic: ["Ends on a periodic orbit", KIND.periodic],
  quasi_periodic: ["Ends on a closed curve", KIND.quasi],
  chaotic: ["Chaotic", KIND.chaotic], neutral: ["Neither settles nor leaves", KIND.neutral],
  unstable_point: ["Ends at an unstable fixed point", KIND.unstable],
};
const TYPES = { f4: Float32Array, i1: Int8Array, i4: Int32Array };

for (const variable of Object.values(DATA.variables)) {
  const bytes = Uint8Array.from(atob(variable.data), (c) => c.charCodeAt(0));
  variable.values = new TYPES[variable.type](bytes.buffer);
}

const dimNamed = (name) => DATA.dims.findIndex((dim) => dim.name === name);

function axisNamed(name) {
  const { edges, log } = DATA.dims[dimNamed(name)];
  const [low, high] = [edges[0], edges.at(-1)];
  return { name, from: low, to: high, low, high, open: [false, false], log };
}

const boxOf = (axis) => [axis.from, axis.to];
const labelOf = ({ name }) => DATA.dims[dimNamed(name)].label;
const accepts = (field, value) => value >= field.low && value <= field.high;

function span(which) {
  const [low, high] = state.box[which];
  return { low, high, log: axisNamed(state[which]).log };
}

function setAxis(which, name) {
  state[which] = name;
  state.box ??= {};
  state.box[which] = boxOf(axisNamed(name));
  state.pins = [];
  if (state.across && state.up) state.cell = WHICH.map((one) => Engine.valueAt(span(one), 0.55));
}

// Which value of a dim's a number belongs to, by the edges between them.
function placeIn(dim, value) {
  let low = 0, high = dim.edges.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (value < dim.edges[middle]) high = middle;
    else low = middle;
  }
  return low;
}

function offsetOf(indices) {
  return DATA.dims.reduce((sum, dim, k) => sum * dim.values.length + indices[k], 0);
}

function indicesAt(cell) {
  const indices = [...state.at];
  WHICH.forEach((which, k) => {
    const j = dimNamed(state[which]);
    indices[j] = placeIn(DATA.dims[j], cell[k]);
  });
  return indices;
}

const flagOf = (variable, offset) => variable.meanings?.[variable.values[offset]];

function kindAt(offset) {
  return (WORDS[flagOf(DATA.variables.verdict, offset)] ?? ["", KIND.unknown])[1];
}

// A cell of the sweep with its numbers, and its multiplier where the sweep has that.
function inspect(cell) {
  const indices = indicesAt(cell), offset = offsetOf(indices), found = { cell, offset };
  const number = (name) => DATA.variables[name]?.values[offset];
  const radius = number("radius"), turn = number("rotation");
  if (DATA.exact && Number.isFinite(radius) && Number.isFinite(turn)) {
    const [re, im] = [radius * Math.cos(2 * Math.PI * turn), radius * Math.sin(2 * Math.PI * turn)];
    found.lead = [re, Math.abs(im)];
    found.multipliers = Math.abs(im) > 1e-9 * radius ? [[re, im], [re, -im]] : [[re, 0]];
  }
  found.values = WHICH.map((which) => {
    const j = dimNamed(state[which]);
    return DATA.dims[j].values[indices[j]];
  });
  return found;
}

function describe({ offset }) {
  const verdict = flagOf(DATA.variables.verdict, offset);
  const turn = DATA.variables.rotation?.values[offset];
  const round = turn > 1e-9 && turn < 0.4999 ? `, ${short(1 / turn, 3)} steps a turn` : "";
  return { head: (WORDS[verdict] ?? ["Undecided"])[0] + round };
}

const noMultipliers = () => ["multipliers are shown of sweeps", "that exact maps have decided"];

// The plane's cells as a picture, every place by the cell that it belongs to.
function refresh() {
  const n = 480, job = { nx: n, ny: n, x: span("across"), y: span("up"), mode: state.mode };
  const image = newImage(job), { rate } = DATA.variables;
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) {
      const cell = [Engine.valueAt(job.x, (i + 0.5) / n), Engine.valueAt(job.y, (j + 0.5) / n)];
      const offset = offsetOf(indicesAt(cell)), place = j * n + i;
      image.kind[place] = kindAt(offset);
      image.re[place] = rate ? Math.exp(rate.values[offset]) : 0.5;
      image.kinds.add(image.kind[place]);
    }
  }
  phase.image = image;
  const own = state.across === DATA.dims[0].name && state.up === DATA.dims[1].name;
  const shares = (values) => values.map((v, k) => toShare(k % 2 ? job.y : job.x, v));
  phase.lines = own ? DATA.lines.map(({ kind, points }) => ({ kind, points: shares(points) })) : [];
  repaint();
  redraw();
  document.documentElement.dataset.busy = "no";
}

function drawFacts() {
  const box = $("facts");
  box.replaceChildren();
  DATA.dims.forEach((dim, k) => {
    const row = make(box, "tr");
    make(row, "th", { scope: "row" }, dim.label);
    make(row, "td", {}, short(dim.values[indicesAt(state.cell)[k]], 5));
  });
  for (const [name, variable] of Object.entries(DATA.variables)) {
    const row = make(box, "tr"), value = variable.values[orbits.found.offset];
    make(row, "th", { scope: "row", title: variable.words }, `${name}${variable.units === "1" ? "" : ` (${variable.units})`}`);
    make(row, "td", {}, flagOf(variable, orbits.found.offset)?.replaceAll("_", " ") ?? (Number.isNaN(value) ? "—" : short(value, 5)));
  }
}

function lookAgain() {
  orbits.pinned = state.pins.map(inspect);
  orbits.found = inspect(state.cell);
  $("regime").textContent = describe(orbits.found).head;
  drawFacts();
  drawCircle();
}

function look(cell) {
  state.cell = [...cell];
  drawMarks();
  lookAgain();
  note();
}

function changed() {
  drawMarks();
  lookAgain();
  drawPins();
  note();
}

function redraw() {
  if (!$("plane").clientWidth) return;
  drawPhase();
  drawLegend();
  drawCircle();
}

const list = (numbers) => numbers.map((v) => Number(v.toPrecision(9))).join();

function toHash() {
  const { across, up } = state.box;
  const parts = [
    `x=${encodeURIComponent(state.across)}`, `y=${encodeURIComponent(state.up)}`,
    `at=${state.at.join()}`, `box=${list([...across, ...up])}`,
    `cell=${list(state.cell)}`, `pins=${state.pins.map(list).join(";")}`,
  ];
  return `#${parts.join("&")}`;
}

function fromHash(text) {
  const said = new URLSearchParams(text.replace(/^#/, ""));
  const numbers = (part) => (part ?? "").split(",").map(Number);
  const [x, y] = [said.get("x"), said.get("y")];
  if (dimNamed(x) >= 0 && dimNamed(y) >= 0 && x !== y) {
    setAxis("across", x);
    setAxis("up", y);
  }
  const at = numbers(said.get("at"));
  if (at.length === DATA.dims.length && at.every((k, j) => k in DATA.dims[j].values)) state.at = at;
  const box = numbers(said.get("box")), ends = { across: box.slice(0, 2), up: box.slice(2) };
  for (const which of WHICH) {
    const [low, high] = ends[which], axis = axisNamed(state[which]);
    if (low < high && accepts(axis, low) && accepts(axis, high)) state.box[which] = [low, high];
  }
  const fits = (cell) => cell.length === 2 && cell.every((v, k) => accepts(axisNamed(state[WHICH[k]]), v));
  const cell = numbers(said.get("cell"));
  if (fits(cell)) state.cell = cell;
  state.pins = (said.get("pins") ?? "").split(";").map(numbers).filter(fits).slice(0, PINS.length);
}

function drawControls() {
  const names = DATA.dims.map((dim) => dim.name), box = $("sliders");
  WHICH.forEach((which, k) => {
    const select = $(which), other = state[WHICH[1 - k]];
    select.replaceChildren();
    for (const name of names) make(select, "option", { value: name }, name).disabled = name === other;
    select.value = state[which];
  });
  box.replaceChildren();
  DATA.dims.forEach((dim, k) => {
    if (WHICH.some((which) => state[which] === dim.name)) return;
    const item = make(box, "div", { class: "slider" }), label = make(item, "label", { for: `dim-${k}` });
    make(label, "b", {}, dim.name);
    const shown = make(item, "output", {}, short(dim.values[state.at[k]]));
    const range = make(item, "input", { type: "range", id: `dim-${k}`, min: 0, max: dim.values.length - 1, step: 1, value: state.at[k] });
    range.oninput = () => {
      state.at[k] = Number(range.value);
      shown.textContent = short(dim.values[state.at[k]]);
      refresh();
      changed();
    };
  });
  if (!box.children.length) $("sliders").closest("section").hidden = true;
}

function begin() {
  document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  document.querySelector(".question").replaceChildren(DATA.title);
  document.querySelector(".moves").remove();
  document.querySelector(".transport").remove();
  $("modes").remove();
  $("detail").remove();
  $("png").remove();
  const facts = document.createElement("table");
  facts.id = "facts";
  $("states").replaceWith(facts);
  $("about").textContent = `${DATA.about}. ${DATA.made}`;
  phase.layers = layers($("plane"));
  setAxis("across", DATA.dims[0].name);
  setAxis("up", DATA.dims[1].name);
  if (location.hash) fromHash(location.hash);
  orbits.found = inspect(state.cell);
  drawControls();
  refresh();
  lookAgain();
  drawPins();
  listenPlane();
  for (const which of WHICH) {
    $(which).onchange = (event) => {
      setAxis(which, event.target.value);
      drawControls();
      refresh();
      changed();
    };
  }
  $("home").onclick = home;
  $("pin").onclick = () => pinHere();
  $("theme").onclick = () => setTheme(theme() === "dark" ? "light" : "dark");
  $("share").onclick = () => copy(location.href.replace(/#.*$/, "") + toHash(), "Link copied: it shows what you see");
  $("ask").onclick = () => {
    $("phase-command").textContent = DATA.command;
    $("orbit-command").previousElementSibling.remove();
    $("orbit-command").remove();
    $("ask").onclick = () => $("commands").showModal();
    $("commands").showModal();
  };
  $("ask").hidden = !DATA.command;
  $("copy").onclick = () => copy(DATA.command, "Command copied");
  new ResizeObserver(redraw).observe($("plane"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => setTheme(event.matches ? "dark" : "light"));
}
begin();
