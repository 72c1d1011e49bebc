// Stride explorer: what is on the page and what it does.

const STRIDES = [32, 16, 8, 4, 2];
const MEASURES = [
  ["iou", "IoU"],
  ["boundary_iou", "Boundary IoU"],
  ["cells", "Cells"],
  ["wrong", "Wrong pixels"],
];
const KINDS = [
  ["tp", "right (TP)"],
  ["fp", "too much (FP)"],
  ["fn", "lost (FN)"],
];
const NOWHERE = { box: [0, 0, 0, 0] };

function render({ model, el }) {
  const { root, say, stop } = mount(el, "Stride explorer");
  root.classList.add("seglab-strides");
  const [height, width] = [model.get("height"), model.get("width")];
  const [distance, colors] = [model.get("distance"), model.get("colors")];
  const scale = Math.max(1, Math.floor(Math.min(600 / width, 480 / height)));
  const save = saver(model);
  const shapes = {};
  for (const [name, shape] of Object.entries(model.get("shapes"))) {
    shapes[name] = { ...shape, data: bytesOf(shape.data) };
  }
  let object = null; // { shape, box }
  let [truth, shares, prediction] = [null, null, null];
  let table = [];
  let sending = false;

  // --- what is on the page
  const which = choice("Shape", Object.keys(shapes).map((name) => [name, capital(name)]), model.get("shape"), (name) => {
    const [tall, wide] = shapes[name].size;
    object = { shape: shapes[name], box: boxLike(object.box, wide / tall, height, width) };
    put("shape", name);
    changed();
  });
  const stride = choice("Stride", STRIDES.map((one) => [one, String(one)]), model.get("stride"), (one) => setStride(one));
  const hintId = `seglab-${Math.random().toString(36).slice(2)}`;
  const size = { width: width * scale, height: height * scale };
  const grid = element("canvas", {
    ...size,
    tabindex: 0,
    role: "application",
    "aria-label": "The shape over the grid of perfect scores",
    "aria-describedby": hintId,
  });
  const result = element("canvas", { ...size, role: "img", "aria-label": "What comes back, pixel by pixel" });
  const gridCaption = element("figcaption");
  const resultCaption = element("figcaption", {}, "What comes back: enlarged bilinearly, then above one half");
  const legend = element("div", { class: "seglab-legend" });
  const counts = {};
  for (const [kind, name] of KINDS) {
    counts[kind] = element("b", { "data-number": kind });
    legend.append(
      element("span", {}, swatch(colors[kind], colors[`${kind}_stripes`], kind === "fp"), `${name} `, counts[kind]),
    );
  }
  const board = readout("Measures at this stride", MEASURES);
  const strides = strideTableNode((one) => {
    stride.choose(one);
    setStride(one);
  });
  const hint = element("p", { class: "seglab-hint", id: hintId });
  hint.textContent =
    "Drag the shape, or its corners. Keys: arrows move it by one pixel, Shift + arrows resize it, numbers 1 to 5 choose " +
    "the stride.";
  root.append(
    element("div", { class: "seglab-bar" }, stride, which),
    element(
      "div",
      { class: "seglab-stage" },
      element("figure", { class: "seglab-part" }, gridCaption, grid),
      element("figure", { class: "seglab-part" }, resultCaption, result),
    ),
    legend,
    element("div", { class: "seglab-stage" }, board, strides),
    hint,
  );
  const [context, resultContext] = [grid.getContext("2d"), result.getContext("2d")];
  const frame = resultContext.createImageData(width * scale, height * scale);

  // --- state
  function read() {
    object = { shape: shapes[model.get("shape")], box: [...model.get("box")] };
  }
  /** Set a trait without hearing of it. */
  function put(trait, value) {
    sending = true;
    model.set(trait, value);
    sending = false;
  }
  function setStride(one) {
    put("stride", one);
    changed();
  }
  /** Count, show the numbers and send them; the picture follows in the next frame. */
  function changed() {
    const now = model.get("stride");
    truth = rasterize(object.shape, object.box, height, width);
    shares = cellShares(truth, height, width, now);
    prediction = throughStride(truth, height, width, now);
    table = strideTable(truth, height, width, distance, STRIDES);
    const numbers = Object.fromEntries(table)[now];
    put("box", [...object.box]);
    put("numbers", numbers);
    save();
    show(now, numbers);
    ask();
  }

  // --- numbers
  function show(now, numbers) {
    board.show("iou", digits(numbers.iou));
    board.show("boundary_iou", digits(numbers.boundary_iou));
    board.show("cells", `${height / now} × ${width / now}`);
    board.show("wrong", numbers.wrong.toLocaleString("en-US"));
    for (const [kind] of KINDS) counts[kind].textContent = numbers[kind].toLocaleString("en-US");
    gridCaption.textContent = `Perfect scores, one per ${now} × ${now} pixels: the share of the shape`;
    strides.show(table, now);
    const [row, col, rows, cols] = object.box;
    say(
      `Stride ${now}, ${height / now} by ${width / now} cells. IoU ${digits(numbers.iou)}. ` +
        `Boundary IoU ${digits(numbers.boundary_iou)}. ${numbers.wrong} pixels wrong. ` +
        `${capital(model.get("shape"))} at row ${row}, column ${col}, ${rows} by ${cols} pixels.`,
    );
  }

  // --- picture
  const ask = onFrame(() => {
    const zoom = grid.width / (grid.getBoundingClientRect().width || grid.width);
    drawCells(context, shares, height, width, model.get("stride"), scale, zoom);
    const path = contour(truth, height, width, scale);
    stroke(context, path, "#ffffff", 4.5 * zoom, []);
    stroke(context, path, "#c04a00", 2.5 * zoom, []);
    drawShares(context, shares, width, model.get("stride"), scale, zoom);
    drawHandles(context, { true: object, pred: NOWHERE }, "true", scale, zoom);
    paintKinds(frame, { true: truth, pred: prediction }, null, colors, width, scale);
    resultContext.putImageData(frame, 0, 0);
    stroke(resultContext, path, "#ffffff", 4.5 * zoom, []);
    stroke(resultContext, path, "#c04a00", 2.5 * zoom, []);
  });

  // --- pointer and keys
  function moveTo(row, col) {
    const box = object.box;
    box[0] = clamp(Math.round(row), 0, height - box[2]);
    box[1] = clamp(Math.round(col), 0, width - box[3]);
    changed();
  }
  function resizeTo(corner, x, y) {
    object.box = resized(object.box, corner, x, y, height, width);
    changed();
  }
  const dragging = dragBox(grid, height, width, () => object.box, moveTo, resizeTo);
  grid.addEventListener("keydown", (event) => {
    const way = arrow(event);
    const [row, col, rows, cols] = object.box;
    if (way && rows) {
      if (event.shiftKey) resizeTo(3, col + cols + way[1], row + rows + way[0]);
      else moveTo(row + way[0], col + way[1]);
    } else if (STRIDES[event.key - 1]) {
      stride.choose(STRIDES[event.key - 1]);
      setStride(STRIDES[event.key - 1]);
    }
  });

  read();
  changed();
  const deaf = listen(model, ["shape", "box", "stride"], () => {
    if (sending || dragging()) return;
    read();
    which.choose(model.get("shape"));
    stride.choose(model.get("stride"));
    changed();
  });
  return () => {
    deaf();
    ask.stop();
    save.stop();
    stop();
  };
}

export default { render };
