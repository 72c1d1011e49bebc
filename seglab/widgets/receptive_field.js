// Receptive-field explorer: which input cells one unit reads through a stack of convolutions.

/** Numbers of each layer of a stack: effective kernel, and size and stride of the receptive field after it. */
export function receptiveFields(layers) {
  let [size, stride] = [1, 1];
  return layers.map(({ kernel, strides, dilation }) => {
    const effective = (kernel - 1) * dilation + 1;
    size += (effective - 1) * stride;
    stride *= strides;
    return { effective, size, stride, weights: kernel * kernel };
  });
}

/** Paths from each cell of the receptive field to the unit, along one axis; 0 marks a hole. */
export function pathCounts(layers) {
  let counts = [1];
  for (const { kernel, strides, dilation } of [...layers].reverse()) {
    const wider = new Array((counts.length - 1) * strides + (kernel - 1) * dilation + 1).fill(0);
    counts.forEach((count, unit) => {
      for (let tap = 0; tap < kernel; tap++) wider[unit * strides + tap * dilation] += count;
    });
    counts = wider;
  }
  return counts;
}
