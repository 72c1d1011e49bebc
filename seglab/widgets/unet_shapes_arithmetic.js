// U-Net shape explorer: its numbers. A network is { size, depth, base_filters, padding, channels, num_classes,
// batch_norm }, the traits of the demo.

/** Pixels that the network with padding "valid" takes off each side. */
export function marginOf(depth) {
  return 6 * 2 ** depth - 4;
}

/** Whether every pooling halves an even map, every skip fits, and pixels are left at the end. */
export function isLegal({ size, depth, padding }) {
  if (padding === "same") return size >= 1 && size % 2 ** depth === 0;
  return (size + 4) % 2 ** depth === 0 && size > 2 * marginOf(depth);
}

/** The nearest legal sizes other than the present one: [below, above]; below is null where there is none. */
export function nearestLegal({ size, depth, padding }) {
  const step = 2 ** depth;
  const offset = padding === "valid" ? 4 : 0;
  const smallest = padding === "valid" ? Math.ceil((2 * marginOf(depth) + 5) / step) * step - 4 : step;
  const below = Math.floor((size - 1 + offset) / step) * step - offset;
  const above = Math.floor((size + offset) / step) * step + step - offset;
  return [below >= smallest ? below : null, Math.max(above, smallest)];
}

/**
 * Every map { block, kind, level, size, channels, weights, crop } in the order of the network; `crop` is what its skip
 * loses per side. Of an illegal input the sizes are those that Keras would compute (a pooling rounds down), as far as
 * pixels are left.
 */
export function mapsOf(network) {
  const { size: input, depth, base_filters: base, padding, channels, num_classes: classes, batch_norm: bn } = network;
  const lost = padding === "valid" ? 2 : 0;
  let size = input;
  const maps = [];
  const skips = [];
  const add = (block, kind, level, count, weights, more = {}) =>
    maps.push({ block, kind, level, size: Math.max(size, 0), channels: count, weights, ...more });
  const convs = (block, level, from, filters) => {
    for (const inputs of [from, filters]) {
      size -= lost;
      add(block, "conv", level, filters, 9 * inputs * filters + (bn ? 4 : 1) * filters);
    }
  };
  add("encoder1", "input", 1, channels, 0);
  let from = channels;
  for (let level = 1; level <= depth; level++) {
    const filters = base * 2 ** (level - 1);
    convs(`encoder${level}`, level, from, filters);
    skips[level] = size;
    size = Math.floor(size / 2);
    from = filters;
    add(level < depth ? `encoder${level + 1}` : "bottleneck", "pool", level + 1, filters, 0);
  }
  convs("bottleneck", depth + 1, from, base * 2 ** depth);
  for (let level = depth; level >= 1; level--) {
    const filters = base * 2 ** (level - 1);
    size *= 2;
    add(`decoder${level}`, "up", level, filters, 8 * filters * filters + filters);
    add(`decoder${level}`, "concat", level, 2 * filters, 0, { skip: skips[level], crop: (skips[level] - size) / 2 });
    convs(`decoder${level}`, level, 2 * filters, filters);
  }
  add("logits", "logits", 1, classes, (base + 1) * classes);
  return maps;
}

/** Sums over the maps: weights, bytes of all maps of one image in float32, and where most of both lie. */
export function totals(maps) {
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const deepest = Math.max(...maps.map(({ level }) => level));
  const bytes = ({ size, channels }) => 4 * size * size * channels;
  const weights = sum(maps.map((one) => one.weights));
  const memory = sum(maps.map(bytes));
  return {
    weights,
    bytes: memory,
    deepWeights: sum(maps.filter(({ level }) => level >= deepest - 1).map((one) => one.weights)) / weights,
    topBytes: sum(maps.filter(({ level }) => level === 1).map(bytes)) / memory,
  };
}

/** What does not fit, at the first skip that the decoder meets, in words; empty for a legal input. */
export function problem(network) {
  if (isLegal(network)) return "";
  const maps = mapsOf(network);
  const pools = maps.flatMap((one, at) => (one.kind === "pool" ? [{ before: maps[at - 1], level: one.level - 1 }] : []));
  const odd = pools.findLast(({ before }) => before.size % 2 && before.size > 0);
  if (odd) {
    const { size } = odd.before;
    const half = Math.floor(size / 2);
    const { crop } = maps.find(({ kind, level }) => kind === "concat" && level === odd.level);
    const same = `pooling keeps ${half}, doubled ${2 * half}, and its skip does not fit`;
    const valid = `pooling drops one, and its skip would be cropped by ${crop} per side`;
    return `Level ${odd.level} has ${size} pixels: ${network.padding === "same" ? same : valid}.`;
  }
  return "The convolutions use up the map: no pixel is left for the output.";
}

/** A count of bytes for people. */
export function megabytes(bytes) {
  const value = bytes / 2 ** 20;
  return `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en")} MB`;
}
