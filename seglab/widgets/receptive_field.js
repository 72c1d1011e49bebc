// Receptive-field explorer: which input cells one unit reads through a stack of convolutions with padding "same".

const LIMITS = { kernel: [1, 15], strides: [1, 8], dilation: [1, 64] };
const MOST_LAYERS = 24;
const LARGEST_IMAGE = 512;
const VGG = [2, 2, 3, 3, 3].flatMap((count) => [...new Array(count).fill([3, 1, 1]), [2, 2, 1]]);

/** Stacks that show one thing each. */
const EXAMPLES = {
  "Three 3 × 3 layers": { layers: [[3, 1, 1], [3, 1, 1], [3, 1, 1]], image_size: 32 },
  "Dilation 1, 2, 4": { layers: [[3, 1, 1], [3, 1, 2], [3, 1, 4]], image_size: 32 },
  "Gridding: dilation 2, 2, 2": { layers: [[3, 1, 2], [3, 1, 2], [3, 1, 2]], image_size: 32 },
  "Strides 2, 2, 2": { layers: [[3, 2, 1], [3, 2, 1], [3, 2, 1]], image_size: 32 },
  "Pooling and convolutions": { layers: [[3, 1, 1], [3, 1, 1], [2, 2, 1], [3, 1, 1], [3, 1, 1]], image_size: 32 },
  "Rate 6 on a map of 65": { layers: [[3, 1, 6]], image_size: 65 },
  "Rate 6 on a map of 8": { layers: [[3, 1, 6]], image_size: 8 },
  "VGG-16 to its last pooling": { layers: VGG, image_size: 224 },
};

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
    return { kernel, strides, dilation, effective, before, input, output, weights: kernel * kernel, size, stride, start };
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
    const [low, high] = [clamp(first, 0, n), clamp(first + size, 0, n)];
    const read = pathCounts(fields, index)[0].filter(Boolean).length;
    return { first, low, inside: high - low, read };
  });
  const product = (key) => axes[0][key] * axes[1][key];
  return { axes, size, inside: product("inside"), read: product("read") };
}

/** The receptive field in words. */
function summary(fields, n, unit) {
  const { axes, size, inside, read } = seen(fields, n, unit);
  const plain = 1 + fields.reduce((sum, { kernel }, at) => sum + (kernel - 1) * (fields[at - 1]?.stride ?? 1), 0);
  const weights = fields.reduce((sum, layer) => sum + layer.weights, 0);
  const share = Number(((100 * inside) / n ** 2).toPrecision(2));
  const [many, some, holes] = [inside, read, inside - read].map((count) => count.toLocaleString("en"));
  const padding = axes.some((axis) => axis.inside < size) ? ", part of them padding" : "";
  const texts = [
    `Unit (${unit.join(", ")}) sees ${size} × ${size} cells${padding}: ${share} % of the image.`,
    `It reads ${some} of the ${many} in the image${inside > read ? `; ${holes} are holes` : ""}.`,
  ];
  if (plain < size) texts.push(`Without dilation the same ${weights} weights would see ${plain} × ${plain}.`);
  return texts.join(" ");
}

/** What to beware of in this stack. */
function warnings(fields) {
  const texts = [];
  fields.forEach(({ kernel, strides, dilation, input, weights }, at) => {
    if (strides > 1 && dilation > 1) texts.push(`Layer ${at + 1}: Keras refuses strides and dilation above 1 together.`);
    const taps = meanValidTaps(input, kernel, dilation);
    if (taps < weights / 2) {
      texts.push(`Layer ${at + 1}: on a map of ${input} only ${taps.toFixed(2)} of ${weights} taps lie inside on average.`);
    }
  });
  return texts.join(" ");
}

const TRAITS = ["layers", "image_size", "unit"];
const CONTROLS = ["kernel", "strides", "dilation"];
const HEADINGS = ["layer", "kernel", "stride", "dilation", "effective", "field", "step", "map", "weights", "taps inside", ""];
const NOTES =
  "effective: cells that the dilated kernel spans. field, step: after this layer, in image cells. weights: of a " +
  "convolution, per pair of channels; pooling has none. taps inside: mean number of taps that do not read padding.";
