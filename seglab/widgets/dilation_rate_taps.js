// Dilation rates: where taps fall. Kernels are odd and pad with zeros, so that a map keeps its size.

/** Places along one axis that a kernel around `center` reads. */
export function tapPlaces(kernel, rate, center) {
  return Array.from({ length: kernel }, (_, tap) => center + (tap - (kernel - 1) / 2) * rate);
}

/** How many of the kernel's taps lie on a map of `n` cells along one axis, for each place of the kernel. */
export function tapsOnMap(n, kernel, rate) {
  const inside = (place) => place >= 0 && place < n;
  return Array.from({ length: n }, (_, center) => tapPlaces(kernel, rate, center).filter(inside).length);
}

/** One branch in numbers: cells it `spans`, taps on the map around `center`, and their `mean` over the map. */
export function branchNumbers(n, kernel, rate, center) {
  const counts = tapsOnMap(n, kernel, rate);
  const mean = (counts.reduce((sum, count) => sum + count, 0) / n) ** 2;
  const valid = counts[center[0]] * counts[center[1]];
  return { rate, spans: (kernel - 1) * rate + 1, valid, mean, all: kernel * kernel };
}

/** What is wrong with a branch on this map, in words; empty if most of its taps read the map. */
export function tapWarning({ rate, mean, all }) {
  if (all === 1) return "";
  const side = Math.sqrt(all);
  if (mean === 1) return `Rate ${rate}: the ${side} × ${side} kernel is a 1 × 1 kernel at every pixel of this map.`;
  if (mean < all / 2) return `Rate ${rate}: more than half of the taps read padding.`;
  return "";
}
