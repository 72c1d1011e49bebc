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

/** The two cells between whose middles each pixel of an axis lies, and the weight of the second; borders repeat. */
export function betweenCells(cells, stride) {
  return Array.from({ length: cells * stride }, (_, pixel) => {
    const position = clamp((pixel + 0.5) / stride - 0.5, 0, cells - 1);
    const before = Math.floor(position);
    return [before, Math.min(before + 1, cells - 1), position - before];
  });
}

/** Scores of the cells, enlarged bilinearly to the size of the image. */
export function enlarged(shares, height, width, stride) {
  const cols = width / stride;
  const across = betweenCells(cols, stride);
  const down = betweenCells(height / stride, stride);
  const scores = new Float64Array(height * width);
  const line = new Float64Array(cols);
  for (let r = 0; r < height; r++) {
    const [upper, lower, part] = down[r];
    for (let c = 0; c < cols; c++) line[c] = shares[upper * cols + c] * (1 - part) + shares[lower * cols + c] * part;
    for (let c = 0; c < width; c++) {
      const [left, right, share] = across[c];
      scores[r * width + c] = line[left] * (1 - share) + line[right] * share;
    }
  }
  return scores;
}

/** What comes back of a mask: the pixels whose enlarged score is more than one half. */
export function throughStride(mask, height, width, stride) {
  const scores = enlarged(cellShares(mask, height, width, stride), height, width, stride);
  return Uint8Array.from(scores, (score) => (score > 0.5 ? 1 : 0));
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
