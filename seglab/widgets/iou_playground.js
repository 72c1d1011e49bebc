// IoU playground: what is on the page and what it does.

const MEASURES = [
  ["iou", "IoU"],
  ["dice", "Dice"],
  ["pixel_accuracy", "Pixel accuracy"],
  ["boundary_iou", "Boundary IoU"],
];
const KINDS = [
  ["tp", "in both (TP)"],
  ["fp", "prediction only (FP)"],
  ["fn", "truth only (FN)"],
];

function render({ model, el }) {
  const { root, say, stop } = mount(el, "IoU playground");
  const [height, width] = [model.get("height"), model.get("width")];
  const [distance, colors] = [model.get("distance"), model.get("colors")];
  const scale = Math.max(1, Math.floor(Math.min(640 / width, 480 / height)));
  const step = Math.max(1, Math.round(width / 80));
  const save = saver(model);
  let objects = {};
  let masks = {};
  let numbers = {};
  let photo = null;
  let [selected, tool, brush] = ["pred", "move", Math.max(2, Math.round(width / 40))];
  let cursor = [Math.round(height / 2), Math.round(width / 2)];
  let drag = null;
  let sending = false;

  // --- what is on the page
  const who = choice("Edit", [["pred", "Prediction"], ["true", "Truth"]], selected, (key) => {
    selected = key;
    ask();
  });
  const how = choice("by", [["move", "Move"], ["paint", "Paint"], ["erase", "Erase"]], tool, (key) => {
    tool = key;
    size.hidden = tool === "move";
    ask();
  });
  const largest = Math.max(8, Math.round(width / 10));
  const size = slider("Brush", { min: 1, max: largest, value: brush, unit: " px" }, (px) => {
    brush = px;
    ask();
  });
  size.hidden = true;
  const hintId = `seglab-${Math.random().toString(36).slice(2)}`;
  const canvas = element("canvas", {
    width: width * scale,
    height: height * scale,
    tabindex: 0,
    role: "application",
    "aria-label": "True mask with a solid outline, predicted mask with a dashed outline",
    "aria-describedby": hintId,
  });
  const hint = element("p", { class: "seglab-hint", id: hintId });
  hint.textContent =
    "Drag a mask, or its corners. Keys: arrows move, Shift + arrows resize, with Ctrl by one pixel; " +
    "when painting, arrows move the brush and Space uses it.";
  const counts = {};
  const legend = element("div", { class: "seglab-legend" });
  for (const [kind, name] of KINDS) {
    counts[kind] = element("b", { "data-number": kind });
    const sample = swatch(colors[kind], colors[`${kind}_stripes`], kind === "fp");
    legend.append(element("span", {}, sample, `${name} `, counts[kind]));
  }
  const board = readout("Measures of overlap", MEASURES);
  const form = guessForm(() => numbers.iou, (text) => show(text));
  const guessFirst = toggle("Guess first", model.get("guess_first"), (pressed) => {
    model.set("guess_first", pressed);
    save();
    form.start(pressed);
  });
  const newPair = button("New pair", () => replace(randomPair(height, width)));
  newPair.hidden = [model.get("true_shape"), model.get("pred_shape")].some((shape) => shape.kind === "mask");
  const reset = button("Reset", () => replace(structuredClone(first)));
  root.append(
    element("div", { class: "seglab-bar" }, who, how, size),
    canvas,
    legend,
    board,
    form,
    element("div", { class: "seglab-bar" }, newPair, reset, guessFirst),
    hint,
  );
  const context = canvas.getContext("2d");
  const frame = context.createImageData(width * scale, height * scale);

  // --- state
  function read() {
    for (const key of ["true", "pred"]) {
      const shape = model.get(`${key}_shape`);
      objects[key] = { shape: { ...shape, data: bytesOf(shape.data) }, box: [...model.get(`${key}_box`)] };
    }
  }
  function place(key) {
    masks[key] = rasterize(objects[key].shape, objects[key].box, height, width);
  }
  function replace(pair) {
    objects = pair;
    place("true");
    place("pred");
    changed();
    send(true);
    form.start(guessFirst.pressed());
  }
  /** Count, show the numbers and send them; the picture follows in the next frame. */
  function changed() {
    numbers = scores(masks.true, masks.pred, height, width, distance);
    show();
    ask();
    send(false);
  }
  function send(withShapes) {
    sending = true;
    for (const key of ["true", "pred"]) {
      const { shape, box } = objects[key];
      if (withShapes) {
        const bytes = shape.kind === "mask" && { data: new DataView(shape.data.slice().buffer) };
        model.set(`${key}_shape`, bytes ? { ...shape, ...bytes } : { kind: shape.kind });
      }
      model.set(`${key}_box`, [...box]);
    }
    model.set("numbers", numbers);
    sending = false;
    save();
  }

  // --- numbers
  function show(first = "") {
    const hidden = form.pending();
    for (const [key] of MEASURES) board.show(key, hidden ? "?" : digits(numbers[key]));
    for (const [key] of KINDS) counts[key].textContent = hidden ? "?" : numbers[key].toLocaleString("en-US");
    const [row, col, rows, cols] = objects[selected].box;
    const measures = MEASURES.map(([key, name]) => `${name} ${digits(numbers[key])}. `).join("");
    const spoken = hidden ? "The numbers are hidden until you guess. " : measures;
    say(`${first}${spoken}${NAMES[selected]} at row ${row}, column ${col}, ${rows} by ${cols} pixels.`);
  }

  // --- picture
  const ask = onFrame(() => {
    // Lines, handles and names keep their size on the screen where the canvas is shown smaller than it is.
    const zoom = canvas.width / (canvas.getBoundingClientRect().width || canvas.width);
    paintKinds(frame, masks, photo, colors, width, scale);
    context.putImageData(frame, 0, 0);
    drawContours(context, masks, height, width, scale, zoom);
    if (tool === "move") drawHandles(context, objects, selected, scale, zoom);
    else drawBrush(context, cursor, brush, scale, zoom);
    drawNames(context, objects, scale, zoom);
  });

  // --- pointer and keys
  function moveTo(key, row, col) {
    const box = objects[key].box;
    box[0] = clamp(Math.round(row), 0, height - box[2]);
    box[1] = clamp(Math.round(col), 0, width - box[3]);
    place(key);
    changed();
  }
  function resizeTo(key, corner, x, y) {
    objects[key].box = resized(objects[key].box, corner, x, y, height, width);
    place(key);
    changed();
  }
  /** Paint or erase along the way of the brush from a point to where it is now. */
  function useBrush(from) {
    const [down, across] = [cursor[0] - from[0], cursor[1] - from[1]];
    const parts = Math.max(1, Math.ceil((2 * Math.hypot(down, across)) / brush));
    for (let part = 0; part <= parts; part++) {
      const [row, col] = [from[0] + (down * part) / parts, from[1] + (across * part) / parts];
      dab(masks[selected], height, width, row, col, brush, tool === "paint" ? 1 : 0);
    }
    numbers = scores(masks.true, masks.pred, height, width, distance);
    show();
    ask();
  }
  /** What was painted becomes the shape that can be moved. */
  function endPainting() {
    objects[selected] = cropped(masks[selected], height, width);
    send(true);
  }

  /** How far from a corner a pointer still takes it, in pixels of the image: fingers are wide. */
  function reach(event) {
    return ((event.pointerType === "touch" ? 26 : 12) * width) / canvas.getBoundingClientRect().width;
  }
  canvas.addEventListener("pointerdown", (event) => {
    const [x, y] = pointOn(canvas, event, width, height);
    canvas.setPointerCapture(event.pointerId);
    if (tool === "move") {
      drag = grabbed(objects, selected, x, y, reach(event));
      if (drag && drag.key !== selected) who.choose((selected = drag.key));
      ask();
    } else {
      drag = { key: selected };
      cursor = [y - 0.5, x - 0.5]; // pixel (r, c) has its center at (r + 0.5, c + 0.5)
      useBrush(cursor);
    }
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = pointOn(canvas, event, width, height);
    if (tool !== "move") {
      const from = cursor;
      cursor = [y - 0.5, x - 0.5];
      canvas.style.cursor = "crosshair";
      if (drag) useBrush(from);
      else ask();
    } else if (!drag) {
      const over = grabbed(objects, selected, x, y, reach(event));
      const corner = ["nwse-resize", "nesw-resize", "nesw-resize", "nwse-resize"][over?.corner];
      canvas.style.cursor = corner ?? (over ? "move" : "default");
    } else if (drag.corner !== undefined) resizeTo(drag.key, drag.corner, x, y);
    else moveTo(drag.key, y - drag.dy, x - drag.dx);
  });
  const end = () => {
    if (drag && tool !== "move") endPainting();
    drag = null;
    ask();
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("keydown", (event) => {
    const way = arrow(event);
    const far = event.ctrlKey ? 1 : step;
    const [row, col, rows, cols] = objects[selected].box;
    if (way && tool !== "move") {
      cursor = [clamp(cursor[0] + way[0] * far, 0, height - 1), clamp(cursor[1] + way[1] * far, 0, width - 1)];
      ask();
    } else if (way && rows) {
      if (event.shiftKey) resizeTo(selected, 3, col + cols + way[1] * far, row + rows + way[0] * far);
      else moveTo(selected, row + way[0] * far, col + way[1] * far);
    } else if (event.key === " " && tool !== "move") {
      event.preventDefault();
      useBrush(cursor);
      endPainting();
    }
  });

  read();
  const first = structuredClone(objects);
  place("true");
  place("pred");
  numbers = scores(masks.true, masks.pred, height, width, distance);
  form.start(guessFirst.pressed());
  changed();
  pixelsOf(model.get("picture"), width, height).then((pixels) => {
    photo = pixels;
    ask();
  });
  const traits = ["true_shape", "true_box", "pred_shape", "pred_box"];
  const deaf = listen(model, traits, () => {
    if (sending || drag) return;
    read();
    place("true");
    place("pred");
    changed();
  });
  const deafToGuess = listen(model, ["guess_first"], () => {
    if (model.get("guess_first") === guessFirst.pressed()) return;
    guessFirst.press(model.get("guess_first"));
    form.start(guessFirst.pressed());
  });
  return () => {
    deaf();
    deafToGuess();
    ask.stop();
    save.stop();
    stop();
  };
}

export default { render };
