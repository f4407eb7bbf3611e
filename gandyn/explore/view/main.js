// What happens when: events, one place that redraws, and what leaves the page.

let submit = () => {};

// A worker from this page's own text; where that is forbidden, slices between events.
function employ() {
  const here = Engine.scheduler(receive);
  submit = here;
  let worker;
  const fall = () => {
    if (submit === here) return;
    submit = here;
    document.documentElement.dataset.worker = "no";
    refresh();
  };
  try {
    const text = `${$("engine").textContent}\nconst take = Engine.scheduler((part) => postMessage(part));\nonmessage = (event) => take(event.data);`;
    const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    worker = new Worker(address);
    worker.onmessage = (event) => receive(event.data);
    worker.onerror = (event) => {
      event.preventDefault();
      fall();
    };
    submit = (job) => worker.postMessage(job);
    document.documentElement.dataset.worker = "yes";
  } catch {
    document.documentElement.dataset.worker = "no";
  }
}

let timer = null;
function later(work, wait = 30) {
  clearTimeout(timer);
  timer = setTimeout(work, wait);
}

let noting = null;
function note() {
  clearTimeout(noting);
  noting = setTimeout(() => {
    try {
      history.replaceState(null, "", toHash());
    } catch { /* a page inside another may have no address of its own */ }
  }, 150);
}

// Compute the cell looked at and the pinned ones, and draw all that shows them.
function lookAgain(again = true) {
  if (again) orbits.pinned = state.pins.map((pin) => inspect(pin));
  orbits.found = inspect(state.cell);
  const { head, text } = describe(orbits.found);
  $("regime").textContent = head;
  $("detail").textContent = `${["across", "up"].map((which, k) => `${state[which]} = ${short(state.cell[k])}`).join(", ")}. ${text}`;
  drawStates();
  drawCircle();
}

function look(cell) {
  state.cell = [...cell];
  drawMarks();
  lookAgain(false);
  note();
}

// Something changed: the pair, its fields, or only what is pinned.
function changed({ pair = false, fields = false, pins = false } = {}) {
  if (pair) drawControls();
  if (pair || fields) refresh();
  if (pair) {
    phase.lines = [];
    drawPhase();
  } else if (fields || pins) drawMarks();
  if (pair || fields || pins) lookAgain();
  drawPins();
  note();
}

function tell(words) {
  const box = $("told");
  box.textContent = words;
  box.classList.add("shown");
  setTimeout(() => box.classList.remove("shown"), 1800);
}

function copy(text, words) {
  const done = () => tell(words);
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => tell(text));
  else tell(text);
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  repaint();
  if (phase.framed) {
    drawPhase();
    drawLegend();
    drawStates();
    drawCircle();
  }
}

function listenPlane() {
  const box = $("plane"), held = new Map();
  let moved = 0, grasp = null;
  box.addEventListener("pointerdown", (event) => {
    held.set(event.pointerId, event);
    moved = 0;
    box.setPointerCapture(event.pointerId);
    grasp = null;
  });
  box.addEventListener("pointermove", (event) => {
    const before = held.get(event.pointerId);
    if (!before) {
      if (event.pointerType === "mouse") look(cellAt(event).cell);
      return;
    }
    const by = [event.clientX - before.clientX, event.clientY - before.clientY];
    moved += Math.hypot(...by);
    held.set(event.pointerId, event);
    const { inner } = phase.framed;
    if (held.size === 2) {
      const [a, b] = [...held.values()];
      const size = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
      const middle = { clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 };
      if (grasp) view(grasp / size, cellAt(middle).share);
      grasp = size;
    } else if (event.pointerType === "touch") {
      look(cellAt(event).cell);
    } else if (moved > 4) {
      view(1, [0.5, 0.5], [by[0] / inner.width, -by[1] / inner.height]);
    }
  });
  const release = (event) => {
    if (!held.delete(event.pointerId) || held.size) return;
    if (event.type !== "pointerup" || moved > 4) return note();
    const { cell } = cellAt(event);
    look(cell);
    if (event.pointerType === "mouse") pinHere(cell);
  };
  box.addEventListener("pointerup", release);
  box.addEventListener("pointercancel", release);
  box.addEventListener("wheel", (event) => {
    event.preventDefault();
    view(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.004), cellAt(event).share);
    note();
  }, { passive: false });
  box.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 10 : 1;
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (ways[event.key]) {
      look(["across", "up"].map((which, k) => {
        const axis = span(which), at = toShare(axis, state.cell[k]) + (step * ways[event.key][k]) / CELLS;
        return Engine.valueAt(axis, Math.max(0, Math.min(1, at)));
      }));
    } else if (event.key === "Enter") pinHere();
    else if (event.key === "+" || event.key === "=") view(0.8, ["across", "up"].map((which, k) => toShare(span(which), state.cell[k])));
    else if (event.key === "-") view(1.25, ["across", "up"].map((which, k) => toShare(span(which), state.cell[k])));
    else if (event.key === "0" || event.key === "Escape") home();
    else return;
    event.preventDefault();
    note();
  });
}