// Sizes of the drawings in canvas units; the canvases have twice as many pixels.
const PLAN = 340;
const SIDE = 200;
const LABELS = 62;
const OVERVIEW = 180;

/** Table of the layers, with fields to edit them; `change(layers)` hears of every edit, `node.show(fields)` writes. */
function layerTable(change) {
  const body = element("tbody");
  const head = element("tr", {}, ...HEADINGS.map((text) => element("th", { scope: "col" }, text)));
  const node = element("div", { class: "seglab-scroll", tabindex: 0, role: "region", "aria-label": "Layers" });
  node.append(element("table", {}, element("thead", {}, head), body));
  let layers = [];
  const edit = (at, control, value) => {
    const [low, high] = LIMITS[CONTROLS[control]];
    if (!Number.isInteger(value) || value < low || value > high) return;
    change(layers.map((layer, index) => (index === at ? layer.with(control, value) : layer)));
  };
  const row = (at) => {
    const inputs = CONTROLS.map((name, control) => {
      const [min, max] = LIMITS[name];
      const input = element("input", { type: "number", min, max, "aria-label": `Layer ${at + 1}, ${HEADINGS[control + 1]}` });
      input.addEventListener("input", () => edit(at, control, input.valueAsNumber));
      input.addEventListener("change", () => (input.value = layers[at][control]));
      return input;
    });
    const remove = button("×", () => {
      change(layers.filter((_, index) => index !== at));
      body.rows[Math.max(0, at - 1)].querySelector("input").focus();
    });
    remove.setAttribute("aria-label", `Remove layer ${at + 1}`);
    const cells = [...inputs, ...new Array(6).fill(""), remove];
    return element("tr", {}, element("th", { scope: "row" }, `${at + 1}`), ...cells.map((cell) => element("td", {}, cell)));
  };
  node.show = (fields) => {
    layers = fields.map(({ kernel, strides, dilation }) => [kernel, strides, dilation]);
    while (body.rows.length > fields.length) body.lastChild.remove();
    while (body.rows.length < fields.length) body.append(row(body.rows.length));
    fields.forEach((field, at) => {
      const { input, output, kernel, dilation } = field;
      const taps = `${Number(meanValidTaps(input, kernel, dilation).toFixed(2))} of ${field.weights}`;
      const texts = [field.effective, field.size, field.stride, output, field.weights, taps].map(String);
      const cells = [...body.rows[at].cells].slice(1);
      layers[at].forEach((value, control) => {
        const one = cells[control].firstChild;
        if (document.activeElement !== one || one.valueAsNumber !== value) one.value = value;
      });
      texts.forEach((text, index) => (cells[index + CONTROLS.length].textContent = text));
      cells.at(-1).firstChild.disabled = fields.length === 1;
    });
  };
  return node;
}

/** A drawing context of `width` x `height` units on a cleared canvas. */
function contextOf(canvas, width, height) {
  canvas.width = 2 * width;
  canvas.height = 2 * height;
  const context = canvas.getContext("2d");
  context.scale(2, 2);
  return context;
}

/** Diagonal lines over a rectangle: what is not part of the image. */
function hatch(context, x, y, width, height, color) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.beginPath();
  for (let at = x - height; at < x + width; at += 9) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.strokeStyle = color;
  context.globalAlpha = 0.6;
  context.lineWidth = 1;
  context.stroke();
  context.restore();
}

/** Which part of an axis the side view and the plan show: first cell and cells per axis. */
function viewOf({ first }, size, n) {
  const length = Math.max(9, Math.min(1.12 * size + 2, 2.5 * n));
  const center = size > 2.3 * n ? n / 2 : first + size / 2;
  return { low: center - length / 2, scale: PLAN / length };
}

