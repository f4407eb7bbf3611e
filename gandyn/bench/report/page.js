"use strict";
/* What a report's pictures say under the pointer, which lines have a colour, and their
   numbers. Nothing is drawn here: the pictures are in the page, each beside its table. */

const MOST_ROWS = 200;
const lines = JSON.parse(document.querySelector("#lines script").textContent);
const tip = document.body.appendChild(document.createElement("div"));
tip.id = "tip";
tip.hidden = true;

function element(parent, kind, text = "") {
  const made = parent.appendChild(document.createElement(kind));
  made.textContent = text;
  return made;
}

function cell(column, i) {
  const value = column.levels ? column.levels[column.codes[i]] : column.values[i];
  return value === null ? "–" : String(value);
}

function size(columns) {
  const first = Object.values(columns)[0];
  return (first.codes || first.values).length;
}

/* Shares of the way from the low to the high end of an axis; none off its scale. */
function shares(column, [low, high], scale) {
  const warp = scale === "log" ? Math.log : (value) => value;
  const values = column.codes || column.values;
  return values.map((v) => (v === null ? NaN : (warp(v) - warp(low)) / (warp(high) - warp(low))));
}

function prepare(panel, columns) {
  const rows = [];
  const [name, word] = panel.rows;
  for (let i = 0; i < size(columns); i++)
    if (!name || cell(columns[name], i) === word) rows.push(i);
  const along = (key, axis) => panel[key] &&
    shares(columns[panel[key]], panel.limits[axis], panel.scales[axis]);
  return { rows, x: along("x", 0), y: along("y", 1) };
}

/* The row nearest to a place; of step functions, that of the step which is over it. */
function nearest(panel, columns, x, y) {
  panel.found ||= prepare(panel, columns);
  const { rows, x: across, y: up } = panel.found;
  let candidates = rows;
  if (panel.series) {
    const last = new Map();
    for (const i of rows)
      if (across[i] <= x) last.set(columns[panel.series].codes[i], i);
    candidates = last.values();
  }
  let best = -1, least = panel.reach ?? Infinity;
  for (const i of candidates) {
    const dx = panel.series || !across ? 0 : across[i] - x;
    const apart = Math.hypot(dx, up ? up[i] - y : 0);
    if (apart <= least) [best, least] = [i, apart];
  }
  return best;
}

function hover(svg, data) {
  const columns = data.columns;
  const tell = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY);
    const at = point.matrixTransform(svg.getScreenCTM().inverse());
    let row = -1;
    for (const panel of data.panels) {
      const [left, top, width, height] = panel.box;
      const x = (at.x - left) / width, y = 1 - (at.y - top) / height;
      if (x >= 0 && x <= 1 && y >= 0 && y <= 1) row = nearest(panel, columns, x, y);
    }
    tip.hidden = row < 0;
    if (row < 0) return;
    tip.textContent = Object.entries(columns)
      .map(([name, column]) => `${name}: ${cell(column, row)}`).join("\n");
    const { width, height } = tip.getBoundingClientRect();
    const right = event.clientX + 14, below = event.clientY + 14;
    tip.style.left = `${Math.max(4, Math.min(right, innerWidth - width - 4))}px`;
    tip.style.top = `${below + height < innerHeight ? below : event.clientY - height - 14}px`;
  };
  svg.addEventListener("pointermove", tell);
  svg.addEventListener("pointerdown", tell);
  svg.addEventListener("pointerleave", () => { tip.hidden = true; });
}

/* A list of who has a colour: lines are repainted, and the legend is this list. */
function choose(figure, svg, data) {
  const names = data.columns.solver.levels;
  const details = document.createElement("details");
  figure.insertBefore(details, svg);
  element(details, "summary", "In colour");
  const list = element(details, "div");
  list.className = "choice";
  const boxes = names.map((name, i) => {
    const label = element(list, "label");
    const box = element(label, "input");
    box.type = "checkbox";
    box.checked = i < data.named;
    element(label, "span", name);
    return box;
  });
  const paint = () => {
    let place = 0;
    boxes.forEach((box, i) => {
      const group = svg.querySelector(`[id$=".line${i}"]`), on = box.checked;
      const turn = Math.floor(place / lines.colours.length) % lines.dashes.length;
      const colour = on ? lines.colours[place % lines.colours.length] : lines.grey;
      for (const path of group.querySelectorAll("path")) {
        path.style.stroke = colour;
        path.style.strokeWidth = on ? 1.5 : 0.6;
        path.style.strokeDasharray = on ? lines.dashes[turn] : "";
      }
      box.nextSibling.style.borderColor = on ? colour : "transparent";
      if (on) { group.parentNode.appendChild(group); place++; }
    });
  };
  const legend = svg.querySelector('[id$=".legend"]');
  list.addEventListener("change", () => { legend.style.display = "none"; paint(); });
  details.addEventListener("toggle", paint);
}

function numbers(figure, columns) {
  const details = element(figure, "details"), count = size(columns);
  element(details, "summary", `Numbers (${count} rows)`);
  details.addEventListener("toggle", () => {
    const filter = element(details, "input");
    Object.assign(filter, { type: "search", placeholder: "words that rows must have" });
    const note = element(details, "p"), scroll = element(details, "div");
    scroll.className = "scroll";
    const show = () => {
      const wanted = filter.value.toLowerCase().split(/\s+/);
      const table = document.createElement("table"), head = element(table, "tr");
      for (const name of Object.keys(columns)) element(head, "th", name);
      let found = 0;
      for (let i = 0; i < count; i++) {
        const cells = Object.values(columns).map((column) => cell(column, i));
        const text = cells.join(" ").toLowerCase();
        if (!wanted.every((word) => text.includes(word)) || ++found > MOST_ROWS) continue;
        const row = element(table, "tr");
        for (const one of cells) element(row, "td", one);
      }
      note.textContent = found > MOST_ROWS ? `${found} rows, the first ${MOST_ROWS}:` : `${found} rows:`;
      scroll.replaceChildren(table);
    };
    filter.addEventListener("input", show);
    show();
  }, { once: true });
}

for (const figure of document.querySelectorAll("figure")) {
  const data = JSON.parse(figure.querySelector("script").textContent);
  const svg = figure.querySelector("svg");
  if (svg) hover(svg, data);
  if (svg && data.named) choose(figure, svg, data);
  numbers(figure, data.columns);
}

for (const group of document.querySelectorAll(".one-of")) {
  const figures = [...group.querySelectorAll("figure")];
  const choice = document.createElement("select");
  group.prepend(choice);
  for (const figure of figures) element(choice, "option", figure.dataset.name);
  const show = () => figures.forEach((figure, i) => { figure.hidden = i !== choice.selectedIndex; });
  choice.addEventListener("change", show);
  show();
}
