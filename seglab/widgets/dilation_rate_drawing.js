// Dilation rates: the map, the padding around it, and the taps of every branch.

const SIDE = 420; // canvas units; the canvas has twice as many pixels
const BRANCHES = [["#0072b2", "●"], ["#d55e00", "■"], ["#009e73", "◆"], ["#cc79a7", "▲"]];
const DARK_BRANCHES = ["#56b4e9", "#ff9a4d", "#2fd6a5", "#f0a6ce"];

/** How cells become canvas units: the map and the reach of its widest kernel on both sides. */
function tapScale(n, kernel, rates) {
  const reach = Math.max(1, ((kernel - 1) / 2) * Math.max(...rates));
  return { low: -reach, scale: SIDE / (n + 2 * reach) };
}

/** The outline of a branch's mark around a point. */
function markPath(branch, x, y, radius) {
  const path = new Path2D();
  if (branch === 0) path.arc(x, y, radius, 0, 7);
  else {
    const corners = [null, [45, 4, 1.25], [0, 4, 1.3], [-90, 3, 1.3]][branch];
    const [start, count, factor] = corners;
    for (let corner = 0; corner < count; corner++) {
      const angle = ((start + (360 * corner) / count) * Math.PI) / 180;
      path.lineTo(x + factor * radius * Math.cos(angle), y + factor * radius * Math.sin(angle));
    }
    path.closePath();
  }
  return path;
}

function drawTaps(canvas, { n, kernel, rates, center }, colors) {
  canvas.width = canvas.height = 2 * SIDE;
  const context = canvas.getContext("2d");
  context.scale(2, 2);
  const { low, scale } = tapScale(n, kernel, rates);

  context.strokeStyle = colors.line;
  context.globalAlpha = 0.5;
  context.beginPath();
  for (let at = -SIDE; at < SIDE; at += 9) {
    context.moveTo(at, SIDE);
    context.lineTo(at + SIDE, 0);
  }
  context.stroke();
  context.globalAlpha = 1;

  const [start, length] = [-low * scale, n * scale];
  context.fillStyle = colors.paper;
  context.fillRect(start, start, length, length);
  if (scale >= 5) {
    context.beginPath();
    for (let line = 1; line < n; line++) {
      context.moveTo(start + line * scale, start);
      context.lineTo(start + line * scale, start + length);
      context.moveTo(start, start + line * scale);
      context.lineTo(start + length, start + line * scale);
    }
    context.globalAlpha = 0.4;
    context.stroke();
    context.globalAlpha = 1;
  }
  context.lineWidth = 2;
  context.strokeStyle = colors.ink;
  context.strokeRect(start, start, length, length);

  const place = (cell) => (cell + 0.5 - low) * scale;
  const radius = clamp(scale * 0.4, 3.5, 9);
  rates.forEach((rate, branch) => {
    const [rows, cols] = center.map((index) => tapPlaces(kernel, rate, index));
    for (const row of rows) {
      for (const col of cols) {
        const path = markPath(branch, place(col), place(row), radius);
        const valid = Math.min(row, col) >= 0 && Math.max(row, col) < n;
        context.fillStyle = valid ? colors.branches[branch] : colors.paper;
        context.fill(path);
        context.lineWidth = 1.8;
        context.strokeStyle = colors.branches[branch];
        context.stroke(path);
      }
    }
  });
  const [row, col] = center.map(place);
  context.strokeStyle = colors.ink;
  context.lineWidth = 2.5;
  context.strokeRect(col - radius - 4, row - radius - 4, 2 * radius + 8, 2 * radius + 8);
}
