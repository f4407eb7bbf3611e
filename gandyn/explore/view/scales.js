// Axes: places, ticks and how numbers are written.

const SVG = "http://www.w3.org/2000/svg";
const $ = (id) => document.getElementById(id);

function make(parent, name, attributes = {}, text) {
  const svg = parent.namespaceURI === SVG || name === "svg";
  const node = svg ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

// A value in few digits; very small and large ones as powers of ten.
function short(value, digits = 3) {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) {
    const [m, e] = value.toExponential(digits - 1).split("e");
    const mantissa = String(Number(m)).replace("-", "−");
    return `${mantissa.endsWith("1") && mantissa.length < 3 ? mantissa.slice(0, -1) : `${mantissa}·`}10${raised(e)}`;
  }
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

function raised(exponent) {
  const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  return String(Number(exponent)).replace("-", "⁻").replace(/\d/g, (d) => digits[d]);
}

const toShare = (axis, value) =>
  axis.log ? Math.log(value / axis.low) / Math.log(axis.high / axis.low)
    : (value - axis.low) / (axis.high - axis.low);

function ticks(axis, most = 6) {
  if (axis.log && axis.high / axis.low > 6) {
    const found = [], decades = Math.log10(axis.high / axis.low);
    const inner = decades < 1.6 ? [1, 2, 3, 5] : decades < 3.2 ? [1, 3] : [1];
    const every = Math.max(1, Math.ceil(decades / most));
    for (let e = Math.floor(Math.log10(axis.low)); e <= Math.log10(axis.high); e++) {
      if (e % every) continue;
      for (const m of inner) found.push(Number(`${m}e${e}`));
    }
    return found.filter((v) => v >= axis.low * 0.999 && v <= axis.high * 1.001);
  }
  const span = axis.high - axis.low, raw = span / most;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = unit * ([1, 2, 5, 10].find((m) => m * unit >= raw) ?? 10);
  const found = [];
  for (let k = Math.ceil(axis.low / step); k * step <= axis.high * (1 + 1e-12); k++) {
    found.push(Number((k * step).toPrecision(12)));
  }
  return found;
}

// A drawing area inside its margins, with axes; returns what maps places to pixels.
// What is not shown has no size, and nothing to draw in.
function frame(svg, width, height, margin, x, y, names) {
  const inner = {
    left: margin.left, top: margin.top,
    width: Math.max(0, width - margin.left - margin.right),
    height: Math.max(0, height - margin.top - margin.bottom),
  };
  const px = (value) => inner.left + toShare(x, value) * inner.width;
  const py = (value) => inner.top + (1 - toShare(y, value)) * inner.height;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const bottom = inner.top + inner.height;
  const group = make(svg, "g", { "aria-hidden": "true" });
  for (const value of ticks(x, Math.max(3, Math.round(inner.width / 75)))) {
    make(group, "path", { class: "grid", d: `M${px(value)} ${bottom}v4` });
    make(group, "text", { class: "tick", x: px(value), y: bottom + 17, "text-anchor": "middle" }, short(value));
  }
  for (const value of ticks(y, Math.max(3, Math.round(inner.height / 60)))) {
    make(group, "path", { class: "grid", d: `M${inner.left} ${py(value)}h-4` });
    make(group, "text", { class: "tick", x: inner.left - 7, y: py(value) + 4, "text-anchor": "end" }, short(value));
  }
  make(group, "rect", { class: "grid", x: inner.left, y: inner.top, width: inner.width, height: inner.height });
  make(group, "text", { class: "name", x: inner.left + inner.width / 2, y: height - 4, "text-anchor": "middle" }, names[0]);
  const middle = inner.top + inner.height / 2;
  make(group, "text", { class: "name", x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})` }, names[1]);
  return { inner, px, py };
}

// A canvas below and an SVG above, sized to their box in device pixels.
function layers(box) {
  box.replaceChildren();
  const canvas = make(box, "canvas"), svg = make(box, "svg");
  return { canvas, svg, size: () => [box.clientWidth, box.clientHeight] };
}

function sharp(canvas, width, height) {
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
