// Prototype mixer: from prototypes and coefficients to a mask. Twin in NumPy: seglab/widgets/prototype_mixer.py.

/**
 * Sum of coefficient times prototype at each of `size` pixels; the prototypes lie one behind the other. Coefficients are
 * counted in hundredths, so that what cancels on paper cancels here.
 */
export function mixed(prototypes, coefficients, size) {
  const logits = new Float64Array(size);
  coefficients.forEach((coefficient, k) => {
    const [hundredths, start] = [Math.round(100 * coefficient), k * size];
    if (hundredths) for (let i = 0; i < size; i++) logits[i] += hundredths * prototypes[start + i];
  });
  return logits.map((value) => value / 100);
}

export function sigmoid(logits) {
  return logits.map((value) => 1 / (1 + Math.exp(-value)));
}

/** Whether each pixel lies in a box [top, left, bottom, right], as zeros and ones. */
export function insideBox([top, left, bottom, right], height, width) {
  const inside = new Uint8Array(height * width);
  for (let row = top; row < bottom; row++) inside.fill(1, row * width + left, row * width + right);
  return inside;
}

/** The pixels with a probability above one half; `inside` cuts where it is given. */
export function aboveHalf(probabilities, inside) {
  const mask = new Uint8Array(probabilities.length);
  for (let i = 0; i < mask.length; i++) mask[i] = probabilities[i] > 0.5 && (!inside || inside[i]) ? 1 : 0;
  return mask;
}

/** Counts of a mask against the truth, and the pixels above one half that lie outside of the box. */
export function overlap(truth, probabilities, inside, crop) {
  const counts = [0, 0, 0, 0]; // by truth + 2 * prediction
  const prediction = aboveHalf(probabilities, crop ? inside : null);
  let outside = 0;
  for (let i = 0; i < truth.length; i++) {
    counts[truth[i] + 2 * prediction[i]]++;
    if (probabilities[i] > 0.5 && !inside[i]) outside++;
  }
  const [tn, fn, fp, tp] = counts;
  return { iou: tp / (tp + fp + fn), tp, fp, fn, tn, outside };
}

/**
 * Coefficients by least squares: +1 on the object and -1 elsewhere, both sides of equal weight, over the pixels that
 * `inside` counts (all without it). Then all are scaled until the largest is 1 or -1, and rounded to hundredths.
 */
export function solved(prototypes, truth, inside, count) {
  const size = truth.length;
  const sides = [0, 0];
  for (let i = 0; i < size; i++) if (!inside || inside[i]) sides[truth[i]]++;
  const rows = Array.from({ length: count }, () => new Float64Array(count + 1)); // the last column: what is wanted
  for (let i = 0; i < size; i++) {
    if (inside && !inside[i]) continue;
    const weight = 1 / sides[truth[i]];
    for (let k = 0; k < count; k++) {
      const value = prototypes[k * size + i] * weight;
      if (!value) continue;
      for (let other = 0; other < count; other++) rows[k][other] += value * prototypes[other * size + i];
      rows[k][count] += truth[i] ? value : -value;
    }
  }
  const trace = rows.reduce((sum, row, k) => sum + row[k], 0);
  // A little of the identity: maps that are alike, or empty in the box, leave coefficients open.
  rows.forEach((row, k) => (row[k] += (1e-6 * trace) / count + 1e-12));
  const found = eliminated(rows);
  const largest = Math.max(...found.map(Math.abs)) || 1;
  return found.map((value) => Math.round((100 * value) / largest) / 100 + 0);
}

/** Solve equations given as rows with the right side in the last column; destroys the rows. */
export function eliminated(rows) {
  const count = rows.length;
  for (let k = 0; k < count; k++) {
    let best = k;
    for (let row = k + 1; row < count; row++) if (Math.abs(rows[row][k]) > Math.abs(rows[best][k])) best = row;
    [rows[k], rows[best]] = [rows[best], rows[k]];
    for (let row = k + 1; row < count; row++) {
      const factor = rows[row][k] / rows[k][k];
      for (let col = k; col <= count; col++) rows[row][col] -= factor * rows[k][col];
    }
  }
  const found = new Array(count);
  for (let k = count - 1; k >= 0; k--) {
    let value = rows[k][count];
    for (let col = k + 1; col < count; col++) value -= rows[k][col] * found[col];
    found[k] = value / rows[k][k];
  }
  return found;
}
