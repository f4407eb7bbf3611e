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

function redraw() {
  if (!phase.framed || !$("plane").clientWidth) return; // not laid out
  drawPhase();
  drawLegend();
  drawStates();
  drawCircle();
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
  new ResizeObserver(redraw).observe($("plane"));
  window.addEventListener("message", ({ data }) => { // from a page around this one
    if (data === "light" || data === "dark") setTheme(data);
  });
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