function home() {
  for (const which of ["across", "up"]) state.box[which] = boxOf(axisNamed(state[which]));
  drawPhase();
  refresh();
  note();
}

function listenStates() {
  const box = $("states");
  let dragging = false;
  const take = (event) => {
    const found = stateAt(event);
    if (!found) return;
    state.start = found.map((v) => Number(v.toPrecision(4)));
    lookAgain();
    if (state.mode === "orbit" || !pairNow().linearises) later(refresh);
    note();
  };
  box.addEventListener("pointerdown", (event) => {
    dragging = true;
    box.setPointerCapture(event.pointerId);
    take(event);
  });
  box.addEventListener("pointermove", (event) => dragging && take(event));
  for (const name of ["pointerup", "pointercancel"]) box.addEventListener(name, () => { dragging = false; });
  $("play").onclick = () => play();
  $("on").onclick = () => setTime((state.time ?? 0) + 1);
  $("back").onclick = () => setTime((state.time ?? 0) - 1);
  $("time").oninput = (event) => setTime(Number(event.target.value));
  document.addEventListener("keydown", (event) => {
    if (/^(INPUT|SELECT|BUTTON|TEXTAREA)$/.test(event.target.tagName) || event.ctrlKey || event.metaKey) return;
    if (event.key === " ") play();
    else if (event.key === ".") setTime((state.time ?? 0) + 1);
    else if (event.key === ",") setTime((state.time ?? 0) - 1);
    else return;
    event.preventDefault();
  });
}

function listenAll() {
  $("rule").onchange = (event) => { setPair(Number(event.target.value), state.game); changed({ pair: true }); };
  $("game").onchange = (event) => {
    const game = Number(event.target.value);
    const rule = DATA.pairs[state.rule][game] ? state.rule : DATA.pairs.findIndex((row) => row[game]);
    setPair(rule, game);
    changed({ pair: true });
  };
  for (const which of ["across", "up"]) {
    $(which).onchange = (event) => { setAxis(which, event.target.value); changed({ pair: true }); };
  }
  $("home").onclick = home;
  $("pin").onclick = () => pinHere();
  $("theme").onclick = () => setTheme(theme() === "dark" ? "light" : "dark");
  $("share").onclick = () => {
    const address = location.href.replace(/#.*$/, "") + toHash();
    copy(address, "Link copied: it shows what you see");
  };
  $("ask").onclick = () => {
    $("phase-command").textContent = phaseCommand();
    $("orbit-command").textContent = orbitCommand();
    $("commands").showModal();
  };
  $("copy").onclick = () => copy(phaseCommand(), "Command copied");
  $("png").onclick = () => savePicture();
  window.addEventListener("hashchange", () => {
    if (location.hash !== toHash() && fromHash(location.hash)) changed({ pair: true });
  });
  const redraw = () => {
    if (!phase.framed || !$("plane").clientWidth) return; // not laid out
    drawPhase();
    drawStates();
    drawCircle();
  };
  new ResizeObserver(redraw).observe($("plane"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => setTheme(event.matches ? "dark" : "light"));
}

function begin() {
  document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  phase.layers = layers($("plane"));
  orbits.layers = layers($("states"));
  start();
  if (location.hash) fromHash(location.hash);
  employ();
  drawControls();
  refresh();
  drawPhase();
  lookAgain();
  drawPins();
  listenPlane();
  listenStates();
  listenAll();
}
begin();
