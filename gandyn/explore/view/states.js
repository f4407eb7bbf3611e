// The state plane: the orbit of the cell looked at, of pinned ones, and the field.

const orbits = { view: null, framed: null, found: null, pinned: [], clock: null };
const INSET = { left: 54, top: 6, right: 8, bottom: 38 };

// A window that holds the start, the equilibrium and where the orbit stays.
function windowOf(all) {
  const xs = [state.start[0]], ys = [state.start[1]];
  for (const { point, orbit } of all) {
    if (point && point.every(Number.isFinite)) {
      xs.push(point[0]);
      ys.push(point[1]);
    }
    const reach = 5 * Math.max(0.2, Math.hypot(state.start[0] - (point?.[0] ?? 0), state.start[1] - (point?.[1] ?? 0)));
    for (let t = 0; t < orbit.x.length; t++) {
      const [a, b] = [orbit.x[t] - (point?.[0] ?? 0), orbit.y[t] - (point?.[1] ?? 0)];
      if (Math.hypot(a, b) > reach) continue;
      xs.push(orbit.x[t]);
      ys.push(orbit.y[t]);
    }
  }
  const range = (v) => [Math.min(...v), Math.max(...v)];
  const [[a, b], [c, d]] = [range(xs), range(ys)];
  const size = Math.max(b - a, d - c, 1e-6) * 1.16;
  const about = (low, high) => ({ low: (low + high - size) / 2, high: (low + high + size) / 2, log: false });
  return [about(a, b), about(c, d)];
}

function drawStates() {
  const { svg, canvas, size } = orbits.layers, [width, height] = size();
  svg.replaceChildren();
  const all = [...orbits.pinned, orbits.found], [x, y] = windowOf(all);
  orbits.framed = Object.assign(frame(svg, width, height, INSET, x, y, ["x", "y"]), { x, y });
  const context = sharp(canvas, width, height), { inner, px, py } = orbits.framed;
  context.save();
  context.beginPath();
  context.rect(inner.left, inner.top, inner.width, inner.height);
  context.clip();
  drawField(context, x, y);
  orbits.pinned.forEach((one, k) => drawOrbit(context, one.orbit, PINS[k], 0.65));
  drawOrbit(context, orbits.found.orbit, ink("--ink"), 1);
  context.restore();
  const clip = make(svg, "clipPath", { id: "within" });
  make(clip, "rect", { x: inner.left, y: inner.top, width: inner.width, height: inner.height });
  const marks = make(svg, "g", { "clip-path": "url(#within)" });
  for (const [a, b] of pairNow().game.equilibria.map((point, k) => (k === state.equilibrium ? orbits.found.point : point))) {
    make(marks, "path", { d: `M${px(a) - 5} ${py(b)}h10M${px(a)} ${py(b) - 5}v10`, stroke: "var(--accent)", "stroke-width": 2 });
  }
  make(marks, "circle", { cx: px(state.start[0]), cy: py(state.start[1]), r: 5.5, fill: "var(--card)", stroke: "var(--ink)", "stroke-width": 2 });
  orbits.head = make(marks, "g");
  drawHead();
}

// Darts along -v, the way that small steps go.
function drawField(context, x, y) {
  const pair = pairNow(), values = orbits.found.values, n = 15;
  const { px, py, inner } = orbits.framed, length = inner.width / n / 3.2;
  context.fillStyle = ink("--field");
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const a = Engine.valueAt(x, (i + 0.5) / n), b = Engine.valueAt(y, (j + 0.5) / n);
      const [gx, gy] = pair.fieldAt(a, b, values), size = Math.hypot(gx, gy);
      if (!(size > 0)) continue;
      const [u, w] = [(-gx / size) * length, (gy / size) * length];
      const [s, t] = [-w * 0.2, u * 0.2];
      context.beginPath();
      context.moveTo(px(a) + u, py(b) + w);
      context.lineTo(px(a) - u + s, py(b) - w + t);
      context.lineTo(px(a) - u - s, py(b) - w - t);
      context.fill();
    }
  }
}

function drawOrbit(context, { x, y }, colour, strength) {
  const { px, py } = orbits.framed, n = x.length;
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = 1;
  context.lineJoin = "round";
  const hold = (v) => Math.max(-1e5, Math.min(1e5, v));
  const every = 24;
  for (let first = 0; first < n - 1; first += every) {
    context.globalAlpha = strength * (0.22 + 0.3 * (first / n));
    context.beginPath();
    context.moveTo(hold(px(x[first])), hold(py(y[first])));
    for (let t = first + 1; t <= Math.min(n - 1, first + every); t++) context.lineTo(hold(px(x[t])), hold(py(y[t])));
    context.stroke();
  }
  for (let t = 0; t < n; t++) {
    context.globalAlpha = strength * (0.4 + 0.5 * (t / n));
    context.beginPath();
    context.arc(hold(px(x[t])), hold(py(y[t])), 1.9, 0, 7);
    context.fill();
  }
  context.globalAlpha = 1;
}

