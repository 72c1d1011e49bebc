// Prototype mixer: what is on the page and what it does.

const MIXER_KINDS = [
  ["tp", "right (TP)"],
  ["fp", "too much (FP)"],
  ["fn", "missed (FN)"],
];

function render({ model, el }) {
  const { root, say, stop } = mount(el, "Prototype mixer");
  root.classList.add("seglab-mixer");
  const [height, width, names] = [model.get("height"), model.get("width"), model.get("names")];
  const [boxes, places, colors] = [model.get("boxes"), model.get("places"), model.get("colors")];
  const size = height * width;
  const scale = Math.max(1, Math.round(Math.min(480 / width, 400 / height)));
  const prototypes = new Float32Array(bytesOf(model.get("prototypes")).buffer);
  const masks = bytesOf(model.get("masks"));
  const save = saver(model);
  const truthOf = (object) => masks.subarray(object * size, (object + 1) * size);
  const insides = boxes.map((box) => insideBox(box, height, width));
  let [truth, inside, logits, probabilities, numbers] = [];
  let sending = false;

  // --- what is on the page
  const which = choice("Object", boxes.map((_, number) => [number, letter(number)]), model.get("object"), chooseObject);
  const crop = toggle("Crop to the box", model.get("crop"), (pressed) => {
    put("crop", pressed);
    changed();
  });
  const solve = button("Solve", () => {
    const counted = model.get("crop") ? inside : null;
    setAll(solved(prototypes, truth, counted, names.length));
  });
  const zero = button("All zero", () => setAll(names.map(() => 0)));
  const hintId = `seglab-${Math.random().toString(36).slice(2)}`;
  const scene = pixelCanvas(height, width, scale, {
    tabindex: 0,
    role: "application",
    "aria-label": "The scene: choose an object",
    "aria-describedby": hintId,
  });
  const sceneCaption = element("figcaption");
  const sliders = names.map((name, k) =>
    slider(`Coefficient of ${name}`, { min: -1, max: 1, step: 0.01, value: model.get("coefficients")[k] }, (value) => {
      const coefficients = [...model.get("coefficients")];
      coefficients[k] = value;
      put("coefficients", coefficients);
      changed();
    }),
  );
  const maps = names.map((name, k) => {
    const map = pixelCanvas(height, width, scale, { "aria-label": `Prototype: ${name}` });
    const values = prototypes.subarray(k * size, (k + 1) * size);
    const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-9);
    const lowest = values.reduce((least, value) => Math.min(least, value), 0);
    map.paint((i) => (lowest < 0 ? signed(values[i], most) : gray(values[i], most)));
    const caption = element("figcaption", { title: name }, `${k + 1}: ${name}`);
    return element("figure", { class: "seglab-part" }, caption, map.canvas, sliders[k]);
  });
  const sum = pixelCanvas(height, width, scale, { "aria-label": "Sum of coefficient times prototype" });
  const chance = pixelCanvas(height, width, scale, { "aria-label": "Sigmoid of the sum" });
  const result = pixelCanvas(height, width, scale, { "aria-label": "The mask against the truth" });
  const resultCaption = element("figcaption");
  const legend = element("div", { class: "seglab-legend" });
  const counts = {};
  for (const [kind, name] of MIXER_KINDS) {
    counts[kind] = element("b", { "data-number": kind });
    legend.append(
      element("span", {}, swatch(colors[kind], colors[`${kind}_stripes`], kind === "fp"), `${name} `, counts[kind]),
    );
  }
  const board = readout("The mask", [
    ["iou", "IoU"],
    ["outside", "Pixels above ½ outside of the box"],
  ]);
  const hint = element("p", { class: "seglab-hint", id: hintId });
  hint.textContent =
    "Choose an object by a click on it, or by arrow keys on the scene. Solve fits the pixels in the box while the box " +
    "cuts, and all pixels while it does not.";
  const part = (caption, canvas, kind = "") => element("figure", { class: `seglab-part ${kind}` }, caption, canvas);
  root.append(
    element("div", { class: "seglab-bar" }, which, crop, solve, zero),
    element("div", { class: "seglab-maps" }, part(sceneCaption, scene.canvas), ...maps),
    element(
      "div",
      { class: "seglab-stage" },
      part(element("figcaption", {}, "Sum: orange above 0, blue below"), sum.canvas, "seglab-result"),
      part(element("figcaption", {}, "Sigmoid: white 0, dark 1; line: ½"), chance.canvas, "seglab-result"),
      part(resultCaption, result.canvas, "seglab-result"),
    ),
    element("div", { class: "seglab-stage" }, board, legend),
    hint,
  );
  const frame = result.context.createImageData(width * scale, height * scale);

  // --- state
  /** Set a trait without hearing of it. */
  function put(trait, value) {
    sending = true;
    model.set(trait, value);
    sending = false;
  }
  function setAll(coefficients) {
    put("coefficients", coefficients);
    coefficients.forEach((value, k) => sliders[k].set(value));
    changed();
  }
  function chooseObject(number) {
    which.choose(number);
    put("object", number);
    changed();
  }
  /** Mix, count, show the numbers and send them; the pictures follow in the next frame. */
  function changed() {
    const object = model.get("object");
    [truth, inside] = [truthOf(object), insides[object]];
    logits = mixed(prototypes, model.get("coefficients"), size);
    probabilities = sigmoid(logits);
    numbers = overlap(truth, probabilities, inside, model.get("crop"));
    put("numbers", numbers);
    save();
    show(object);
    ask();
  }

  // --- numbers
  function show(object) {
    const cut = model.get("crop");
    const thousands = (number) => number.toLocaleString("en-US");
    board.show("iou", digits(numbers.iou));
    board.show("outside", `${thousands(numbers.outside)} ${cut ? "cut off" : "leaking"}`);
    for (const [kind] of MIXER_KINDS) counts[kind].textContent = thousands(numbers[kind]);
    sceneCaption.textContent = `Asked for: ${letter(object)}`;
    resultCaption.textContent = cut ? "Mask: above ½, cut off by the box" : "Mask: above ½, not cut off";
    const mixture = names.map((name, k) => `${model.get("coefficients")[k]} of ${name}`).join(", ");
    say(
      `Object ${letter(object)}: ${mixture}. IoU ${digits(numbers.iou)}. ${numbers.outside} pixels above one half ` +
        `outside of the box, ${cut ? "cut off" : "in the mask"}.`,
    );
  }

  // --- pictures
  const owners = new Int16Array(size).fill(-1);
  boxes.forEach((_, number) => truthOf(number).forEach((on, i) => on && (owners[i] = number)));
  const ask = onFrame(() => {
    const [object, cut] = [model.get("object"), model.get("crop")];
    const box = boxes[object];
    const zoom = scene.zoom();
    scene.paint((i) => (owners[i] < 0 ? [240, 240, 240] : colors.objects[owners[i]]));
    drawBox(scene.context, box, cut, scale, zoom);
    drawLetters(scene.context, places, object, scale, zoom);
    const most = logits.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-9);
    const above = contour(aboveHalf(probabilities, null), height, width, scale);
    sum.paint((i) => signed(logits[i], most));
    chance.paint((i) => gray(probabilities[i], 1));
    for (const one of [sum, chance]) {
      stroke(one.context, above, "#111111", 1.6 * one.zoom(), []);
      drawBox(one.context, box, cut, scale, one.zoom());
    }
    const prediction = aboveHalf(probabilities, cut ? inside : null);
    paintKinds(frame, { true: truth, pred: prediction }, null, colors, width, scale);
    result.context.putImageData(frame, 0, 0);
    drawBox(result.context, box, cut, scale, result.zoom());
  });

  // --- pointer and keys
  scene.canvas.addEventListener("pointerdown", (event) => {
    const [x, y] = pointOn(scene.canvas, event, width, height);
    const owner = owners[clamp(Math.floor(y), 0, height - 1) * width + clamp(Math.floor(x), 0, width - 1)];
    if (owner >= 0) chooseObject(owner);
  });
  scene.canvas.addEventListener("keydown", (event) => {
    const way = arrow(event);
    if (way) chooseObject((model.get("object") + way[0] + way[1] + boxes.length) % boxes.length);
  });

  changed();
  const deaf = listen(model, ["object", "coefficients", "crop"], () => {
    if (sending) return;
    which.choose(model.get("object"));
    crop.press(model.get("crop"));
    model.get("coefficients").forEach((value, k) => sliders[k].set(value));
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
