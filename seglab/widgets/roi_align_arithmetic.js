// RoIAlign explorer: what both ways read of a map. Twin in NumPy: seglab/roi.py. Boxes are [top, left, bottom, right]
// in pixels; a map is { values, rows, cols } with its values row by row.

/** The mean of every cell of stride x stride pixels, in [0, 1]; pixels are bytes. */
export function cellMeans(pixels, height, width, stride) {
  const [rows, cols] = [height / stride, width / stride];
  const values = new Float64Array(rows * cols);
  for (let r = 0; r < height; r++) {
    const line = Math.floor(r / stride) * cols;
    for (let c = 0; c < width; c++) values[line + Math.floor(c / stride)] += pixels[r * width + c];
  }
  return { values: values.map((sum) => sum / (255 * stride * stride)), rows, cols };
}

/** A map that knows where it is: the row (axis 0) or the column (axis 1) of the middle of every cell, in pixels. */
export function places(height, width, stride, axis) {
  const [rows, cols] = [height / stride, width / stride];
  const cell = (_, index) => ((axis ? index % cols : Math.floor(index / cols)) + 0.5) * stride;
  return { values: Float64Array.from({ length: rows * cols }, cell), rows, cols };
}

/** One axis of RoIPool: the cells [first, end) of every bin. They may lie beyond the map. */
export function poolBins(from, to, bins, stride) {
  const [first, last] = [from, to].map((edge) => Math.floor(edge / stride + 0.5));
  const length = Math.max(last - first + 1, 1);
  const edge = (bin) => (bin * length) / bins;
  return Array.from({ length: bins }, (_, bin) => [first + Math.floor(edge(bin)), first + Math.ceil(edge(bin + 1))]);
}

/** The largest value of each of bins x bins bins, row by row; 0 in bins outside the map. */
export function roiPool({ values, rows, cols }, [top, left, bottom, right], bins, stride) {
  const across = poolBins(left, right, bins, stride);
  return poolBins(top, bottom, bins, stride).flatMap(([first, end]) =>
    across.map(([start, stop]) => {
      let largest = -Infinity;
      for (let r = Math.max(first, 0); r < Math.min(end, rows); r++) {
        for (let c = Math.max(start, 0); c < Math.min(stop, cols); c++) {
          largest = Math.max(largest, values[r * cols + c]);
        }
      }
      return largest === -Infinity ? 0 : largest;
    }),
  );
}

/** One axis of RoIAlign: where each bin is sampled, in cells; the value of cell k stands at k. */
export function samplePlaces(from, to, bins, stride, aligned, sampling = 2) {
  const start = from / stride - (aligned ? 0.5 : 0);
  const length = aligned ? (to - from) / stride : Math.max((to - from) / stride, 1);
  const step = length / bins / sampling;
  return Array.from({ length: bins * sampling }, (_, sample) => start + (sample + 0.5) * step);
}

/** The mean of the bilinear samples of each bin, row by row. */
export function roiAlign({ values, rows, cols }, [top, left, bottom, right], bins, stride, aligned, sampling = 2) {
  const down = samplePlaces(top, bottom, bins, stride, aligned, sampling).map((place) => between(place, rows));
  const across = samplePlaces(left, right, bins, stride, aligned, sampling).map((place) => between(place, cols));
  const result = new Array(bins * bins).fill(0);
  down.forEach(([upper, lower, low, counts], i) => {
    const line = Math.floor(i / sampling) * bins;
    across.forEach(([before, after, part, counted], j) => {
      if (!counts || !counted) return;
      const above = values[upper * cols + before] * (1 - part) + values[upper * cols + after] * part;
      const below = values[lower * cols + before] * (1 - part) + values[lower * cols + after] * part;
      result[line + Math.floor(j / sampling)] += (above * (1 - low) + below * low) / sampling ** 2;
    });
  });
  return result;
}

/** The cells on both sides of a place, the weight of the second, and whether the place is near enough to be read. */
function between(place, cells) {
  const inside = clamp(place, 0, cells - 1);
  const before = Math.floor(inside);
  return [before, Math.min(before + 1, cells - 1), inside - before, place >= -1 && place <= cells];
}

/** Per bin of an axis, in pixels: the edges `asked` for, those that RoIPool has `read`, and RoIAlign's `samples`. */
export function axisBins(from, to, bins, stride, aligned) {
  const samples = samplePlaces(from, to, bins, stride, aligned).map((place) => (place + 0.5) * stride);
  const side = (to - from) / bins;
  return poolBins(from, to, bins, stride).map((cells, bin) => ({
    asked: [from + bin * side, from + (bin + 1) * side],
    read: cells.map((cell) => cell * stride),
    samples: samples.slice(2 * bin, 2 * bin + 2),
  }));
}

/** Region and errors in numbers, from the bins of both axes; as `scores` of the twin. */
export function measures(down, across) {
  const edges = (kind) => [down[0][kind][0], across[0][kind][0], down.at(-1)[kind][1], across.at(-1)[kind][1]];
  const [box, read] = [edges("asked"), edges("read")];
  const shared = (axis) => Math.min(box[axis + 2], read[axis + 2]) - Math.max(box[axis], read[axis]);
  const common = Math.max(0, shared(0)) * Math.max(0, shared(1));
  const area = ([top, left, bottom, right]) => (bottom - top) * (right - left);
  const middle = ([one, other]) => (one + other) / 2;
  const off = (kind) => Math.max(...[...down, ...across].map((bin) => Math.abs(middle(bin[kind]) - middle(bin.asked))));
  return {
    read,
    shift: [0, 1].map((axis) => (read[axis] - box[axis] + read[axis + 2] - box[axis + 2]) / 2),
    iou: common / (area(box) + area(read) - common),
    pool_off: off("read"),
    align_off: off("samples"),
  };
}
