// Panoptic merge: how maps and claims are painted, and the list of reasons.

/** Steps towards white (above 0) or black for the first, second, third ... object of a class. */
const SHADES = [0, 0.45, -0.35, 0.2, -0.18];

/** Color of a panoptic id: the class's, lighter or darker by object; void is white. */
function segmentColor(id, colors) {
  const category = Math.floor(id / FACTOR);
  if (category === NOBODY) return [255, 255, 255];
  const shade = id % FACTOR ? SHADES[((id % FACTOR) - 1) % SHADES.length] : 0;
  return colors[category].map((channel) => Math.round(channel + ((shade > 0 ? 255 : 0) - channel) * Math.abs(shade)));
}

/**
 * Paint a panoptic map over the photo; segments in `wrong` are striped, rising (false alarm) or falling (missed).
 * Where an id is below 0 the photo stays as it is.
 */
function paintSegments(frame, ids, photo, colors, wrong, rising, width, scale) {
  const screen = new Uint32Array(frame.data.buffer);
  const pack = (red, green, blue) => (255 << 24) | (blue << 16) | (green << 8) | red;
  const looks = new Map();
  for (const id of new Set(ids)) {
    const tint = id < 0 ? 0.1 : Math.floor(id / FACTOR) === NOBODY ? 1 : 0.65;
    looks.set(id, { color: id < 0 ? [220, 220, 220] : segmentColor(id, colors), tint: photo ? tint : 1 });
  }
  const mixed = (i, { color, tint }, k) =>
    tint < 1 ? Math.round(photo[4 * i + k] * (1 - tint) + color[k] * tint) : color[k];
  for (let i = 0; i < ids.length; i++) {
    const look = looks.get(ids[i]);
    const [red, green, blue] = [mixed(i, look, 0), mixed(i, look, 1), mixed(i, look, 2)];
    const fill = pack(red, green, blue);
    const stripe = red + 2 * green + blue < 440 ? pack(255, 255, 255) : pack(20, 20, 20);
    const line = wrong.has(ids[i]) ? stripe : null;
    const [top, left] = [Math.floor(i / width) * scale, (i % width) * scale];
    for (let row = top; row < top + scale; row++) {
      const start = row * width * scale;
      screen.fill(fill, start + left, start + left + scale);
      if (line === null) continue;
      for (let col = left; col < left + scale; col++) if (striped(row, col, rising)) screen[start + col] = line;
    }
  }
}

/** The middle of the uppermost row of each segment of a map, as [id, row, col], from the lowest to the highest. */
function tops(ids, width) {
  const rows = new Map(); // of each id: its first row, and the columns there
  ids.forEach((id, i) => {
    const [row, col] = [Math.floor(i / width), i % width];
    if (!rows.has(id)) rows.set(id, { row, cols: [] });
    if (rows.get(id).row === row) rows.get(id).cols.push(col);
  });
  return [...rows].map(([id, { row, cols }]) => [id, row, cols[cols.length >> 1]]).sort((a, b) => b[1] - a[1]);
}

/** Write texts, a list of [text, row, col], on light plates above their places; a plate in the way moves one up. */
function writePlates(context, texts, scale, zoom) {
  const taken = [];
  context.font = `600 ${11 * zoom}px system-ui, "DejaVu Sans", sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const [text, row, col] of texts) {
    const half = context.measureText(text).width / 2 + 3 * zoom;
    const x = clamp((col + 0.5) * scale, half, context.canvas.width - half);
    let y = Math.max(row * scale - 8 * zoom, 7 * zoom);
    while (taken.some((one) => Math.abs(one.x - x) < one.half + half && Math.abs(one.y - y) < 14 * zoom)) y -= 7 * zoom;
    taken.push({ x, y, half });
    context.fillStyle = "rgb(255 255 255 / 0.88)";
    context.fillRect(x - half, y - 7 * zoom, 2 * half, 14 * zoom);
    context.fillStyle = "#111111";
    context.fillText(text, x, y + zoom);
  }
}

/** Words for a panoptic id: "car 2", "sky". */
export function segmentName(id, classes) {
  const category = Math.floor(id / FACTOR);
  return category === NOBODY ? "void" : `${classes[category]} ${id % FACTOR || ""}`.trim();
}

/** Why a mask was kept or not, in words. */
export function reason({ kind, free, area }, { threshold, overlap }) {
  const percent = (share) => `${Math.round(100 * share)} %`;
  if (kind === "score") return `out: score below ${threshold.toFixed(2)}`;
  if (!free) return "out: nothing of it is free";
  if (kind === "taken") return `out: ${percent(free / area)} free, needs ${percent(1 - overlap)}`;
  return `kept: ${percent(free / area)} free`;
}

/** Why a stuff class is in the map or not, in words. */
export function stuffReason({ free, kept }, least) {
  if (!free) return "nowhere";
  return kept ? `kept: ${free} pixels` : `out: ${free} pixels, needs ${least}`;
}

/** What a segment of the merged map is against the truth, in words; empty for none. */
function verdict(id, result, classes) {
  const match = result.matches.get(id);
  if (match) return `${segmentName(match.id, classes)}, IoU ${match.iou.toFixed(2).replace(/^0/, "")}`;
  return result.alarms.includes(id) ? "false alarm" : "";
}

/** The list of masks by score, then of stuff; a click on a mask's row chooses it. */
function reasonTable(choose) {
  const heads = ["", "Class", "Score", "Why", "Against the truth"].map((name) => element("th", { scope: "col" }, name));
  const body = element("tbody");
  const node = element("table", { class: "seglab-reasons" }, element("thead", {}, element("tr", {}, ...heads)), body);
  const rows = [];
  node.show = (entries) => {
    entries.forEach(({ cells, kind, index, chosen }, place) => {
      rows[place] ??= body.appendChild(element("tr", {}, ...cells.map(() => element("td"))));
      cells.forEach((text, at) => {
        if (rows[place].cells[at].textContent !== text) rows[place].cells[at].textContent = text;
      });
      rows[place].dataset.kind = kind;
      rows[place].toggleAttribute("aria-current", chosen === true);
      rows[place].onclick = index === undefined ? null : () => choose(index);
    });
  };
  return node;
}
