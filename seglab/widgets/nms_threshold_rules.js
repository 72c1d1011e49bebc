// NMS threshold: which boxes are kept, and what they are against the truth. Twin in NumPy: nms_threshold_rules.py.

const MATCH = 0.5;

/** IoU of two boxes [top, left, bottom, right]. */
export function boxIoU(one, other) {
  const area = ([top, left, bottom, right]) => Math.max(bottom - top, 0) * Math.max(right - left, 0);
  const [height, width] = [0, 1].map((axis) =>
    Math.max(Math.min(one[axis + 2], other[axis + 2]) - Math.max(one[axis], other[axis]), 0),
  );
  const union = area(one) + area(other) - height * width;
  return union > 0 ? (height * width) / union : 0;
}

/** Indices of boxes that are asked, by falling score; of equal scores the first comes first. */
function byScore(scores, least) {
  const order = scores.map((_, index) => index).filter((index) => scores[index] >= least);
  return order.sort((one, other) => scores[other] - scores[one] || one - other);
}

/** { kept, to, scores }: kept indices by falling score, whom each other box falls to (or -1), scores at the end. */
export function suppress(boxes, scores, { threshold, least, method }) {
  const to = boxes.map(() => -1);
  const order = byScore(scores, least);
  if (method === "soft") return soften(boxes, [...scores], to, order, threshold, least);
  const judges = [];
  for (const one of order) {
    const close = judges.find((other) => boxIoU(boxes[one], boxes[other]) > threshold);
    if (close !== undefined) to[one] = close;
    if (close === undefined || method === "fast") judges.push(one); // with "fast", whoever falls still judges
  }
  return { kept: order.filter((one) => to[one] < 0), to, scores };
}

function soften(boxes, scores, to, order, threshold, least) {
  const left = [...order].sort((one, other) => one - other);
  const kept = [];
  while (left.length) {
    const best = left.reduce((top, one) => (scores[one] > scores[top] ? one : top));
    if (scores[best] < least) break;
    left.splice(left.indexOf(best), 1);
    kept.push(best);
    for (const one of left) {
      const iou = boxIoU(boxes[one], boxes[best]);
      if (iou <= threshold) continue;
      const above = scores[one] >= least;
      scores[one] *= 1 - iou;
      if (above && scores[one] < least) to[one] = best;
    }
  }
  return { kept, to, scores };
}

/** What kept boxes, by falling score, are against the truth: { kind, to, iou } for each. */
export function judge(kept, truth) {
  const taken = truth.map(() => false);
  return kept.map((box) => {
    const overlap = truth.map((other) => boxIoU(box, other));
    const best = (values) => values.reduce((top, value, index) => (value > (values[top] ?? 0) ? index : top), -1);
    const free = best(overlap.map((value, index) => (taken[index] ? 0 : value)));
    if (overlap[free] >= MATCH) {
      taken[free] = true;
      return { kind: "found", to: free, iou: overlap[free] };
    }
    const any = best(overlap);
    if (overlap[any] >= MATCH) return { kind: "duplicate", to: any, iou: overlap[any] };
    return { kind: "false alarm", to: -1, iou: 0 };
  });
}

/** What becomes of every box: { kind, to, iou, score }. */
export function fatesOf(boxes, scores, truth, settings) {
  const { kept, to, scores: ends } = suppress(boxes, scores, settings);
  const fates = to.map((other, one) =>
    other < 0 ? { kind: "weak", to: -1, iou: 0 } : { kind: "fallen", to: other, iou: boxIoU(boxes[one], boxes[other]) },
  );
  judge(kept.map((one) => boxes[one]), truth).forEach((fate, place) => (fates[kept[place]] = fate));
  return fates.map((fate, one) => ({ ...fate, score: ends[one] }));
}

/** How many of what there are. */
export function countFates(fates, truth) {
  const count = (kind) => fates.filter((fate) => fate.kind === kind).length;
  const [found, duplicates, wrong] = ["found", "duplicate", "false alarm"].map(count);
  return { kept: found + duplicates + wrong, found, duplicates, false_alarms: wrong, missed: truth.length - found };
}

/** The box moved by rows and columns, and stopped at the edges of the picture. */
export function moved([top, left, bottom, right], rows, cols, height, width) {
  const down = clamp(rows, Math.min(-top, 0), Math.max(height - bottom, 0));
  const across = clamp(cols, Math.min(-left, 0), Math.max(width - right, 0));
  return [top + down, left + across, bottom + down, right + across];
}

/** Index of the box whose border is nearest to (x, y) among those within `reach`, or -1. */
export function nearestBox(boxes, x, y, reach) {
  let [best, least] = [-1, Infinity];
  boxes.forEach(([top, left, bottom, right], index) => {
    const [dx, dy] = [Math.max(left - x, x - right), Math.max(top - y, y - bottom)]; // below 0: inside
    if (Math.max(dx, dy) > reach) return;
    const far = Math.abs(Math.max(dx, dy));
    if (far < least) [best, least] = [index, far];
  });
  return best;
}
