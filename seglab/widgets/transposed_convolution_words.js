// Transposed-convolution stepper: what it says.

/** `count` places from `first` on, in words. */
function span(first, count) {
  return count === 1 ? `${first}` : `${first} to ${first + count - 1}`;
}

/** What stride and kernel size do to the overlap, in a sentence. */
export function overlapVerdict(k, strides) {
  if (k < strides) return `Kernel ${k} < stride ${strides}: gaps that no copy reaches.`;
  const fits = Math.floor(k / strides);
  if (k % strides === 0) {
    const copies = fits === 1 ? "1 copy" : `${fits ** 2} copies`;
    return `Kernel ${k} is a multiple of stride ${strides}: away from the border every cell gets ${copies}.`;
  }
  const copies = `${fits ** 2}, ${fits * (fits + 1)} or ${(fits + 1) ** 2} copies`;
  return `Kernel ${k} is no multiple of stride ${strides}: neighbors get ${copies}, a checkerboard.`;
}

/** The size formula with its numbers. */
function sizeFormula(n, k, strides, padding) {
  const { before, after, size } = outputExtent(n, k, strides, padding);
  if (padding === "same") {
    const crop = `${before} cropped at the start, ${after} at the end`;
    const rest = after < 0 ? `${-after} of zeros added at the end` : crop;
    return `Output size n·s = ${n} · ${strides} = ${size}: ${rest}.`;
  }
  if (padding === "valid") {
    return `Output size (n − 1)·s + max(k, s) = ${n - 1} · ${strides} + ${Math.max(k, strides)} = ${size}.`;
  }
  return `Output size (n − 1)·s + k − 2p = ${n - 1} · ${strides} + ${k} − ${2 * padding} = ${size}.`;
}

/** How empty the matrix is. */
function matrixFacts(matrix) {
  const entries = matrix.flat();
  return `Output = Wᵀ · input, where ${entries.filter(Boolean).length} of ${entries.length} entries are not 0.`;
}

/** What the step painted, in words. */
function stepSentence({ x, kernel, strides, padding, step }) {
  const [n, k] = [x.length, kernel.length];
  if (step === 0) return `Nothing painted yet: ${n * n} copies of the kernel to come.`;
  const [row, col] = [Math.floor((step - 1) / n), (step - 1) % n];
  const { copies } = paintCopies(x, kernel, strides, step - 1);
  const { before, size } = outputExtent(n, k, strides, padding);
  let [shared, lost] = [0, 0];
  for (let i = row * strides; i < row * strides + k; i++) {
    for (let j = col * strides; j < col * strides + k; j++) {
      if (copies[i][j]) shared += 1;
      if (Math.min(i, j) < before || Math.max(i, j) >= before + size) lost += 1;
    }
  }
  const place = `rows ${span(row * strides, k)}, columns ${span(col * strides, k)}`;
  const crop = lost ? `; ${lost} will be cropped` : "";
  const value = brief(x[row][col]);
  return (
    `Copy ${step} of ${n * n}: input (${row}, ${col}) is ${value}, so ${value} × kernel is added to ${place}. ` +
    `${shared || "None"} of these ${k * k} cells held a copy already${crop}.`
  );
}
