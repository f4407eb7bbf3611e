// Multipliers and the unit circle, and the list of pinned cells.

function drawCircle() {
  const box = $("circle"), found = orbits.found;
  box.replaceChildren();
  const svg = make(box, "svg", { viewBox: "-130 -130 260 260", role: "img" });
  const all = [...orbits.pinned, found].filter((one) => one.lead);
  if (!all.length) {
    make(svg, "circle", { r: 100, class: "grid" });
    noMultipliers().forEach((line, k) => make(svg, "text", { class: "tick", y: 4 + 18 * (k - 0.5), "text-anchor": "middle", style: "font-size:13px" }, line));
    return;
  }
  const largest = Math.max(...all.map((one) => Math.hypot(...one.lead)).filter(Number.isFinite), 1);
  const scale = 118 / Math.max(1.18, Math.min(3, largest * 1.08));
  make(svg, "title", {}, `Multipliers: ${found.multipliers.map(([re, im]) => `${short(re)} ${im < 0 ? "−" : "+"} ${short(Math.abs(im))}i`).join(", ")}`);
  make(svg, "circle", { r: scale, fill: RAMPS[theme()][KIND.settles][0], stroke: "var(--ink)", "stroke-width": 1.6 });
  make(svg, "path", { class: "grid", d: "M-125 0H125M0-125V125" });
  make(svg, "text", { class: "tick", x: scale + 4, y: 14 }, "1");
  make(svg, "text", { class: "tick", x: 4, y: -scale - 5 }, "i");
  make(svg, "text", { class: "tick", x: -scale - 5, y: 14, "text-anchor": "end" }, "−1");
  orbits.pinned.forEach((one, k) => one.lead && drawMultipliers(svg, one, scale, PINS[k], 4.5));
  if (found.lead) drawMultipliers(svg, found, scale, "var(--ink)", 5.5);
}

function drawMultipliers(svg, { multipliers, lead }, scale, colour, size) {
  const far = 124 / scale;
  for (const [re, im] of multipliers) {
    if (!Number.isFinite(re + im)) continue;
    const radius = Math.hypot(re, im), hold = radius > far ? far / radius : 1;
    const [x, y] = [re * hold * scale, -im * hold * scale];
    const leads = Math.abs(Math.abs(im) - lead[1]) + Math.abs(re - lead[0]) < 1e-9 * (1 + radius);
    if (leads) make(svg, "path", { d: `M0 0L${x} ${y}`, stroke: colour, "stroke-opacity": 0.35 });
    make(svg, "circle", { cx: x, cy: y, r: leads ? size : size * 0.65, fill: colour, stroke: "var(--halo)", "stroke-width": 1.5, class: "multiplier" });
  }
}

function drawPins() {
  const box = $("pins");
  box.replaceChildren();
  if (!state.pins.length) {
    make(box, "li", { class: "hint" }, "Click a cell of the plane, or press Enter, to keep it here beside others.");
    return;
  }
  orbits.pinned.forEach((one, k) => {
    const item = make(box, "li", { title: "Look at this cell again" });
    const mark = make(item, "b", {}, k + 1);
    mark.style.background = PINS[k];
    const words = make(item, "span", {}, describe(one).head);
    make(words, "small", {}, ["across", "up"].map((which, j) => `${state[which]} = ${short(one.cell[j])}`).join(", "));
    const drop = make(item, "button", { "aria-label": `Drop pin ${k + 1}`, title: "Drop" }, "×");
    drop.onclick = (event) => {
      event.stopPropagation();
      state.pins.splice(k, 1);
      changed({ pins: true });
    };
    item.onclick = () => look(state.pins[k]);
  });
}

function pinHere(cell = state.cell) {
  if (state.pins.length >= PINS.length) state.pins.shift();
  state.pins.push([...cell]);
  changed({ pins: true });
}
