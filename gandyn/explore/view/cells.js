// Cells asked for, and taken as they come from coarse to fine.

// Ask for the plane that the state describes.
function refresh() {
  const job = {
    of: ofNow(), values: Array.from(state.values), x: span("across"), y: span("up"),
    nx: CELLS, ny: CELLS, mode: state.mode, start: state.start, steps: state.steps,
    id: ++phase.id,
  };
  phase.coming = newImage(job);
  phase.coming.began = performance.now();
  document.documentElement.dataset.busy = "yes";
  submit(job);
}

// Take a part of the plane from the worker; of a plane asked for before, drop it.
function receive(part) {
  if (part.id !== phase.id) return;
  const image = phase.coming ?? phase.image;
  if (part.done) {
    Object.assign(document.documentElement.dataset, {
      done: part.id, busy: "no", took: part.seconds.toFixed(3), first: phase.first?.toFixed(0) ?? "" });
    return drawLegend();
  }
  if (part.lines) {
    phase.lines = part.lines;
    image.lines = true;
    return drawPhase();
  }
  const { stride, at, re, im, kind } = part, { nx, ny } = image.job;
  at.forEach((cell, i) => {
    image.re[cell] = re[i];
    image.im[cell] = im[i];
    image.kind[cell] = kind[i];
    image.kinds.add(kind[i]);
    const colour = colourOf(image.table, kind[i], re[i], im[i]);
    const left = cell % nx, below = Math.floor(cell / nx);
    for (let j = below; j < Math.min(ny, below + stride); j++) {
      image.pixels.fill(colour, (ny - 1 - j) * nx + left, (ny - 1 - j) * nx + Math.min(nx, left + stride));
    }
  });
  if (phase.coming && stride === 4) {
    phase.image = phase.coming;
    phase.coming = null;
    phase.first = performance.now() - image.began;
    if (!image.lines) phase.lines = [];
    drawLegend();
  }
  if (phase.image === image) drawCells();
}
