// What pages share: pointers and keys on the plane, the address, words that pass.

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
  if (phase.framed) redraw();
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
    const inside = window.parent !== window; // there the wheel moves the page around
    if (inside && !event.ctrlKey && document.activeElement !== box) return;
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
