// Receptive-field explorer: the layers from the side, the cells read, the whole image.

// Sizes of the drawings in canvas units; the canvases have twice as many pixels.
const PLAN = 340;
const SIDE = 200;
const LABELS = 62;
const OVERVIEW = 180;

/** A drawing context of `width` x `height` units on a cleared canvas. */
function contextOf(canvas, width, height) {
  canvas.width = 2 * width;
  canvas.height = 2 * height;
  const context = canvas.getContext("2d");
  context.scale(2, 2);
  return context;
}

/** Diagonal lines over a rectangle: what is not part of the image. */
function hatch(context, x, y, width, height, color) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.beginPath();
  for (let at = x - height; at < x + width; at += 9) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.strokeStyle = color;
  context.globalAlpha = 0.6;
  context.lineWidth = 1;
  context.stroke();
  context.restore();
}

/** Which part of an axis the side view and the plan show: first cell and cells per axis. */
function viewOf({ first }, size, n) {
  const length = Math.max(9, Math.min(1.12 * size + 2, 2.5 * n));
  const center = size > 2.3 * n ? n / 2 : first + size / 2;
  return { low: center - length / 2, scale: PLAN / length };
}

/** The layers from the side, along one axis: the unit above, the image below, a line for each tap. */
function drawSide(context, fields, levels, { low, scale }, colors) {
  const heights = levels.map((_, level) => SIDE - 16 - ((SIDE - 32) * level) / fields.length);
  const offsets = [0.5];
  fields.forEach(({ effective, before, stride, strides }, at) => {
    offsets.push(offsets[at] + (((effective - 1) / 2 - before) * stride) / strides);
  });
  const spacing = levels.map((_, level) => (level ? fields[level - 1].stride : 1));
  const place = (level, index) => (offsets[level] + index * spacing[level] - low) * scale;

  const [taps, padding] = [new Path2D(), new Path2D()];
  fields.forEach(({ kernel, strides, dilation, before, input }, at) =>
    levels[at + 1].forEach((paths, index) => {
      for (let tap = 0; paths && tap < kernel; tap++) {
        const source = index * strides - before + tap * dilation;
        const path = source >= 0 && source < input ? taps : padding;
        path.moveTo(place(at + 1, index), heights[at + 1]);
        path.lineTo(place(at, source), heights[at]);
      }
    }),
  );
  context.lineWidth = scale > 8 ? 1.6 : 0.7;
  context.strokeStyle = colors.soft;
  context.setLineDash([3, 3]);
  context.stroke(padding);
  context.setLineDash([]);
  context.strokeStyle = colors.blue;
  context.stroke(taps);

  context.font = "13px system-ui, sans-serif";
  context.textBaseline = "middle";
  levels.forEach((counts, level) => {
    const room = spacing[level] * scale;
    counts.forEach((paths, index) => {
      const x = place(level, index);
      if ((!paths && room < 5) || x < 0 || x > PLAN) return;
      const widest = Math.min(level === fields.length ? 7 : 5, (0.45 * SIDE) / fields.length);
      const radius = paths ? clamp(room * 0.38, 1, widest) : 1.5;
      context.beginPath();
      context.arc(x, heights[level], radius, 0, 7);
      context.fillStyle = paths ? (level === fields.length ? colors.mark : colors.blue) : colors.line;
      context.fill();
    });
    if (fields.length > 12 && level % fields.length) return;
    context.fillStyle = colors.soft;
    context.fillText(level ? `layer ${level}` : "image", PLAN + 10, heights[level]);
  });
}

/** The cells of the image around the field, stronger where more paths lead to the unit. */
function drawPlan(context, n, counts, sight, view, colors) {
  const [rows, cols] = view;
  const { scale } = cols;
  const [top, left] = [-rows.low * scale, -cols.low * scale];
  hatch(context, 0, 0, PLAN, PLAN, colors.line);
  context.fillStyle = colors.paper;
  context.fillRect(left, top, n * scale, n * scale);

  const [red, green, blue] = colors.blue.match(/\w\w/g).map((pair) => parseInt(pair, 16));
  const picture = new ImageData(n, n);
  const largest = Math.max(...counts[0]) * Math.max(...counts[1]);
  const across = counts[1].map((paths, col) => ({ paths, col })).filter(({ paths }) => paths);
  counts[0].forEach((down, row) => {
    if (!down) return;
    for (const { paths, col } of across) {
      const place = 4 * (row * n + col);
      picture.data[place] = red;
      picture.data[place + 1] = green;
      picture.data[place + 2] = blue;
      picture.data[place + 3] = 70 + 185 * Math.sqrt((down * paths) / largest);
    }
  });
  const cells = new OffscreenCanvas(n, n);
  cells.getContext("2d").putImageData(picture, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(cells, left, top, n * scale, n * scale);

  if (scale >= 5) {
    context.beginPath();
    for (let line = 0; line <= n; line++) {
      context.moveTo(left + line * scale, top);
      context.lineTo(left + line * scale, top + n * scale);
      context.moveTo(left, top + line * scale);
      context.lineTo(left + n * scale, top + line * scale);
    }
    context.lineWidth = 1;
    context.globalAlpha = 0.5;
    context.strokeStyle = colors.line;
    context.stroke();
    context.globalAlpha = 1;
  }
  context.lineWidth = 2;
  context.strokeStyle = colors.ink;
  context.strokeRect(left, top, n * scale, n * scale);
  const [row, col] = sight.axes.map(({ first }) => first);
  context.lineWidth = 3.5;
  context.strokeStyle = colors.mark;
  context.strokeRect((col - cols.low) * scale, (row - rows.low) * scale, sight.size * scale, sight.size * scale);
}

/** How the overview maps cells to its canvas: every unit's field fits, with a margin. */
function overviewScale(fields, n) {
  const { size, stride, start, output } = fields.at(-1);
  const [low, high] = [Math.min(0, start), Math.max(n, start + (output - 1) * stride + size)];
  const margin = 0.03 * (high - low);
  return { low: low - margin, scale: OVERVIEW / (high - low + 2 * margin) };
}

/** The field in the whole image. */
function drawOverview(canvas, fields, n, sight, colors) {
  const context = contextOf(canvas, OVERVIEW, OVERVIEW);
  const { low, scale } = overviewScale(fields, n);
  hatch(context, 0, 0, OVERVIEW, OVERVIEW, colors.line);
  context.fillStyle = colors.paper;
  context.strokeStyle = colors.ink;
  context.lineWidth = 2;
  for (const paint of ["fillRect", "strokeRect"]) context[paint](-low * scale, -low * scale, n * scale, n * scale);
  const [row, col] = sight.axes.map(({ first }) => (first - low) * scale);
  context.fillStyle = colors.mark;
  context.globalAlpha = 0.3;
  context.fillRect(col, row, sight.size * scale, sight.size * scale);
  context.globalAlpha = 1;
  context.lineWidth = 3;
  context.strokeStyle = colors.mark;
  context.strokeRect(col, row, sight.size * scale, sight.size * scale);
}
