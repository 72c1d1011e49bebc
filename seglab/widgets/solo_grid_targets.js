// SOLO grid: which cells own which objects. Twin in NumPy: seglab/widgets/solo_grid.py.

/** Of each pixel the number of the object that is seen there, -1 for none; later masks stand in front. */
export function frontmost(masks, size) {
  const front = new Int16Array(size).fill(-1);
  masks.forEach((mask, number) => {
    for (let i = 0; i < size; i++) if (mask[i]) front[i] = number;
  });
  return front;
}

/** The pixels where one object is seen, as zeros and ones. */
export function seenOf(front, number) {
  const mask = new Uint8Array(front.length);
  for (let i = 0; i < front.length; i++) if (front[i] === number) mask[i] = 1;
  return mask;
}

/** Area, center of mass and box of what is seen of each object; the middle of the first pixel is at 0.5. */
export function measured(front, count, width) {
  const none = { area: 0, row: 0, col: 0, top: Infinity, left: Infinity, bottom: 0, right: 0 };
  const found = Array.from({ length: count }, () => ({ ...none }));
  for (let i = 0; i < front.length; i++) {
    if (front[i] < 0) continue;
    const one = found[front[i]];
    const [row, col] = [Math.floor(i / width), i % width];
    one.area++;
    one.row += row + 0.5;
    one.col += col + 0.5;
    one.top = Math.min(one.top, row);
    one.left = Math.min(one.left, col);
    one.bottom = Math.max(one.bottom, row + 1);
    one.right = Math.max(one.right, col + 1);
  }
  return found.map(({ area, row, col, top, left, bottom, right }) =>
    area ? { area, row: row / area, col: col / area, top, left, rows: bottom - top, cols: right - left } : { area },
  );
}

/** First and last of the cells along an axis that a region of half-width `reach` touches, at most one beyond its own. */
export function touched(middle, reach, side, cells) {
  const own = Math.floor((middle / side) * cells);
  const first = Math.max(Math.floor(((middle - reach) / side) * cells), own - 1, 0);
  const last = Math.min(Math.floor(((middle + reach) / side) * cells), own + 1, cells - 1);
  return [first, last];
}

/** The grids as [cells, smallest, largest]: square roots of areas, the lower limit included. */
export function gridsOf(cells, twoGrids, limit) {
  if (!twoGrids) return [[cells, 0, Infinity]];
  return [
    [cells, 0, limit],
    [Math.floor((cells + 1) / 2), limit, Infinity],
  ];
}

/** Of each grid the objects that claim each cell, the smallest first: it owns the cell. */
export function claimants(objects, grids, center, height, width) {
  return grids.map(([cells, smallest, largest]) => {
    const claims = Array.from({ length: cells * cells }, () => []);
    objects.forEach(({ area, row, col, rows, cols }, number) => {
      if (!area || area < smallest ** 2 || area >= largest ** 2) return;
      const [top, bottom] = touched(row, (center * rows) / 2, height, cells);
      const [left, right] = touched(col, (center * cols) / 2, width, cells);
      for (let i = top; i <= bottom; i++) for (let j = left; j <= right; j++) claims[i * cells + j].push(number);
    });
    for (const one of claims) one.sort((a, b) => objects[a].area - objects[b].area || a - b);
    return { cells, claims };
  });
}

/** How many cells each object claims and owns, and on which grid (-1 for an object that is not seen). */
export function fates(objects, fields) {
  const found = objects.map(() => ({ grid: -1, claimed: 0, owned: 0 }));
  fields.forEach(({ claims }, grid) => {
    for (const numbers of claims) {
      numbers.forEach((number, rank) => {
        const one = found[number];
        one.grid = grid;
        one.claimed++;
        if (rank === 0) one.owned++;
      });
    }
  });
  return found;
}

/** Objects seen, cells that own one, cells that several claim, objects without a cell. */
export function gridNumbers(objects, fields) {
  const all = fields.flatMap(({ claims }) => claims);
  const fate = fates(objects, fields);
  return {
    objects: objects.filter(({ area }) => area).length,
    owned: all.filter((numbers) => numbers.length).length,
    contested: all.filter((numbers) => numbers.length > 1).length,
    lost: fate.filter(({ owned }, number) => objects[number].area && !owned).length,
  };
}

/** A box with `step` more rows, the same middle and the sides of `aspect` = width : height, inside the picture. */
export function grown([row, col, rows, cols], step, aspect, height, width) {
  const tall = clamp(Math.min(rows + step, Math.floor(width / aspect)), 6, height);
  const wide = clamp(Math.round(tall * aspect), 2, width);
  const top = clamp(Math.round(row + (rows - tall) / 2), 0, height - tall);
  const left = clamp(Math.round(col + (cols - wide) / 2), 0, width - wide);
  return [top, left, tall, wide];
}
