// Colours of what cells do, pale near the boundary and deep where it goes fast.

const { KIND } = Engine;
const RAMPS = {
  light: {
    [KIND.unknown]: ["#bfc3c6", "#bfc3c6"], [KIND.settles]: ["#e4eff7", "#075f9b"],
    [KIND.spiral]: ["#fbe9dd", "#c74d12"], [KIND.flip]: ["#fdf1d3", "#dd9500"],
    [KIND.monotone]: ["#faf7d2", "#cdbd1c"], [KIND.neutral]: ["#efece4", "#efece4"],
    [KIND.moving]: ["#dcefe7", "#0a8c66"], [KIND.left]: ["#cf5a22", "#cf5a22"],
    [KIND.stopped]: ["#2f7fb3", "#2f7fb3"], [KIND.periodic]: ["#2a9d78", "#2a9d78"],
    [KIND.quasi]: ["#8cc7e8", "#8cc7e8"], [KIND.chaotic]: ["#cc79a7", "#cc79a7"],
    [KIND.unstable]: ["#1c1f23", "#1c1f23"],
  },
  dark: {
    [KIND.unknown]: ["#4b545d", "#4b545d"], [KIND.settles]: ["#1c2c3a", "#4ba7e6"],
    [KIND.spiral]: ["#38251c", "#e2672d"], [KIND.flip]: ["#372c17", "#e6a531"],
    [KIND.monotone]: ["#333119", "#e3d84a"], [KIND.neutral]: ["#2a3037", "#2a3037"],
    [KIND.moving]: ["#18322a", "#2fbf92"], [KIND.left]: ["#a8481c", "#a8481c"],
    [KIND.stopped]: ["#3d8fc7", "#3d8fc7"], [KIND.periodic]: ["#2aa67e", "#2aa67e"],
    [KIND.quasi]: ["#5d93b5", "#5d93b5"], [KIND.chaotic]: ["#b06a93", "#b06a93"],
    [KIND.unstable]: ["#e8eaed", "#e8eaed"],
  },
};
const PINS = ["#d1495b", "#3a7d44", "#7b4fa6", "#b8860b", "#20808d", "#8a5a44"];
const LEVELS = 64;

const theme = () => document.documentElement.dataset.theme;
const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function channels(hex) {
  return [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
}

const tables = {};
function tableOf(name) {
  tables[name] ??= Object.values(RAMPS[name]).map(([pale, deep]) => {
    const a = channels(pale), b = channels(deep);
    return Uint32Array.from({ length: LEVELS }, (_, k) => {
      const [r, g, u] = a.map((c, j) => Math.round(c + ((b[j] - c) * k) / (LEVELS - 1)));
      return (255 << 24) | (u << 16) | (g << 8) | r;
    });
  });
  return tables[name];
}

function depth(kind, re, im) {
  if (kind === KIND.moving) return Math.max(0, 1 + Math.log10(re) / 4);
  if (kind === KIND.settles && im === 0 && re === 0) return 1;
  const rate = Math.abs(Math.log(Math.hypot(re, im)));
  return rate / (rate + 0.3);
}

const colourOf = (table, kind, re, im) =>
  table[kind][Math.min(LEVELS - 1, Math.floor(depth(kind, re, im) * LEVELS)) || 0];
