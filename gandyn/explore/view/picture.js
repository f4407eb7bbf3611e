// The picture that is saved: plane, orbit and circle side by side, with their words.

const DRAWN = ["fill", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linejoin", "stroke-linecap", "font-size", "font-weight", "font-family", "text-anchor"];

// An SVG as an image, every style that the page gives it written out.
function asImage(svg, width, height) {
  const copied = svg.cloneNode(true), own = svg.querySelectorAll("*"), theirs = copied.querySelectorAll("*");
  own.forEach((node, k) => {
    const style = getComputedStyle(node);
    theirs[k].setAttribute("style", DRAWN.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";"));
  });
  copied.setAttribute("xmlns", SVG);
  copied.setAttribute("width", width);
  copied.setAttribute("height", height);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copied))}`;
  return image.decode().then(() => image);
}

async function savePicture() {
  const boxes = ["plane", "states", "circle"].map($), gap = 24, head = 64, ratio = 2;
  const width = boxes.reduce((sum, box) => sum + box.clientWidth + gap, gap);
  const height = Math.max(...boxes.map((box) => box.clientHeight)) + head + gap;
  const canvas = document.createElement("canvas");
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.fillStyle = ink("--card");
  context.fillRect(0, 0, width, height);
  context.fillStyle = ink("--ink");
  context.font = "600 17px system-ui, sans-serif";
  context.fillText(`${ruleTitle(ruleNow())} on ${gameTitle(gameNow())}`, gap, 28);
  context.font = "14px system-ui, sans-serif";
  context.fillText(`${$("regime").textContent}. ${$("detail").textContent}`, gap, 50, width - 2 * gap);
  let left = gap;
  for (const box of boxes) {
    const [w, h] = [box.clientWidth, box.clientHeight];
    for (const part of box.querySelectorAll("canvas, svg")) {
      const drawn = part.tagName === "CANVAS" ? part : await asImage(part, w, h);
      context.drawImage(drawn, left, head, w, h);
    }
    left += w + gap;
  }
  canvas.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${ruleNow().name}-on-${gameNow().name}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    tell(`Saved ${link.download}`);
  });
}
