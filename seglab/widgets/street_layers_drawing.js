// Street layers: what a layer says, and how it is drawn.

const VOID = 255;

/** What one label of a layer is: pixels with equal keys are one region. Stuff is one region of the instance layer. */
export function keyOf(segment, layer) {
  if (layer === "semantic") return segment.category;
  if (layer === "instance") return segment.instance ? segment.id : -1;
  return segment.id;
}

/** What the labels of a layer say of a segment, and what they leave open. */
export function sentence(segment, layer, segments, factor) {
  const { name, instance, category, id } = segment;
  if (category === VOID) return "Void: nobody knows what this is, so nobody counts it.";
  const count = segments.filter((one) => one.category === category && one.instance).length;
  if (layer === "semantic") {
    const others = count > 1 ? ` There are ${count}; which of them this is, the labels do not tell.` : "";
    return `Semantic labels hold ${category} here: ${name}.${others}`;
  }
  if (layer === "instance") {
    const which = instance ? `${name} number ${instance}` : `${name} is stuff, which nobody numbers`;
    return `Instance labels hold ${instance} here: ${which}.`;
  }
  if (layer === "panoptic") {
    const which = instance ? `${name} number ${instance}` : `${name}, stuff`;
    return `Panoptic id ${id} = ${category} × ${factor} + ${instance}: ${which}.`;
  }
  return `The image shows colors; the labels call this ${name}.`;
}

/** The words that a layer writes on a segment; empty for none. */
function labelOf(segment, layer) {
  if (layer === "semantic") return segment.name;
  if (layer === "instance") return segment.instance ? String(segment.instance) : "";
  return layer === "panoptic" ? String(segment.id) : "";
}

/** Lines between pixels with different keys, straight runs in one piece. */
function borders(keys, height, width, scale) {
  const path = new Path2D();
  const run = (lines, count, draw, differ) => {
    for (let at = 1; at < lines; at++) {
      for (let start = 0; start < count; start++) {
        if (!differ(at, start)) continue;
        let end = start;
        while (end < count && differ(at, end)) end++;
        draw(at, start, end);
        start = end;
      }
    }
  };
  const line = (x, y, toX, toY) => {
    path.moveTo(x * scale, y * scale);
    path.lineTo(toX * scale, toY * scale);
  };
  const key = (row, col) => keys[row * width + col];
  run(height, width, (row, from, to) => line(from, row, to, row), (row, col) => key(row, col) !== key(row - 1, col));
  run(width, height, (col, from, to) => line(col, from, col, to), (col, row) => key(row, col) !== key(row, col - 1));
  return path;
}

/** Paint the image, tinted where the layer has labels; the picture is as large as the canvas. */
function paintLayer(frame, places, segments, layer, photo, tint, width, scale) {
  const screen = new Uint32Array(frame.data.buffer);
  const pack = (red, green, blue) => (255 << 24) | (blue << 16) | (green << 8) | red;
  const colors = segments.map((segment) => (layer ? segment.colors[layer] : [32, 32, 32]));
  const bare = segments.map((segment) => !layer || (layer === "instance" && !segment.instance));
  for (let i = 0; i < places.length; i++) {
    const place = places[i];
    const [red, green, blue] = colors[place];
    let fill = pack(red, green, blue);
    if (photo) {
      const share = bare[place] ? 0 : tint;
      const mix = (k, channel) => Math.round(photo[4 * i + k] + (channel - photo[4 * i + k]) * share);
      fill = pack(mix(0, red), mix(1, green), mix(2, blue));
    }
    const isVoid = layer && segments[place].category === VOID;
    const [top, left] = [Math.floor(i / width) * scale, (i % width) * scale];
    for (let row = top; row < top + scale; row++) {
      const start = row * width * scale;
      for (let col = left; col < left + scale; col++) {
        screen[start + col] = isVoid && striped(row, col, true) ? pack(120, 120, 120) : fill;
      }
    }
  }
}