/** The layers from the side, along one axis: the unit above, the image below, a line for each tap. */
function drawSide(context, fields, levels, { low, scale }, colors) {
  const heights = levels.map((_, level) => SIDE - 16 - ((SIDE - 32) * level) / fields.length);
  const offsets = [0.5];
  fields.forEach(({ effective, before, stride, strides }, at) => {
    offsets.push(offsets[at] + (((effective - 1) / 2 - before) * stride) / strides);
  });
  const spacing = levels.map((_, level) => (level ? fields[level - 1].stride : 1));
  const place = (level, index) => (offsets[level] + index * spacing[level] - low) * scale;

  const [taps, padding] = [new Path2D(), new Path2D()];
  fields.forEach(({ kernel, strides, dilation, before, input }, at) =>
    levels[at + 1].forEach((paths, index) => {
      for (let tap = 0; paths && tap < kernel; tap++) {
        const source = index * strides - before + tap * dilation;
        const path = source >= 0 && source < input ? taps : padding;
        path.moveTo(place(at + 1, index), heights[at + 1]);
        path.lineTo(place(at, source), heights[at]);
      }
    }),
  );
  context.lineWidth = scale > 8 ? 1.6 : 0.7;
  context.strokeStyle = colors.soft;
  context.setLineDash([3, 3]);
  context.stroke(padding);
  context.setLineDash([]);
  context.strokeStyle = colors.copy;
  context.stroke(taps);

  context.font = "13px system-ui, sans-serif";
  context.textBaseline = "middle";
  levels.forEach((counts, level) => {
    const room = spacing[level] * scale;
    counts.forEach((paths, index) => {
      const x = place(level, index);
      if ((!paths && room < 5) || x < 0 || x > PLAN) return;
      const widest = Math.min(level === fields.length ? 7 : 5, (0.45 * SIDE) / fields.length);
      const radius = paths ? clamp(room * 0.38, 1, widest) : 1.5;
      context.beginPath();
      context.arc(x, heights[level], radius, 0, 7);
      context.fillStyle = paths ? (level === fields.length ? colors.frame : colors.copy) : colors.line;
      context.fill();
    });
    if (fields.length > 12 && level % fields.length) return;
    context.fillStyle = colors.soft;
    context.fillText(level ? `layer ${level}` : "image", PLAN + 10, heights[level]);
  });
}

