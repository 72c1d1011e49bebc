// SOLO grid: how objects and cells are drawn.

const LOST = "#c02000";

function letterOf(number) {
  return String.fromCharCode(65 + number);
}

/** Letters that are legible on any ground. */
function drawLetter(context, text, x, y, pixels, color = "#111111") {
  context.font = `700 ${pixels}px system-ui, "DejaVu Sans", sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.setLineDash([]);
  context.strokeStyle = "#ffffff";
  context.lineWidth = pixels / 4;
  context.strokeText(text, x, y);
  context.fillStyle = color;
  context.fillText(text, x, y);
}

function gridLines(cells, wide, tall) {
  const path = new Path2D();
  for (let line = 0; line <= cells; line++) {
    path.moveTo((line * wide) / cells, 0);
    path.lineTo((line * wide) / cells, tall);
    path.moveTo(0, (line * tall) / cells);
    path.lineTo(wide, (line * tall) / cells);
  }
  return path;
}

/** The objects in their colors, each with a letter above it and the middle region around its center of mass. */
function drawObjects(context, scene, zoom) {
  const { front, objects, fate, colors, height, width, scale, center, selected, cells } = scene;
  const frame = context.createImageData(width, height);
  const screen = new Uint32Array(frame.data.buffer);
  const pack = ([red, green, blue]) => (255 << 24) | (blue << 16) | (green << 8) | red;
  const packed = colors.map(pack);
  front.forEach((number, i) => (screen[i] = number < 0 ? pack([240, 240, 240]) : packed[number]));
  const small = new OffscreenCanvas(width, height);
  small.getContext("2d").putImageData(frame, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, width * scale, height * scale);
  stroke(context, gridLines(cells, width * scale, height * scale), "#6e7781", zoom, []);
  objects.forEach(({ area, row, col, rows, cols }, number) => {
    if (!area) return;
    const lost = !fate[number].owned;
    const outline = contour(seenOf(front, number), height, width, scale);
    stroke(context, outline, number === selected ? "#111111" : "#ffffff", (number === selected ? 3 : 1.5) * zoom, []);
    if (lost) stroke(context, outline, LOST, 3 * zoom, [6 * zoom, 5 * zoom]);
    const region = new Path2D();
    const [wide, tall] = [center * cols * scale, center * rows * scale];
    region.rect(col * scale - wide / 2, row * scale - tall / 2, wide, tall);
    stroke(context, region, "#ffffff", 3.5 * zoom, []);
    stroke(context, region, "#111111", 1.5 * zoom, []);
  });
  objects.forEach(({ area, row, col, top, left, cols }, number) => {
    if (!area) return;
    const lost = !fate[number].owned;
    const [x, y] = [(left + cols / 2) * scale, Math.max(top * scale - 6 * zoom, 10 * zoom)];
    drawLetter(context, letterOf(number) + (lost ? " ✕" : ""), x, y, 17 * zoom, lost ? LOST : "#111111");
    const dot = new Path2D();
    dot.arc(col * scale, row * scale, 3.5 * zoom, 0, 7);
    context.fillStyle = "#111111";
    context.fill(dot);
    stroke(context, dot, "#ffffff", 1.5 * zoom, []);
  });
}

/** The cells in the color of their owner; striped, in the color of who lost it, where several claim one. */
function drawField(context, { cells, claims }, colors, zoom) {
  const { width, height } = context.canvas;
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, width, height);
  const room = Math.min(width, height) / cells / zoom;
  const named = new Set();
  const edge = (index, side) => Math.round((index * side) / cells);
  const marks = [];
  claims.forEach((numbers, index) => {
    if (!numbers.length) return;
    const [i, j] = [Math.floor(index / cells), index % cells];
    const [x, y] = [edge(j, width), edge(i, height)];
    const [wide, tall] = [edge(j + 1, width) - x, edge(i + 1, height) - y];
    context.fillStyle = css(colors[numbers[0]]);
    context.fillRect(x, y, wide, tall);
    if (numbers.length > 1) drawStripes(context, x, y, wide, tall, css(colors[numbers[1]]), zoom);
    const all = numbers.map(letterOf).join("›");
    const text = room >= 34 ? all : letterOf(numbers[0]);
    if (room >= 15) marks.push([text, x + wide / 2, y + tall / 2]);
    else if (!named.has(numbers[0])) marks.push([text, x + wide / 2, y - 8 * zoom]);
    named.add(numbers[0]);
  });
  stroke(context, gridLines(cells, width, height), "#8c959f", (room < 10 ? 0.5 : 1) * zoom, []);
  claims.forEach((numbers, index) => {
    if (numbers.length < 2) return;
    const [i, j] = [Math.floor(index / cells), index % cells];
    const path = new Path2D();
    const [x, y] = [edge(j, width), edge(i, height)];
    path.rect(x, y, edge(j + 1, width) - x, edge(i + 1, height) - y);
    stroke(context, path, LOST, clamp(room / 6, 1, 3) * zoom, [6 * zoom, 4 * zoom]);
  });
  const pixels = clamp(room * 0.5, 11, 18) * zoom;
  for (const [text, x, y] of marks) drawLetter(context, text, x, Math.max(y, 10 * zoom), pixels);
}

function drawStripes(context, x, y, wide, tall, color, zoom) {
  context.save();
  context.beginPath();
  context.rect(x, y, wide, tall);
  context.clip();
  const path = new Path2D();
  for (let at = -tall; at < wide; at += 10 * zoom) {
    path.moveTo(x + at, y + tall);
    path.lineTo(x + at + tall, y);
  }
  stroke(context, path, color, 4 * zoom, []);
  context.restore();
}
