// RoIAlign explorer: the box over the cells, and the two results. Colors of Okabe and Ito, a line style or mark each.

const [ASKED, READ, SAMPLED] = ["#0072b2", "#d55e00", "#009e73"];
const FONT = 'system-ui, "DejaVu Sans", sans-serif';

/** The map's cells, and the image within them, from white to gray, at one canvas pixel per pixel of the image. */
function paintGround(frame, pixels, map, largest, width, stride) {
  const screen = new Uint32Array(frame.data.buffer);
  for (let i = 0; i < pixels.length; i++) {
    const [row, col] = [Math.floor(i / width), i % width];
    const cell = map.values[Math.floor(row / stride) * map.cols + Math.floor(col / stride)];
    const shade = Math.round(255 - 55 * (cell / largest) - 70 * (pixels[i] / 255));
    screen[i] = (255 << 24) | (shade << 16) | (shade << 8) | shade;
  }
}

function drawGrid(context, height, width, stride, scale, zoom) {
  const path = new Path2D();
  for (let col = 0; col <= width; col += stride) path.rect(col * scale, 0, 0, height * scale);
  for (let row = 0; row <= height; row += stride) path.rect(0, row * scale, width * scale, 0);
  stroke(context, path, "#ffffff", 1.5 * zoom, []);
  stroke(context, path, "#8c959f", zoom, []);
}

/** Region and bins of RoIPool dashed, the box and its bins solid, the samples as dots, one bin of each picked out. */
function drawPlaces(context, down, across, [row, col], scale, zoom) {
  const rectangle = ([top, bottom], [left, right]) => {
    const path = new Path2D();
    path.rect(left * scale, top * scale, (right - left) * scale, (bottom - top) * scale);
    return path;
  };
  const whole = (bins, kind) => [bins[0][kind][0], bins.at(-1)[kind][1]];
  const lines = (kind) => {
    const [rows, cols] = [whole(down, kind), whole(across, kind)];
    const path = new Path2D();
    for (const bin of down.slice(1)) path.addPath(rectangle([bin[kind][0], bin[kind][0]], cols));
    for (const bin of across.slice(1)) path.addPath(rectangle(rows, [bin[kind][0], bin[kind][0]]));
    return [path, rectangle(rows, cols)];
  };
  const [readBins, read] = lines("read");
  const [askedBins, asked] = lines("asked");
  const [pool, align] = ["read", "asked"].map((kind) => rectangle(down[row][kind], across[col][kind]));
  context.fillStyle = "#d55e0059";
  context.fill(pool);
  stroke(context, readBins, READ, zoom, [4 * zoom, 3 * zoom]);
  stroke(context, askedBins, ASKED, zoom, []);
  stroke(context, read, "#ffffff", 5.5 * zoom, []);
  stroke(context, read, READ, 3 * zoom, [10 * zoom, 6 * zoom]);
  stroke(context, asked, "#ffffff", 4.5 * zoom, []);
  stroke(context, asked, ASKED, 2.5 * zoom, []);
  stroke(context, align, "#ffffff", 5 * zoom, []);
  stroke(context, align, ASKED, 3.5 * zoom, []);
  down.forEach((one, i) => across.forEach((other, j) => {
    const radius = (i === row && j === col ? 4 : 2) * zoom;
    for (const y of one.samples) for (const x of other.samples) drawDot(context, x * scale, y * scale, radius, zoom);
  }));
}

function drawDot(context, x, y, radius, zoom) {
  const path = new Path2D();
  path.arc(x, y, radius, 0, 7);
  stroke(context, path, "#ffffff", 2 * zoom, []);
  context.fillStyle = SAMPLED;
  context.fill(path);
}

/** A result as a square of bins with a number in each; on a map of places also the difference from what was asked. */
function drawResult(canvas, result, bins, [row, col], wanted, largest, zoom) {
  const context = canvas.getContext("2d");
  const side = canvas.width / bins;
  context.textAlign = "center";
  context.textBaseline = "middle";
  result.forEach((value, index) => {
    const [x, y] = [(index % bins) * side, Math.floor(index / bins) * side];
    const error = wanted ? value - wanted[index] : 0;
    const shade = Math.round(255 - (wanted ? 0 : 130 * (value / largest)));
    context.fillStyle = Math.abs(error) < 0.05 ? css([shade, shade, shade]) : error > 0 ? "#fbdcc4" : "#cfe5f5";
    context.fillRect(x, y, side, side);
    context.fillStyle = "#111111";
    context.font = `600 ${13 * zoom}px ${FONT}`;
    const middle = y + side / 2;
    context.fillText(wanted ? value.toFixed(1) : plain(value), x + side / 2, wanted ? middle - 7 * zoom : middle);
    if (!wanted) return;
    context.font = `${11 * zoom}px ${FONT}`;
    context.fillText(signed(error), x + side / 2, middle + 8 * zoom);
  });
  const lines = new Path2D();
  for (let bin = 1; bin < bins; bin++) {
    lines.rect(bin * side, 0, 0, canvas.height);
    lines.rect(0, bin * side, canvas.width, 0);
  }
  stroke(context, lines, "#8c959f", zoom, []);
  const chosen = new Path2D();
  chosen.rect(col * side + 2 * zoom, row * side + 2 * zoom, side - 4 * zoom, side - 4 * zoom);
  stroke(context, chosen, "#111111", 2.5 * zoom, []);
}

/** A share, short: .25, 1 */
function plain(value) {
  return value > 0.995 ? "1" : value < 0.005 ? "0" : value.toFixed(2).replace("0.", ".");
}

/** A difference in pixels with its sign: +3.5, −2.0, 0 */
function signed(number) {
  if (Math.abs(number) < 0.05) return "0";
  return (number < 0 ? "−" : "+") + Math.abs(number).toFixed(1);
}

/** A place in pixels, with a decimal where it needs one. */
function short(number) {
  return String(Math.round(number * 10) / 10);
}
