// The plane: cells on a canvas, boundary, axes and cells of interest above it.

const MARGIN = { left: 64, top: 6, right: 10, bottom: 42 };
const phase = { image: null, coming: null, lines: [], id: 0, framed: null };

function newImage(job) {
  const canvas = document.createElement("canvas");
  canvas.width = job.nx;
  canvas.height = job.ny;
  const context = canvas.getContext("2d");
  const data = context.createImageData(job.nx, job.ny);
  return {
    canvas, context, data, pixels: new Uint32Array(data.data.buffer), job,
    re: new Float64Array(job.nx * job.ny), im: new Float64Array(job.nx * job.ny),
    kind: new Uint8Array(job.nx * job.ny), kinds: new Set(), table: tableOf(theme()),
  };
}

function repaint() {
  if (!phase.image) return;
  const { image } = phase, { nx, ny } = image.job;
  image.table = tableOf(theme());
  for (let cell = 0; cell < nx * ny; cell++) {
    const row = ny - 1 - Math.floor(cell / nx);
    image.pixels[row * nx + (cell % nx)] = colourOf(image.table, image.kind[cell], image.re[cell], image.im[cell]);
  }
}

let waiting = false;
function drawCells() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    paintCells();
  });
}

function paintCells() {
  const { canvas, size } = phase.layers, [width, height] = size();
  const context = sharp(canvas, width, height);
  if (!phase.image || !phase.framed) return;
  const { inner, px, py } = phase.framed, { job, data } = phase.image;
  phase.image.context.putImageData(data, 0, 0);
  context.save();
  context.beginPath();
  context.rect(inner.left, inner.top, inner.width, inner.height);
  context.clip();
  context.imageSmoothingEnabled = false;
  const [left, right] = [px(job.x.low), px(job.x.high)], [top, bottom] = [py(job.y.high), py(job.y.low)];
  context.drawImage(phase.image.canvas, left, top, right - left, bottom - top);
  context.restore();
}

function drawPhase() {
  const { svg, size } = phase.layers, [width, height] = size();
  svg.replaceChildren();
  const x = span("across"), y = span("up");
  const names = [labelOf(axisNamed(state.across)), labelOf(axisNamed(state.up))];
  phase.framed = frame(svg, width, height, MARGIN, x, y, names);
  phase.framed.x = x;
  phase.framed.y = y;
  const { inner } = phase.framed;
  const clip = make(make(svg, "clipPath", { id: "inside" }), "rect", {
    x: inner.left, y: inner.top, width: inner.width, height: inner.height });
  clip.dataset.role = "clip";
  const group = make(svg, "g", { "clip-path": "url(#inside)" });
  const drawn = phase.image?.job;
  if (drawn && state.mode === drawn.mode) {
    for (const style of ["edge-under", "edge"]) {
      for (const line of phase.lines) make(group, "path", { class: `${style} ${line.kind}`, d: pathOf(line, drawn) });
    }
  }
  phase.marks = make(svg, "g", { "clip-path": "url(#inside)" });
  drawMarks();
  drawCells();
}

function pathOf({ points }, job) {
  const { px, py } = phase.framed;
  let text = "";
  for (let k = 0; k < points.length; k += 2) {
    const [a, b] = [Engine.valueAt(job.x, points[k]), Engine.valueAt(job.y, points[k + 1])];
    text += `${k ? "L" : "M"}${px(a).toFixed(2)} ${py(b).toFixed(2)}`;
  }
  return text;
}