// The players' moves that make a step, in their order: [who, from, to].
function movesOf(t) {
  const { x, y } = orbits.found.orbit, order = pairNow().order;
  if (t + 1 >= x.length) return [];
  const from = [x[t], y[t]], to = [x[t + 1], y[t + 1]];
  const players = order === "y" ? ["y", "x"] : ["x", "y"];
  const corner = players[0] === "x" ? [to[0], from[1]] : [from[0], to[1]];
  if (order === "both") {
    return [["x", from, [to[0], from[1]]], ["y", from, [from[0], to[1]]]];
  }
  return [[players[0], from, corner], [players[1], corner, to]];
}

// The head of the orbit at half steps: after an even number both players have moved.
function drawHead() {
  const { px, py } = orbits.framed, group = orbits.head;
  group.replaceChildren();
  const { x } = orbits.found.orbit, halves = Math.min(state.time ?? 0, 2 * (x.length - 1));
  const t = Math.floor(halves / 2), moves = movesOf(t);
  const shown = halves % 2 ? 1 : 2;
  moves.slice(0, shown).forEach(([who, from, to]) => arrow(group, px(from[0]), py(from[1]), px(to[0]), py(to[1]), `var(--${who})`));
  const here = orbits.found.orbit;
  make(group, "circle", { cx: px(here.x[t]), cy: py(here.y[t]), r: 5, fill: "var(--ink)", stroke: "var(--halo)", "stroke-width": 2, id: "head" });
  if (halves % 2 && pairNow().order !== "both" && moves.length) {
    const [, , to] = moves[0];
    make(group, "circle", { cx: px(to[0]), cy: py(to[1]), r: 4, fill: `var(--${moves[0][0]})`, stroke: "var(--halo)", "stroke-width": 1.5 });
  }
  $("clock").textContent = `step ${t}${halves % 2 ? "½" : ""}`;
  const slider = $("time");
  slider.max = 2 * (x.length - 1);
  slider.value = halves;
  tellMoves(moves, halves);
}

function arrow(group, a, b, c, d, colour) {
  const length = Math.hypot(c - a, d - b);
  if (!(length > 0.5) || !Number.isFinite(length) || length > 1e5) return;
  const [u, w] = [(c - a) / length, (d - b) / length], head = Math.min(7, length / 2);
  const line = `M${a} ${b}L${c} ${d}`;
  const tip = `M${c} ${d}l${-head * (u - 0.5 * w)} ${-head * (w + 0.5 * u)}M${c} ${d}l${-head * (u + 0.5 * w)} ${-head * (w - 0.5 * u)}`;
  make(group, "path", { d: line + tip, stroke: colour, "stroke-width": 2.2, fill: "none", "stroke-linecap": "round" });
}

function tellMoves(moves, halves) {
  const box = $("moves");
  box.replaceChildren();
  if (!moves.length) return box.append("The orbit ends here.");
  const order = pairNow().order;
  moves.forEach(([who, from, to], k) => {
    const by = who === "x" ? to[0] - from[0] : to[1] - from[1];
    if (k) box.append(order === "both" ? " and " : ", then ");
    make(box, "b", { class: who }, `${who} moves by ${short(by)}`);
  });
  box.append(order === "both" ? ", both from the old state." : `: ${moves[1][0]} sees ${moves[0][0]}'s move.`);
}

function stateAt(event) {
  const { inner, x, y } = orbits.framed, rect = $("states").getBoundingClientRect();
  const s = (event.clientX - rect.left - inner.left) / inner.width;
  const t = 1 - (event.clientY - rect.top - inner.top) / inner.height;
  return s < 0 || s > 1 || t < 0 || t > 1 ? null : [Engine.valueAt(x, s), Engine.valueAt(y, t)];
}

function setTime(halves) {
  const most = 2 * (orbits.found.orbit.x.length - 1);
  state.time = Math.max(0, Math.min(most, halves));
  drawHead();
}

function play(on = !orbits.clock) {
  clearInterval(orbits.clock);
  orbits.clock = null;
  const button = $("play");
  if (on) {
    if ((state.time ?? 0) >= 2 * (orbits.found.orbit.x.length - 1)) state.time = 0;
    orbits.clock = setInterval(() => {
      setTime((state.time ?? 0) + 1);
      if (state.time >= 2 * (orbits.found.orbit.x.length - 1)) play(false);
    }, 90);
  }
  button.textContent = on ? "❚❚" : "▶";
  button.setAttribute("aria-label", on ? "Pause" : "Play");
}
