// Choices and sliders, made anew for every rule and game.

function fill(select, options, value) {
  select.replaceChildren();
  for (const [name, text, disabled, title] of options) {
    const option = make(select, "option", { value: name, ...(title ? { title } : {}) }, text);
    option.disabled = Boolean(disabled);
  }
  select.value = value;
}

const spaced = (name) => name.replace(/([a-z])([A-Z][a-z])/g, "$1 $2").replace(/([a-z])(GAN|GDA)/g, "$1 $2");
function gameTitle(game) {
  const inner = game.text.replace(/^\w+\(|\)$/g, "");
  const nodes = [...inner.matchAll(/\b([A-Z]\w+)\(/g)].map((m) => m[1]).filter((name) => !/^(Unregularised)$/.test(name));
  return spaced(game.name) + (nodes.length ? ` (${nodes.map(spaced).join(", ")})` : "");
}

function ruleTitle(rule) {
  const inner = rule.text.match(/inner=([A-Z]\w+)/);
  return spaced(rule.name) + (inner ? ` of ${spaced(inner[1])}` : "");
}

function drawControls() {
  fill($("rule"), DATA.rules.map((rule, k) => [k, ruleTitle(rule), !DATA.pairs[k][state.game], rule.summary]), state.rule);
  fill($("game"), DATA.games.map((game, k) => [k, gameTitle(game), !DATA.pairs.some((row) => row[k]), game.summary]), state.game);
  const names = axesNow().map((axis) => axis.name);
  fill($("across"), names.map((name) => [name, name, name === state.up]), state.across);
  fill($("up"), names.map((name) => [name, name, name === state.across]), state.up);
  $("about").textContent = `${ruleNow().summary} ${gameNow().summary} Every number here is computed in this page by the rule's own definition, traced; nothing is loaded from anywhere.`;
  drawSliders();
  drawModes();
}

function drawSliders() {
  const box = $("sliders"), used = ["across", "up"].flatMap((which) => axisNamed(state[which]).targets);
  box.replaceChildren();
  const both = [[ruleNow(), state.ruleChoices, "rule"], [gameNow(), state.gameChoices, "game"]];
  for (const [node, chosen] of both) {
    node.choices.forEach((choice, k) => drawChoice(box, choice.path, choice.values, () => chosen[k], (value) => {
      chosen[k] = value;
      changed({ fields: true });
    }));
  }
  const fields = fieldsNow().map((field, j) => ({ field, j })).filter(({ j }) => !used.includes(j));
  const rank = ({ field }) => (field.owner === "rule" ? 0 : 1);
  for (const { field, j } of fields.sort((a, b) => rank(a) - rank(b))) drawSlider(box, nameOf(field), field, () => state.values[j], (value) => {
    state.values[j] = value;
    changed({ fields: true, sliding: true });
  });
  const many = gameNow().equilibria;
  if (many.length > 1) {
    drawChoice(box, "equilibrium (x, y)", many.map((_, k) => k), () => state.equilibrium, (k) => {
      state.equilibrium = k;
      changed({ fields: true });
    }, (k) => many[k].map((v) => short(v, 2)).join(", "));
  }
  drawSlider(box, "steps of an orbit", { from: 30, to: 3000, log: true, low: 1, high: 5000, open: [false, false], domain: "a whole number from 1 to 5000", whole: true }, () => state.steps, (value) => {
    state.steps = Math.round(value);
    changed({ fields: state.mode === "orbit" || !pairNow().linearises, sliding: true });
  });
}

// A field's own name, and whose it is or what it means.
function named(label, name) {
  const parts = name.split(/\.(?=[a-z])/), own = parts.pop();
  make(label, "b", {}, own);
  const words = [WORDS[own], parts.join(" ")].filter(Boolean);
  if (words.length) label.append(` ${words.join(", ")}`);
}

function drawChoice(box, name, values, now, set, words = (v) => (typeof v === "boolean" ? (v ? "yes" : "no") : String(v))) {
  const item = make(box, "div", { class: "slider" });
  named(make(item, "label"), name);
  const row = make(item, "div", { class: "choice", role: "group", "aria-label": name });
  for (const value of values) {
    const button = make(row, "button", { "aria-pressed": String(now() === value) }, words(value));
    button.onclick = () => {
      for (const other of row.children) other.setAttribute("aria-pressed", String(other === button));
      set(value);
    };
  }
}

function drawSlider(box, name, field, now, set) {
  const item = make(box, "div", { class: "slider" }), id = `field-${name.replace(/\W+/g, "-")}`;
  const label = make(item, "label", { for: id });
  named(label, name);
  const number = make(item, "input", { type: "number", step: "any", "aria-label": name });
  const range = make(item, "input", { type: "range", id, min: 0, max: 1000, step: 1 });
  const low = field.from, high = field.to;
  const axis = { low, high, log: field.log };
  const show = () => {
    number.value = Number(now().toPrecision(4));
    range.value = Math.round(1000 * toShare(axis, Math.max(low, Math.min(high, now()))));
    range.setAttribute("aria-valuetext", short(now()));
  };
  range.oninput = () => {
    const value = Engine.valueAt(axis, range.value / 1000);
    set(field.whole ? Math.round(value) : Number(value.toPrecision(3)));
    show();
  };
  number.onchange = () => {
    const value = Number(number.value), fits = number.value !== "" && accepts(field, value);
    number.setCustomValidity(fits ? "" : `must be ${field.domain}`);
    number.reportValidity();
    if (!fits) return;
    set(value);
    show();
  };
  show();
}

function drawModes() {
  const box = $("modes");
  box.replaceChildren();
  if (!pairNow().linearises) return box.append("Colours: what the orbit from the marked start does.");
  box.append("Colour by ");
  const modes = [["multipliers", "multipliers at the equilibrium"], ["orbit", "the orbit from the start"]];
  for (const [mode, words] of modes) {
    const button = make(box, "button", { "aria-pressed": String(state.mode === mode) }, words);
    button.onclick = () => {
      state.mode = mode;
      drawModes();
      changed({ fields: true });
    };
  }
}
