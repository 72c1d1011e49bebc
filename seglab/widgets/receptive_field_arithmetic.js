// Receptive-field explorer: its numbers. Every layer is [kernel, strides, dilation] with padding "same".

/**
 * One row of numbers per layer [kernel, strides, dilation] on an image of `n` cells: `effective` kernel, `before` cells
 * of padding, input and output map size, `weights`, and `size`, `stride` and `start` of the receptive field after it.
 */
export function receptiveFields(layers, n) {
  let [size, stride, start, map] = [1, 1, 0, n];
  return layers.map(([kernel, strides, dilation]) => {
    const effective = (kernel - 1) * dilation + 1;
    const [input, output] = [map, Math.ceil(map / strides)];
    const before = Math.floor(Math.max((output - 1) * strides + effective - input, 0) / 2);
    size += (effective - 1) * stride;
    start -= before * stride;
    stride *= strides;
    map = output;
    const weights = kernel * kernel;
    return { kernel, strides, dilation, effective, before, input, output, weights, size, stride, start };
  });
}

/**
 * Paths that lead from cells to `unit` of the last layer along one axis: an array per map, the image's first, the
 * unit's own last. A 0 is a cell that is not read.
 */
export function pathCounts(fields, unit) {
  const levels = [new Array(fields.at(-1).output).fill(0)];
  levels[0][unit] = 1;
  for (const { kernel, strides, dilation, before, input } of [...fields].reverse()) {
    const counts = new Array(input).fill(0);
    levels[0].forEach((paths, index) => {
      if (!paths) return;
      for (let tap = 0; tap < kernel; tap++) {
        const place = index * strides - before + tap * dilation;
        if (place >= 0 && place < input) counts[place] += paths;
      }
    });
    levels.unshift(counts);
  }
  return levels;
}

/** Mean number of a layer's taps that lie inside its input map, over all places of the kernel. */
export function meanValidTaps(n, kernel, dilation) {
  const half = Math.floor(((kernel - 1) * dilation) / 2);
  let inside = 0;
  for (let tap = 0; tap < kernel; tap++) inside += Math.max(0, n - Math.abs(tap * dilation - half));
  return (inside / n) ** 2;
}

/** What the unit at [row, col] sees: first cell and number of cells in the image, and how many of them it reads. */
export function seen(fields, n, unit) {
  const { size, stride, start } = fields.at(-1);
  const axes = unit.map((index) => {
    const first = start + index * stride;
    const inside = clamp(first + size, 0, n) - clamp(first, 0, n);
    const read = pathCounts(fields, index)[0].filter(Boolean).length;
    return { first, inside, read };
  });
  const product = (key) => axes[0][key] * axes[1][key];
  return { axes, size, inside: product("inside"), read: product("read") };
}
