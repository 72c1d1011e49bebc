// IoU playground: how two masks are drawn.

const NAMES = { true: "Truth", pred: "Prediction" };

/** The contour of a mask as closed lines, so that dashes run on around corners. */
function contour(mask, height, width, scale) {
  const stride = width + 1;
  const leaving = new Uint8Array(stride * (height + 1)); // of each pixel corner: the ways its lines leave, a bit each
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      const i = r * width + c;
      if (!mask[i]) continue;
      const corner = r * stride + c;
      if (r === 0 || !mask[i - width]) leaving[corner] |= 1;
      if (c === width - 1 || !mask[i + 1]) leaving[corner + 1] |= 2;
      if (r === height - 1 || !mask[i + width]) leaving[corner + stride + 1] |= 4;
      if (c === 0 || !mask[i - 1]) leaving[corner + stride] |= 8;
    }
  }
  const path = new Path2D();
  const steps = { 1: 1, 2: stride, 4: -1, 8: -stride };
  for (let start = 0; start < leaving.length; start++) {
    while (leaving[start]) {
      let corner = start;
      path.moveTo((corner % stride) * scale, Math.floor(corner / stride) * scale);
      while (leaving[corner]) {
        const way = leaving[corner] & -leaving[corner];
        leaving[corner] ^= way;
        corner += steps[way];
        path.lineTo((corner % stride) * scale, Math.floor(corner / stride) * scale);
      }
      path.closePath();
    }
  }
  return path;
}

/** Paint the four kinds of pixels at the resolution of the canvas: color, and stripes that rise (FP) or fall (FN). */
function paintKinds(frame, masks, photo, colors, width, scale) {
  const screen = new Uint32Array(frame.data.buffer);
  const pack = (red, green, blue) => (255 << 24) | (blue << 16) | (green << 8) | red;
  const fills = [colors.tn, colors.fn, colors.fp, colors.tp]; // by truth + 2 * prediction
  const stripes = [colors.tn, colors.fn_stripes, colors.fp_stripes, colors.tp];
  const mixed = (pixel, color, share) => {
    const channel = (k) => Math.round(photo[4 * pixel + k] + (color[k] - photo[4 * pixel + k]) * share);
    return pack(channel(0), channel(1), channel(2));
  };
  const [plain, lined] = [fills.map((color) => pack(...color)), stripes.map((color) => pack(...color))];
  for (let i = 0; i < masks.true.length; i++) {
    const kind = masks.true[i] + 2 * masks.pred[i];
    let [fill, line] = [plain[kind], lined[kind]];
    if (photo) {
      fill = mixed(i, fills[kind], kind ? 0.6 + 0.15 * (kind === 1) : 0);
      line = kind % 3 ? mixed(i, stripes[kind], 0.85) : fill;
    }
    const [top, left] = [Math.floor(i / width) * scale, (i % width) * scale];
    for (let row = top; row < top + scale; row++) {
      const start = row * width * scale;
      for (let col = left; col < left + scale; col++) {
        screen[start + col] = fill !== line && striped(row, col, kind === 2) ? line : fill;
      }
    }
  }
}

function swatch(color, stripes, rising) {
  const angle = rising ? 135 : 45;
  const lines = stripes && `repeating-linear-gradient(${angle}deg, ${css(stripes)} 0 3px, ${css(color)} 3px 7px)`;
  return element("span", { class: "seglab-swatch", style: `background: ${lines || css(color)}` });
}

/** Lines around the masks: the truth solid, the prediction dashed, both legible on any ground. */
function drawContours(context, masks, height, width, scale, zoom) {
  for (const key of ["true", "pred"]) {
    const path = contour(masks[key], height, width, scale);
    stroke(context, path, "#ffffff", 5 * zoom, []);
    stroke(context, path, "#111111", 2.5 * zoom, key === "pred" ? [9 * zoom, 6 * zoom] : []);
  }
}

/** What to resize a mask by: squares for the truth, discs for the prediction, filled where selected. */
function drawHandles(context, objects, selected, scale, zoom) {
  for (const key of ["true", "pred"]) {
    for (const [x, y] of corners(objects[key].box)) {
      const path = new Path2D();
      if (key === "true") path.rect(x * scale - 6 * zoom, y * scale - 6 * zoom, 12 * zoom, 12 * zoom);
      else path.arc(x * scale, y * scale, 7 * zoom, 0, 7);
      context.fillStyle = key === selected ? "#0072b2" : "#ffffff";
      context.fill(path);
      stroke(context, path, key === selected ? "#ffffff" : "#111111", 1.5 * zoom, []);
    }
  }
}

function drawBrush(context, [row, col], radius, scale, zoom) {
  const path = new Path2D();
  path.arc((col + 0.5) * scale, (row + 0.5) * scale, radius * scale, 0, 7);
  stroke(context, path, "#ffffff", 4 * zoom, []);
  stroke(context, path, "#111111", 2 * zoom, [3 * zoom, 3 * zoom]);
}

/** Truth above its upper left corner, prediction below its lower right one: so the names seldom meet. */
function drawNames(context, objects, scale, zoom) {
  context.font = `600 ${16 * zoom}px system-ui, "DejaVu Sans", sans-serif`;
  context.lineJoin = "round";
  context.setLineDash([]);
  for (const key of ["true", "pred"]) {
    const [row, col, rows, cols] = objects[key].box;
    if (!rows) continue;
    const wide = context.measureText(NAMES[key]).width;
    const x = key === "true" ? col * scale + 12 * zoom : (col + cols) * scale - 12 * zoom - wide;
    const y = key === "true" ? row * scale - 9 * zoom : (row + rows) * scale + 22 * zoom;
    const left = clamp(x, 4 * zoom, context.canvas.width - wide - 4 * zoom);
    const base = clamp(y, 18 * zoom, context.canvas.height - 8 * zoom);
    context.strokeStyle = "#ffffff";
    context.lineWidth = 5 * zoom;
    context.strokeText(NAMES[key], left, base);
    context.fillStyle = "#111111";
    context.fillText(NAMES[key], left, base);
  }
}

function stroke(context, path, color, lineWidth, dashes) {
  context.strokeStyle = color;
  context.lineWidth = lineWidth;
  context.setLineDash(dashes);
  context.stroke(path);
}

/** Let a pointer move a box on a canvas, or resize it by a corner; returns whether one does so now, as a function. */
export function dragBox(canvas, height, width, boxNow, moveTo, resizeTo) {
  let drag = null;
  /** What a pointer takes; fingers are wide. */
  function under(event) {
    const reach = ((event.pointerType === "touch" ? 26 : 12) * width) / canvas.getBoundingClientRect().width;
    const objects = { true: { box: boxNow() }, pred: { box: [0, 0, 0, 0] } };
    return grabbed(objects, "true", ...pointOn(canvas, event, width, height), reach);
  }
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    drag = under(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = pointOn(canvas, event, width, height);
    if (!drag) {
      const over = under(event);
      const corner = ["nwse-resize", "nesw-resize", "nesw-resize", "nwse-resize"][over?.corner];
      canvas.style.cursor = corner ?? (over ? "move" : "default");
    } else if (drag.corner !== undefined) resizeTo(drag.corner, x, y);
    else moveTo(y - drag.dy, x - drag.dx);
  });
  const end = () => (drag = null);
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  return () => drag !== null;
}
