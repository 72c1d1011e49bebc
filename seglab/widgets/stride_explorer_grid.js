// Stride explorer: what a coarse grid of perfect scores keeps of a mask. Twin in NumPy: seglab/widgets/stride_explorer.py.

/** Which share of every cell of stride x stride pixels the mask covers, row by row. */
export function cellShares(mask, height, width, stride) {
  const cols = width / stride;
  const shares = new Float64Array((height / stride) * cols);
  for (let r = 0; r < height; r++) {
    const cells = Math.floor(r / stride) * cols;
    for (let c = 0; c < width; c++) shares[cells + Math.floor(c / stride)] += mask[r * width + c];
  }
  return shares.map((count) => count / (stride * stride));
}

/** Per pixel of an axis: the two cells between whose middles it lies, and the weight of the second; borders repeat. */
export function betweenCells(cells, stride) {
  const pixels = cells * stride;
  const [before, after, part] = [new Int32Array(pixels), new Int32Array(pixels), new Float64Array(pixels)];
  for (let pixel = 0; pixel < pixels; pixel++) {
    const position = clamp((pixel + 0.5) / stride - 0.5, 0, cells - 1);
    before[pixel] = Math.floor(position);
    after[pixel] = Math.min(before[pixel] + 1, cells - 1);
    part[pixel] = position - before[pixel];
  }
  return [before, after, part];
}

/** Scores of the cells, enlarged bilinearly to the size of the image. */
export function enlarged(shares, height, width, stride) {
  const cols = width / stride;
  const [lefts, rights, parts] = betweenCells(cols, stride);
  const [uppers, lowers, downs] = betweenCells(height / stride, stride);
  const scores = new Float64Array(height * width);
  const line = new Float64Array(cols);
  for (let r = 0; r < height; r++) {
    const [upper, lower, part] = [uppers[r] * cols, lowers[r] * cols, downs[r]];
    for (let c = 0; c < cols; c++) line[c] = shares[upper + c] * (1 - part) + shares[lower + c] * part;
    for (let c = 0; c < width; c++) {
      scores[r * width + c] = line[lefts[c]] * (1 - parts[c]) + line[rights[c]] * parts[c];
    }
  }
  return scores;
}

/** What comes back of a mask: the pixels whose enlarged score is more than one half. */
export function throughStride(mask, height, width, stride) {
  const scores = enlarged(cellShares(mask, height, width, stride), height, width, stride);
  const back = new Uint8Array(scores.length);
  for (let i = 0; i < scores.length; i++) back[i] = scores[i] > 0.5 ? 1 : 0; // `from` with a function is slow
  return back;
}

/** Measures of what comes back at every stride, as [stride, measures] pairs. */
export function strideTable(mask, height, width, distance, strides) {
  return strides.map((stride) => {
    const measures = scores(mask, throughStride(mask, height, width, stride), height, width, distance);
    const cells = (height / stride) * (width / stride);
    return [stride, { ...measures, cells, wrong: measures.fp + measures.fn }];
  });
}

/** A box of a shape whose sides are as `aspect` = width : height, as tall and with the same middle as another box. */
export function boxLike([row, col, rows, cols], aspect, height, width) {
  const tall = clamp(Math.min(rows, Math.floor(width / aspect)), 2, height);
  const wide = clamp(Math.round(tall * aspect), 2, width);
  const top = clamp(Math.round(row + (rows - tall) / 2), 0, height - tall);
  const left = clamp(Math.round(col + (cols - wide) / 2), 0, width - wide);
  return [top, left, tall, wide];
}
