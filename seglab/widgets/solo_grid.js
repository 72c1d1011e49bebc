// SOLO grid: what is on the page and what it does.

function render({ model, el }) {
  const { root, say, stop } = mount(el, "SOLO grid");
  root.classList.add("seglab-solo");
  const [height, width, limit, colors] = ["height", "width", "limit", "colors"].map((name) => model.get(name));
  const scale = Math.max(1, Math.round(Math.min(640 / width, 520 / height)));
  const shapes = model.get("shapes").map((shape) => ({ ...shape, data: bytesOf(shape.data) }));
  const start = model.get("boxes");
  const save = saver(model);
  let boxes = start.map((box) => [...box]);
  let [front, objects, fields, fate, numbers] = [];
  let drag = null;
  let sending = false;

  // --- what is on the page
  const cells = slider("S × S cells: S", { min: 2, max: 40, value: model.get("cells") }, (value) => {
    put("cells", value);
    changed();
  });
  const center = slider("Middle region", { min: 0, max: 0.6, step: 0.1, value: model.get("center") }, (value) => {
    put("center", value);
    changed();
  });
  const two = toggle("Two grids by size", model.get("two_grids"), (pressed) => {
    put("two_grids", pressed);
    changed();
  });
  const letters = shapes.map((_, number) => [number, letterOf(number)]);
  const which = choice("Object", letters, model.get("selected"), select);
  const hintId = `seglab-${Math.random().toString(36).slice(2)}`;
  const size = { width: width * scale, height: height * scale };
  const picture = element("canvas", {
    ...size,
    tabindex: 0,
    role: "application",
    "aria-label": "Objects over the grid",
    "aria-describedby": hintId,
  });
  const pictureCaption = element("figcaption");
  const parts = [0, 1].map((index) => {
    const canvas = element("canvas", { ...size, role: "img", "aria-label": `Cells of grid ${index + 1}, by owner` });
    const caption = element("figcaption");
    return { canvas, caption, node: element("figure", { class: "seglab-part" }, caption, canvas) };
  });
  const board = readout("The grid", [
    ["lost", "Objects without a cell"],
    ["contested", "Contested cells"],
    ["owned", "Cells that own an object"],
  ]);
  const legend = element("div", { class: "seglab-legend" });
  const entries = shapes.map((_, number) => {
    const text = element("b", { "data-number": `fate-${letterOf(number)}` });
    legend.append(element("span", {}, swatch(colors[number]), `${letterOf(number)} `, text));
    return text;
  });
  const hint = element("p", { class: "seglab-hint", id: hintId });
  hint.textContent =
    "Drag the objects. Keys on the picture: arrows move the chosen object by one pixel, Shift + up or down resizes it, " +
    "letters choose another one. A cell that several objects claim goes to the smallest: its letter comes first, the " +
    "stripes are the loser's.";
  root.append(
    element("div", { class: "seglab-bar" }, cells, center, two),
    element(
      "div",
      { class: "seglab-bar" },
      which,
      button("Smaller", () => resize(-2)),
      button("Larger", () => resize(2)),
      button("As at the start", () => {
        boxes = start.map((box) => [...box]);
        changed();
      }),
    ),
    element(
      "div",
      { class: "seglab-stage" },
      element("figure", { class: "seglab-part" }, pictureCaption, picture),
      ...parts.map((part) => part.node),
    ),
    board,
    legend,
    hint,
  );
  const [context, ...contexts] = [picture, ...parts.map((part) => part.canvas)].map((one) => one.getContext("2d"));

  // --- state
  /** Set a trait without hearing of it. */
  function put(trait, value) {
    sending = true;
    model.set(trait, value);
    sending = false;
  }
  function select(number) {
    which.choose(number);
    put("selected", number);
    changed();
  }
  /** Find the owners, show the numbers and send them; the pictures follow in the next frame. */
  function changed() {
    const masks = shapes.map((shape, number) => rasterize(shape, boxes[number], height, width));
    front = frontmost(masks, height * width);
    objects = measured(front, shapes.length, width);
    const grids = gridsOf(model.get("cells"), model.get("two_grids"), limit);
    fields = claimants(objects, grids, model.get("center"), height, width);
    fate = fates(objects, fields);
    numbers = gridNumbers(objects, fields);
    put("boxes", boxes.map((box) => [...box]));
    put("numbers", numbers);
    save();
    show();
    ask();
  }

  // --- numbers
  function show() {
    board.show("lost", `${numbers.lost} of ${numbers.objects}`);
    board.show("contested", String(numbers.contested));
    board.show("owned", String(numbers.owned));
    fate.forEach(({ claimed, owned }, number) => {
      const seen = `${owned} of ${claimed} cells${owned ? "" : " ✕"}`;
      entries[number].textContent = objects[number].area ? seen : "hidden";
    });
    const several = fields.length > 1;
    const shown = several ? Math.max(fate[model.get("selected")].grid, 0) : 0;
    const count = fields[shown].cells;
    const whose = several ? ` of ${letterOf(model.get("selected"))}` : "";
    pictureCaption.textContent = `Objects, and the ${count} × ${count} grid${whose}`;
    parts[1].node.hidden = !several;
    fields.forEach((field, index) => {
      const sizes = several ? `, ${index ? "√area from" : "√area below"} ${limit}` : "";
      parts[index].caption.textContent = `${field.cells} × ${field.cells} cells by owner${sizes}`;
    });
    const lost = letters.filter(([number]) => objects[number].area && !fate[number].owned).map(([, one]) => one);
    const chosen = model.get("selected");
    say(
      `S ${model.get("cells")}. ${numbers.lost} of ${numbers.objects} objects without a cell` +
        `${lost.length ? `: ${lost.join(", ")}` : ""}. ${numbers.contested} contested cells. ` +
        `${letterOf(chosen)} at row ${boxes[chosen][0]}, column ${boxes[chosen][1]} owns ${fate[chosen].owned} ` +
        `of ${fate[chosen].claimed} cells.`,
    );
  }

  // --- pictures
  const ask = onFrame(() => {
    const zoomOf = (canvas) => canvas.width / (canvas.getBoundingClientRect().width || canvas.width);
    const selected = model.get("selected");
    const shown = Math.max(fate[selected].grid, 0);
    const scene = { front, objects, fate, colors, height, width, scale, selected, cells: fields[shown].cells };
    drawObjects(context, { ...scene, center: model.get("center") }, zoomOf(picture));
    fields.forEach((field, index) => drawField(contexts[index], field, colors, zoomOf(parts[index].canvas)));
  });

  // --- pointer and keys
  function move(number, row, col) {
    const box = boxes[number];
    box[0] = clamp(Math.round(row), 0, height - box[2]);
    box[1] = clamp(Math.round(col), 0, width - box[3]);
    changed();
  }
  function resize(step) {
    const number = model.get("selected");
    const [, , rows, cols] = start[number];
    boxes[number] = grown(boxes[number], step, cols / rows, height, width);
    changed();
  }
  /** The object under a pointer; around thin ones, a few pixels more. */
  function under(event) {
    const [x, y] = pointOn(picture, event, width, height);
    const reach = event.pointerType === "touch" ? 4 : 1;
    let best = null;
    front.forEach((number, i) => {
      const distance = Math.hypot((i % width) + 0.5 - x, Math.floor(i / width) + 0.5 - y);
      if (number >= 0 && distance <= reach && distance < (best?.distance ?? Infinity)) best = { number, distance };
    });
    return best && { number: best.number, dx: x - boxes[best.number][1], dy: y - boxes[best.number][0] };
  }
  picture.addEventListener("pointerdown", (event) => {
    picture.setPointerCapture(event.pointerId);
    drag = under(event);
    if (drag) select(drag.number);
  });
  picture.addEventListener("pointermove", (event) => {
    const [x, y] = pointOn(picture, event, width, height);
    if (drag) move(drag.number, y - drag.dy, x - drag.dx);
    else picture.style.cursor = under(event) ? "move" : "default";
  });
  const end = () => (drag = null);
  picture.addEventListener("pointerup", end);
  picture.addEventListener("pointercancel", end);
  picture.addEventListener("keydown", (event) => {
    const way = arrow(event);
    const number = model.get("selected");
    const named = event.key.length === 1 ? event.key.toUpperCase().charCodeAt(0) - 65 : -1;
    if (way && event.shiftKey) resize(-2 * (way[0] || -way[1]));
    else if (way) move(number, boxes[number][0] + way[0], boxes[number][1] + way[1]);
    else if (!event.ctrlKey && !event.metaKey && !event.altKey && named >= 0 && named < shapes.length) select(named);
  });

  changed();
  const deaf = listen(model, ["boxes", "cells", "center", "two_grids", "selected"], () => {
    if (sending || drag) return;
    boxes = model.get("boxes").map((box) => [...box]);
    cells.set(model.get("cells"));
    center.set(model.get("center"));
    two.press(model.get("two_grids"));
    which.choose(model.get("selected"));
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