/** The cells of the image around the field, the darker the more paths lead to the unit. */
function drawPlan(context, n, counts, sight, view, colors) {
  const [rows, cols] = view;
  const { scale } = cols;
  const [top, left] = [-rows.low * scale, -cols.low * scale];
  hatch(context, 0, 0, PLAN, PLAN, colors.line);
  context.fillStyle = colors.paper;
  context.fillRect(left, top, n * scale, n * scale);

  const [red, green, blue] = colors.copy.match(/\w\w/g).map((pair) => parseInt(pair, 16));
  const picture = new ImageData(n, n);
  const largest = Math.max(...counts[0]) * Math.max(...counts[1]);
  counts[0].forEach((down, row) => {
    if (!down) return;
    counts[1].forEach((across, col) => {
      if (across) picture.data.set([red, green, blue, 70 + 185 * Math.sqrt((down * across) / largest)], 4 * (row * n + col));
    });
  });
  const cells = new OffscreenCanvas(n, n);
  cells.getContext("2d").putImageData(picture, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(cells, left, top, n * scale, n * scale);

  if (scale >= 5) {
    context.beginPath();
    for (let line = 0; line <= n; line++) {
      context.moveTo(left + line * scale, top);
      context.lineTo(left + line * scale, top + n * scale);
      context.moveTo(left, top + line * scale);
      context.lineTo(left + n * scale, top + line * scale);
    }
    context.lineWidth = 1;
    context.globalAlpha = 0.5;
    context.strokeStyle = colors.line;
    context.stroke();
    context.globalAlpha = 1;
  }
  context.lineWidth = 2;
  context.strokeStyle = colors.ink;
  context.strokeRect(left, top, n * scale, n * scale);
  const [row, col] = sight.axes.map(({ first }) => first);
  context.lineWidth = 3.5;
  context.strokeStyle = colors.frame;
  context.strokeRect((col - cols.low) * scale, (row - rows.low) * scale, sight.size * scale, sight.size * scale);
}

/** How the overview maps cells to its canvas: every unit's field fits, with a margin. */
function overviewScale(fields, n) {
  const { size, stride, start, output } = fields.at(-1);
  const [low, high] = [Math.min(0, start), Math.max(n, start + (output - 1) * stride + size)];
  const margin = 0.03 * (high - low);
  return { low: low - margin, scale: OVERVIEW / (high - low + 2 * margin) };
}

/** The field in the whole image. */
function drawOverview(canvas, fields, n, sight, colors) {
  const context = contextOf(canvas, OVERVIEW, OVERVIEW);
  const { low, scale } = overviewScale(fields, n);
  hatch(context, 0, 0, OVERVIEW, OVERVIEW, colors.line);
  context.fillStyle = colors.paper;
  context.strokeStyle = colors.ink;
  context.lineWidth = 2;
  for (const paint of ["fillRect", "strokeRect"]) context[paint](-low * scale, -low * scale, n * scale, n * scale);
  const [row, col] = sight.axes.map(({ first }) => (first - low) * scale);
  context.fillStyle = colors.frame;
  context.globalAlpha = 0.3;
  context.fillRect(col, row, sight.size * scale, sight.size * scale);
  context.globalAlpha = 1;
  context.lineWidth = 3;
  context.strokeStyle = colors.frame;
  context.strokeRect(col, row, sight.size * scale, sight.size * scale);
}

function render({ model, el }) {
  const { root, say, stop } = mount(el, "Receptive field explorer");
  root.classList.add("seglab-receptive");
  const save = saver(model);
  const ask = onFrame(draw);

  function set(changes) {
    for (const [trait, value] of Object.entries(changes)) model.set(trait, value);
    save();
    ask();
  }
  function fieldsNow() {
    return receptiveFields(model.get("layers"), model.get("image_size"));
  }
  /** Change stack or image; the unit moves to the middle of the new map. */
  function rebuild({ layers = model.get("layers"), image_size: size = model.get("image_size") }) {
    const middle = Math.floor((receptiveFields(layers, size).at(-1).output - 1) / 2);
    set({ layers, image_size: size, unit: [middle, middle] });
  }
  function moveUnit(row, col) {
    const last = fieldsNow().at(-1).output - 1;
    set({ unit: [clamp(row, 0, last), clamp(col, 0, last)] });
  }

  const example = element("select", { onchange: () => example.value && rebuild(EXAMPLES[example.value]) });
  example.append(...["", ...Object.keys(EXAMPLES)].map((name) => element("option", { value: name }, name || "your own")));
  const image = slider("Image size", { min: 4, max: LARGEST_IMAGE }, (size) => rebuild({ image_size: size }));
  const unitRow = slider("Unit row", { min: 0, max: 1 }, (row) => moveUnit(row, model.get("unit")[1]));
  const unitCol = slider("Unit column", { min: 0, max: 1 }, (col) => moveUnit(model.get("unit")[0], col));
  const numbers = readout("Receptive field of one unit", [
    ["size", "field"],
    ["stride", "step"],
    ["read", "cells read"],
    ["weights", "weights"],
  ]);
  const table = layerTable((layers) => rebuild({ layers }));
  const add = button("Add layer", () => rebuild({ layers: [...model.get("layers"), model.get("layers").at(-1)] }));
  const sentence = element("p", { class: "seglab-sentence" });
  const warning = element("p", { class: "seglab-warning" });
  const views = element("canvas", { role: "img" });
  const overview = element("canvas", { tabindex: 0, role: "application" });

  overview.addEventListener("keydown", (event) => {
    const way = arrow(event);
    if (way) moveUnit(model.get("unit")[0] + way[0], model.get("unit")[1] + way[1]);
  });
  const follow = (event) => {
    const fields = fieldsNow();
    const { size, stride, start } = fields.at(-1);
    const { low, scale } = overviewScale(fields, model.get("image_size"));
    const [x, y] = pointOn(overview, event, OVERVIEW, OVERVIEW);
    moveUnit(...[y, x].map((at) => Math.round((at / scale + low - size / 2 - start) / stride)));
  };
  overview.addEventListener("pointerdown", (event) => {
    overview.setPointerCapture(event.pointerId);
    follow(event);
  });
  overview.addEventListener("pointermove", (event) => overview.hasPointerCapture(event.pointerId) && follow(event));

  function drawPictures({ fields, n, sight, levels, colors }) {
    const view = sight.axes.map((axis) => viewOf(axis, sight.size, n));
    const context = contextOf(views, PLAN + LABELS, SIDE + PLAN);
    drawSide(context, fields, levels[1], view[1], colors);
    context.beginPath();
    context.rect(0, SIDE, PLAN, PLAN);
    context.clip();
    context.translate(0, SIDE);
    drawPlan(context, n, levels.map(([counts]) => counts), sight, view, colors);
    drawOverview(overview, fields, n, sight, colors);
  }
  function draw() {
    const [layers, n] = [model.get("layers"), model.get("image_size")];
    const fields = receptiveFields(layers, n);
    const { size, stride, output } = fields.at(-1);
    const unit = model.get("unit").map((index) => clamp(index, 0, output - 1));
    const sight = seen(fields, n, unit);
    const levels = unit.map((index) => pathCounts(fields, index));

    const state = JSON.stringify([layers, n]);
    const chosen = Object.entries(EXAMPLES).find(([, one]) => JSON.stringify([one.layers, one.image_size]) === state);
    example.value = chosen?.[0] ?? "";
    image.set(n);
    [unitRow, unitCol].forEach((one, axis) => {
      one.querySelector("input").max = output - 1;
      one.set(unit[axis]);
    });
    add.disabled = layers.length >= MOST_LAYERS;
    table.show(fields);
    numbers.show("size", `${size} × ${size}`);
    numbers.show("stride", String(stride));
    numbers.show("read", `${sight.read} of ${sight.inside}`);
    numbers.show("weights", String(fields.reduce((sum, { weights }) => sum + weights, 0)));
    sentence.textContent = summary(fields, n, unit);
    warning.textContent = warnings(fields);
    views.setAttribute("aria-label", `The layers from the side, and the cells read. ${sentence.textContent}`);
    overview.setAttribute("aria-label", `Image of ${n} × ${n} cells with the field of one unit; arrow keys move it`);

    const style = getComputedStyle(root);
    const names = ["ink", "soft", "paper", "line", "copy", "frame"];
    const colors = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    if (colors.copy) drawPictures({ fields, n, sight, levels, colors }); // a notebook attaches the demo later
    say(`${sentence.textContent} ${warning.textContent}`);
  }

  const box = (kind, ...children) => element("div", { class: kind }, ...children);
  const picture = (caption, content) =>
    element("figure", { class: "seglab-part" }, content, element("figcaption", {}, caption));
  const hint = element("p", { class: "seglab-hint" }, NOTES);
  const choose = element("label", { class: "seglab-slider" }, element("span", {}, "Example"), example);
  const legend = "Above: the layers from the side. Below: the cells read, stronger where more paths lead; hatched: padding.";
  root.append(
    box("seglab-bar", choose, image, unitRow, unitCol),
    sentence,
    box(
      "seglab-stage",
      picture(legend, views),
      box("seglab-tools", numbers, table, hint, add, warning, picture("Whole image: drag the field or use the arrow keys.", overview)),
    ),
  );
  const theme = new MutationObserver(ask);
  theme.observe(root, { attributes: true, attributeFilter: ["data-theme"] });
  const attached = new ResizeObserver(ask);
  attached.observe(root);
  const unlisten = listen(model, TRAITS, ask);
  draw();
  return () => {
    theme.disconnect();
    attached.disconnect();
    ask.stop();
    save.stop();
    unlisten();
    stop();
  };
}

export default { render };
