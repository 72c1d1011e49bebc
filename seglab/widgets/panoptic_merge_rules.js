// Panoptic merge: the merge, and panoptic quality of what comes out. Twins in NumPy: panoptic_merge_rules.py and
// seglab/metrics/panoptic.py.

const FACTOR = 1000;
const NOBODY = 255; // category of void

/** Masks of `pixels` bits each, packed by `numpy.packbits`, as arrays of 0 and 1. */
export function unpackMasks(bytes, count, pixels) {
  return Array.from({ length: count }, (_, mask) =>
    Uint8Array.from({ length: pixels }, (_, pixel) => {
      const bit = mask * pixels + pixel;
      return (bytes[bit >> 3] >> (7 - (bit & 7))) & 1;
    }),
  );
}

/**
 * { ids, fates, rests }: the panoptic map; for each mask { kind, free, area, id } with kind "kept", "score" or "taken";
 * for each stuff class { category, free, kept }. `best` is the place of each pixel's best class in `stuff`.
 */
export function mergeWithReasons(claims, masks, best, stuff, { threshold, overlap, least }) {
  const ids = new Int32Array(best.length).fill(NOBODY * FACTOR);
  const owned = new Uint8Array(best.length);
  const fates = masks.map((mask) => {
    let area = 0;
    for (let i = 0; i < mask.length; i++) area += mask[i];
    return { kind: "score", free: 0, area, id: -1 };
  });
  const counts = {};
  const order = claims.map((_, index) => index).sort((a, b) => claims[b].score - claims[a].score || a - b);
  for (const index of order) {
    if (claims[index].score < threshold) break;
    const [mask, fate, { category }] = [masks[index], fates[index], claims[index]];
    for (let i = 0; i < mask.length; i++) fate.free += mask[i] && !owned[i] ? 1 : 0;
    if (!fate.free || fate.free < (1 - overlap) * fate.area) {
      fate.kind = "taken";
      continue;
    }
    counts[category] = (counts[category] ?? 0) + 1;
    fate.kind = "kept";
    fate.id = category * FACTOR + counts[category];
    for (let i = 0; i < mask.length; i++) {
      if (!mask[i] || owned[i]) continue;
      owned[i] = 1;
      ids[i] = fate.id;
    }
  }
  const rests = stuff.map((category, place) => {
    let free = 0;
    for (let i = 0; i < best.length; i++) free += best[i] === place && !owned[i] ? 1 : 0;
    const kept = free >= least;
    for (let i = 0; kept && i < best.length; i++) if (best[i] === place && !owned[i]) ids[i] = category * FACTOR;
    return { category, free, kept };
  });
  return { ids, fates, rests };
}

/**
 * Match the segments of two maps. Returns { counts, matches, missed, alarms, nobody }: per class
 * { tp, fp, fn, iouSum }; a map from predicted id to { id, iou } of its true segment; ids of true and of predicted
 * segments without a match; how many predicted pixels are void.
 */
export function matchSegments(truth, predicted, numClasses) {
  const [trueArea, predArea, shared] = [new Map(), new Map(), new Map()];
  const add = (map, key, count) => map.set(key, (map.get(key) ?? 0) + count);
  const wide = 2 ** 20; // above every id
  for (let start = 0, end = 0; start < truth.length; start = end) {
    const [id, other] = [truth[start], predicted[start]]; // maps are made of runs
    while (end < truth.length && truth[end] === id && predicted[end] === other) end++;
    add(trueArea, id, end - start);
    add(predArea, other, end - start);
    add(shared, id * wide + other, end - start);
  }
  const categoryOf = (id) => Math.floor(id / FACTOR);
  const onVoid = new Map();
  for (const [key, area] of shared) {
    if (categoryOf(Math.floor(key / wide)) === NOBODY) add(onVoid, key % wide, area);
  }
  const counts = Array.from({ length: numClasses }, () => ({ tp: 0, fp: 0, fn: 0, iouSum: 0 }));
  const [matches, found] = [new Map(), new Set()];
  for (const key of [...shared.keys()].sort((a, b) => a - b)) {
    const [id, other, area] = [Math.floor(key / wide), key % wide, shared.get(key)];
    const union = trueArea.get(id) + predArea.get(other) - area - (onVoid.get(other) ?? 0);
    if (categoryOf(id) === NOBODY || categoryOf(id) !== categoryOf(other) || 2 * area <= union) continue;
    matches.set(other, { id, iou: area / union });
    found.add(id);
    counts[categoryOf(id)].tp += 1;
    counts[categoryOf(id)].iouSum += area / union;
  }
  const real = (map) => [...map.keys()].filter((id) => categoryOf(id) !== NOBODY).sort((a, b) => a - b);
  const missed = real(trueArea).filter((id) => !found.has(id));
  const alarms = real(predArea).filter((id) => !matches.has(id) && 2 * (onVoid.get(id) ?? 0) <= predArea.get(id));
  for (const id of missed) counts[categoryOf(id)].fn += 1;
  for (const id of alarms) counts[categoryOf(id)].fp += 1;
  return { counts, matches, missed, alarms, nobody: predArea.get(NOBODY * FACTOR) ?? 0 };
}

/** Panoptic quality from counts per class: means over the classes that have a segment, null where there is none. */
export function qualityOf(counts, things) {
  const classes = counts.map(({ tp, fp, fn, iouSum }, category) => {
    const size = tp + fp / 2 + fn / 2;
    return { category, size, pq: iouSum / size, sq: tp ? iouSum / tp : 0, rq: tp / size };
  });
  const mean = (name, among) => {
    const chosen = classes.filter(({ category, size }) => size > 0 && among(category));
    return chosen.length ? chosen.reduce((total, one) => total + one[name], 0) / chosen.length : null;
  };
  const [thing, any] = [(category) => things.includes(category), () => true];
  const total = (name) => counts.reduce((sum, one) => sum + one[name], 0);
  return {
    pq: mean("pq", any),
    sq: mean("sq", any),
    rq: mean("rq", any),
    pq_things: mean("pq", thing),
    pq_stuff: mean("pq", (category) => !thing(category)),
    tp: total("tp"),
    fp: total("fp"),
    fn: total("fn"),
  };
}
