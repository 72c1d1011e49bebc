// Receptive-field explorer: which input cells one unit reads through a stack of convolutions.

const TRAITS = ["layers", "image_size", "unit"];
const MOST_LAYERS = 24;
const LARGEST_IMAGE = 512;
const VGG = [2, 2, 3, 3, 3].flatMap((count) => [...new Array(count).fill([3, 1, 1]), [2, 2, 1]]);
const NOTES =
  "effective: cells that the dilated kernel spans. field, step: after this layer, in image cells. weights: of a " +
  "convolution, per pair of channels; pooling has none. taps inside: mean number of taps that do not read padding.";

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
      const few = `${taps.toFixed(2)} of ${weights}`;
      texts.push(`Layer ${at + 1}: on a map of ${input} only ${few} taps lie inside on average.`);
    }
  });
  return texts.join(" ");
}

function render({ model, el }) {
  const { root, say, stop } = mount(el, "Receptive field explorer");
  root.classList.add("seglab-receptive");
  const save = saver(model);
  const ask = onFrame(draw);

  function set(changes) {
    for (const [trait, value] of Object.entries(changes)) model.set(trait, value);
    save();
    ask.now();
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
  const names = ["", ...Object.keys(EXAMPLES)];
  example.append(...names.map((name) => element("option", { value: name }, name || "your own")));
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
    const names = ["ink", "soft", "paper", "line", "blue", "mark"];
    const colors = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    if (colors.blue) drawPictures({ fields, n, sight, levels, colors }); // a notebook attaches the demo later
    say(`${sentence.textContent} ${warning.textContent}`);
  }

  const box = (kind, ...children) => element("div", { class: kind }, ...children);
  const picture = (caption, content) =>
    element("figure", { class: "seglab-part" }, content, element("figcaption", {}, caption));
  const hint = element("p", { class: "seglab-hint" }, NOTES);
  const choose = element("label", { class: "seglab-slider" }, element("span", {}, "Example"), example);
  const legend = "Above: the layers from the side. Below: cells read, stronger where more paths lead; hatched: padding.";
  const whole = picture("Whole image: drag the field or use the arrow keys.", overview);
  root.append(
    box("seglab-bar", choose, image, unitRow, unitCol),
    sentence,
    box(
      "seglab-stage",
      box("seglab-areas", picture(legend, views), numbers, box("seglab-layers", table, hint, add, warning), whole),
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
