// Transposed-convolution stepper: its numbers.

/**
 * One axis of the output: `full` cells before cropping, of which `before` are cut at the start and `after` at the end;
 * a negative `after` appends zeros.
 */
export function outputExtent(n, k, strides, padding) {
  const full = (n - 1) * strides + k;
  let before = Number(padding);
  let after = before;
  if (padding === "valid") [before, after] = [0, Math.min(0, k - strides)];
  if (padding === "same") {
    before = Math.floor(Math.max(0, k - strides) / 2);
    after = k - strides - before;
  }
  return { full, before, after, size: full - before - after };
}

/** Output before cropping, after the first `steps` input cells: sums, and how many copies touch each cell. */
export function paintCopies(x, kernel, strides, steps) {
  const [n, k] = [x.length, kernel.length];
  const full = (n - 1) * strides + k;
  const values = zeros(full, full);
  const copies = zeros(full, full);
  for (let cell = 0; cell < steps; cell++) {
    const [row, col] = [Math.floor(cell / n), cell % n];
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < k; j++) {
        values[row * strides + i][col * strides + j] += x[row][col] * kernel[i][j];
        copies[row * strides + i][col * strides + j] += 1;
      }
    }
  }
  return { values, copies };
}

/** The cells that stay after cropping; cells beyond the painted ones are 0. */
export function cropped(cells, extent) {
  return Array.from({ length: extent.size }, (_, row) =>
    Array.from({ length: extent.size }, (_, col) => cells[row + extent.before]?.[col + extent.before] ?? 0),
  );
}

/** Transposed matrix of the convolution, `size * size` rows and one column per input cell. */
export function transposedMatrix(n, kernel, strides, padding) {
  const k = kernel.length;
  const { before, size } = outputExtent(n, k, strides, padding);
  const matrix = zeros(size * size, n * n);
  for (let cell = 0; cell < n * n; cell++) {
    const [top, left] = [Math.floor(cell / n) * strides - before, (cell % n) * strides - before];
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < k; j++) {
        const [row, col] = [top + i, left + j];
        if (row >= 0 && row < size && col >= 0 && col < size) matrix[row * size + col][cell] = kernel[i][j];
      }
    }
  }
  return matrix;
}

/** Kernel whose stride-`strides` transposed convolution interpolates linearly. */
export function bilinearKernel(strides) {
  const size = 2 * strides - (strides % 2);
  const center = (size - 1) / 2;
  const weights = Array.from({ length: size }, (_, i) => 1 - Math.abs(i - center) / strides);
  return weights.map((a) => weights.map((b) => a * b));
}

function zeros(rows, cols) {
  return Array.from({ length: rows }, () => new Array(cols).fill(0));
}
