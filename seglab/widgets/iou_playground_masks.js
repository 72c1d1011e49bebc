// IoU playground: masks, their boxes, and what is counted on them. Twin in NumPy: seglab/widgets/iou_playground.py.

/** Draw a shape into its box; returns a Uint8Array of zeros and ones. `mask.data` is a Uint8Array. */
export function rasterize(shape, box, height, width) {
  const mask = new Uint8Array(height * width);
  const [top, left, rows, cols] = box;
  const [sourceRows, sourceCols] = shape.size ?? [0, 0];
  for (let r = Math.max(0, -top); r < rows && top + r < height; r++) {
    const down = (2 * r + 1 - rows) * cols;
    const sourceRow = Math.floor(((2 * r + 1) * sourceRows) / (2 * rows)) * sourceCols;
    for (let c = Math.max(0, -left); c < cols && left + c < width; c++) {
      let inside = 1;
      if (shape.kind === "ellipse") {
        const across = (2 * c + 1 - cols) * rows;
        inside = down * down + across * across < rows * rows * cols * cols;
      } else if (shape.kind === "mask") {
        inside = shape.data[sourceRow + Math.floor(((2 * c + 1) * sourceCols) / (2 * cols))];
      }
      mask[(top + r) * width + left + c] = inside;
    }
  }
  return mask;
}

/** The smallest box around a mask, and its pixels in there as a shape. */
export function cropped(mask, height, width) {
  let [top, bottom, left, right] = [height, 0, width, 0];
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      if (!mask[r * width + c]) continue;
      top = Math.min(top, r);
      bottom = r + 1;
      left = Math.min(left, c);
      right = Math.max(right, c + 1);
    }
  }
  if (!bottom) return { shape: { kind: "mask", size: [0, 0], data: new Uint8Array(0) }, box: [0, 0, 0, 0] };
  const [rows, cols] = [bottom - top, right - left];
  const data = new Uint8Array(rows * cols);
  for (let r = 0; r < rows; r++) {
    const start = (top + r) * width + left;
    data.set(mask.subarray(start, start + cols), r * cols);
  }
  return { shape: { kind: "mask", size: [rows, cols], data }, box: [top, left, rows, cols] };
}

/** Mark what is left of a mask after `distance` erosions by 3x3, with nothing outside the image. */
export function eroded(mask, height, width, distance) {
  const across = new Uint8Array(height * width);
  const result = new Uint8Array(height * width);
  const full = 2 * distance + 1;
  for (let r = 0; r < height; r++) {
    let run = 0; // ones in a row, up to here: a window of `full` ones is centered `distance` back
    for (let c = 0; c < width; c++) {
      run = mask[r * width + c] ? run + 1 : 0;
      if (run >= full) across[r * width + c - distance] = 1;
    }
  }
  const runs = new Int32Array(width);
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      runs[c] = across[r * width + c] ? runs[c] + 1 : 0;
      if (runs[c] >= full) result[(r - distance) * width + c] = 1;
    }
  }
  return result;
}

/** All measures of two masks; null where a measure has no denominator. */
export function scores(truth, prediction, height, width, distance) {
  const counts = [0, 0, 0, 0]; // by truth + 2 * prediction
  let [common, either] = [0, 0];
  const trueInside = eroded(truth, height, width, distance);
  const predInside = eroded(prediction, height, width, distance);
  for (let i = 0; i < truth.length; i++) {
    counts[truth[i] + 2 * prediction[i]]++;
    const [a, b] = [truth[i] & ~trueInside[i], prediction[i] & ~predInside[i]];
    common += a & b;
    either += a | b;
  }
  const [tn, fn, fp, tp] = counts;
  const ratio = (part, whole) => (whole ? part / whole : null);
  return {
    iou: ratio(tp, tp + fp + fn),
    dice: ratio(2 * tp, 2 * tp + fp + fn),
    pixel_accuracy: ratio(tp + tn, truth.length),
    boundary_iou: ratio(common, either),
    tp,
    fp,
    fn,
    tn,
  };
}

/** Set or clear a disc of pixels around (row, col). */
export function dab(mask, height, width, row, col, radius, value) {
  for (let r = Math.max(0, Math.ceil(row - radius)); r <= Math.min(height - 1, row + radius); r++) {
    for (let c = Math.max(0, Math.ceil(col - radius)); c <= Math.min(width - 1, col + radius); c++) {
      if ((r - row) ** 2 + (c - col) ** 2 <= radius * radius) mask[r * width + c] = value;
    }
  }
}

/** Corners of a box as [x, y], left to right, top to bottom; none of an empty box. */
export function corners([row, col, rows, cols]) {
  return rows ? [[col, row], [col + cols, row], [col, row + rows], [col + cols, row + rows]] : [];
}

/** The box with one corner at (x, y), at least 2 pixels wide and inside the image; the opposite corner stays. */
export function resized([row, col, rows, cols], corner, x, y, height, width) {
  let [top, left, bottom, right] = [row, col, row + rows, col + cols];
  if (corner % 2) right = clamp(Math.round(x), left + 2, width);
  else left = clamp(Math.round(x), 0, right - 2);
  if (corner > 1) bottom = clamp(Math.round(y), top + 2, height);
  else top = clamp(Math.round(y), 0, bottom - 2);
  return [top, left, bottom - top, right - left];
}

/** What a pointer at (x, y) takes: a corner within `reach`, else a box, the selected one first; null for nothing. */
export function grabbed(objects, selected, x, y, reach) {
  const order = [selected, selected === "pred" ? "true" : "pred"];
  for (const key of order) {
    const near = corners(objects[key].box).findIndex(([cx, cy]) => Math.hypot(x - cx, y - cy) <= reach);
    if (near >= 0) return { key, corner: near };
  }
  for (const key of order) {
    const [row, col, rows, cols] = objects[key].box;
    if (x >= col && x < col + cols && y >= row && y < row + rows) return { key, dx: x - col, dy: y - row };
  }
  return null;
}

/** Two shapes of one kind by chance, the prediction near the truth. */
function randomPair(height, width) {
  const between = (low, high) => low + Math.random() * (high - low);
  const kind = Math.random() < 0.5 ? "rectangle" : "ellipse";
  const rows = Math.round(height * between(0.25, 0.6));
  const cols = Math.round(width * between(0.2, 0.5));
  const [top, left] = [between(0.1, 0.9) * (height - rows), between(0.1, 0.9) * (width - cols)];
  const box = [Math.round(top), Math.round(left), rows, cols];
  const [h, w] = [Math.round(rows * between(0.7, 1.25)), Math.round(cols * between(0.7, 1.25))];
  const other = [box[0] + Math.round(rows * between(-0.4, 0.4)), box[1] + Math.round(cols * between(-0.4, 0.4)), h, w];
  other[0] = clamp(other[0], 0, height - h);
  other[1] = clamp(other[1], 0, width - w);
  return { true: { shape: { kind }, box }, pred: { shape: { kind }, box: other } };
}