// The cell looked at and those pinned.
function drawMarks() {
  phase.marks.replaceChildren();
  const { inner, px, py } = phase.framed, [a, b] = [px(state.cell[0]), py(state.cell[1])];
  state.pins.forEach((pin, k) => {
    const [x, y] = [px(pin[0]), py(pin[1])];
    make(phase.marks, "circle", { cx: x, cy: y, r: 9, fill: PINS[k], stroke: "#fff", "stroke-width": 1.5 });
    make(phase.marks, "text", { x, y: y + 4, "text-anchor": "middle", fill: "#fff", "font-size": 11, "font-weight": 700 }, k + 1);
  });
  const cross = `M${inner.left} ${b}H${a - 9}M${a + 9} ${b}H${inner.left + inner.width}M${a} ${inner.top}V${b - 9}M${a} ${b + 9}V${inner.top + inner.height}`;
  make(phase.marks, "path", { d: cross, stroke: "var(--ink)", "stroke-opacity": 0.28, fill: "none" });
  make(phase.marks, "circle", { cx: a, cy: b, r: 8, fill: "none", stroke: "var(--halo)", "stroke-width": 5, "stroke-opacity": 0.8 });
  make(phase.marks, "circle", { cx: a, cy: b, r: 8, fill: "none", stroke: "var(--ink)", "stroke-width": 2, id: "here" });
}

const MEANINGS = [
  [KIND.settles, "settles"], [KIND.spiral, "spirals out"], [KIND.flip, "flips out"],
  [KIND.monotone, "runs away"], [KIND.neutral, "circles on"], [KIND.moving, "still moving"],
  [KIND.stopped, "all but stopped"], [KIND.left, "leaves"], [KIND.periodic, "periodic"],
  [KIND.quasi, "quasi-periodic"], [KIND.chaotic, "chaotic"],
  [KIND.unstable, "at an unstable point"], [KIND.unknown, "undecided"],
];
const CROSSINGS = { pair: "Neimark–Sacker", flip: "flip", one: "crossing at 1" };

function drawLegend() {
  const box = $("legend"), image = phase.image;
  box.replaceChildren();
  if (!image) return;
  for (const [kind, words] of MEANINGS) {
    if (!image.kinds.has(kind)) continue;
    const item = make(box, "span"), swatch = make(item, "i");
    swatch.style.background = `linear-gradient(90deg, ${RAMPS[theme()][kind].join(", ")})`;
    item.append(words);
  }
  if (image.kinds.has(KIND.settles) || image.kinds.has(KIND.moving)) make(box, "span", {}, "deeper is faster");
  for (const kind of new Set(phase.lines.map((line) => line.kind))) {
    const item = make(box, "span"), svg = make(item, "svg", { viewBox: "0 0 26 12" });
    make(svg, "path", { class: `edge ${kind}`, d: "M2 6H24" });
    item.append(`boundary: ${CROSSINGS[kind]}`);
  }
}

// From pixels in the plot to a cell, held inside the box.
function cellAt(event) {
  const { inner, x, y } = phase.framed, rect = $("plane").getBoundingClientRect();
  const hold = (t) => Math.min(1, Math.max(0, t));
  const s = hold((event.clientX - rect.left - inner.left) / inner.width);
  const t = hold(1 - (event.clientY - rect.top - inner.top) / inner.height);
  return { cell: [Engine.valueAt(x, s), Engine.valueAt(y, t)], share: [s, t] };
}

// Zoom by a factor about a place, and move by a share of the box.
function view(factor, [s, t], [ds, dt] = [0, 0]) {
  for (const [which, at, by] of [["across", s, ds], ["up", t, dt]]) {
    const axis = axisNamed(state[which]), now = span(which);
    let ends = [at + (0 - at) * factor - by, at + (1 - at) * factor - by].map((k) => Engine.valueAt(now, k));
    if (axis.low !== null && ends[0] <= axis.low && !axis.log) ends = [axis.open[0] ? axis.from : axis.low, ends[1]];
    if (axis.high !== null && ends[1] >= axis.high) ends = [ends[0], axis.open[1] ? axis.to : axis.high];
    const wide = axis.log ? ends[1] / ends[0] > 1.0001 && ends[1] / ends[0] < 1e12 : ends[1] - ends[0] > 1e-9;
    if (ends.every((value) => accepts(axis, value)) && wide) state.box[which] = ends;
  }
  drawPhase();
  later(refresh);
}
