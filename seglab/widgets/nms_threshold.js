// NMS threshold: what is on the page and what it does.

const METHODS = [
  ["greedy", "Greedy"],
  ["fast", "Fast"],
  ["soft", "Soft"],
];
const COUNTS = [
  ["found", "Found"],
  ["missed", "Missed"],
  ["duplicates", "Duplicates"],
  ["false_alarms", "False alarms"],
  ["kept", "Kept"],
];

function render({ model, el }) {
  const { root, say, stop } = mount(el, "NMS threshold");
  root.classList.add("seglab-nms");
  const [height, width] = [model.get("height"), model.get("width")];
  const [scores, truth] = [model.get("scores"), model.get("true_boxes")];
  const scale = Math.max(1, Math.floor(Math.min(600 / width, 480 / height)));
  const save = saver(model);
  const order = byScore(scores, 0);
  const rank = scores.map((_, index) => order.indexOf(index) + 1);
  let boxes = [];
  let fates = [];
  let photo = null;
  let drag = null; // { index, box, x, y }
  let sending = false;

  // --- what is on the page
  const range = (value) => ({ min: 0, max: 1, step: 0.01, value });
  const threshold = slider("IoU threshold", range(model.get("threshold")), (value) => put({ threshold: value }));
  const least = slider("Score threshold", range(model.get("score_threshold")), (value) =>
    put({ score_threshold: value }),
  );
  const method = choice("NMS", METHODS, model.get("method"), (value) => put({ method: value }));
  const hintId = `seglab-${Math.random().toString(36).slice(2)}`;
  const canvas = element("canvas", {
    width: width * scale,
    height: height * scale,
    tabindex: 0,
    role: "application",
    "aria-label": "Scored boxes over the scene",
    "aria-describedby": hintId,
  });
  const legend = element("div", { class: "seglab-legend" });
  for (const [kind, { name }] of Object.entries({ ...LOOKS, missed: { name: "missed object" } })) {
    legend.append(element("span", {}, element("span", { class: "seglab-line", "data-kind": kind }), name));
  }
  const board = readout("Against the truth", COUNTS);
  const list = fateTable((index) => put({ selected: index }));
  const hint = element("p", { class: "seglab-hint", id: hintId });
  hint.textContent =
    "Drag a box by its border. Keys: Page Up and Page Down choose a box by score, arrows move it by one pixel, Home " +
    "puts all boxes back.";
  root.append(
    element("div", { class: "seglab-bar" }, threshold, least, method),
    element("div", { class: "seglab-stage" }, element("div", { class: "seglab-part" }, canvas, legend), list),
    board,
    hint,
  );
  const context = canvas.getContext("2d");
  const start = model.get("boxes").map((box) => [...box]);

  // --- state
  /** Set traits without hearing of it, and show what follows. */
  function put(changes) {
    sending = true;
    for (const [trait, value] of Object.entries(changes)) model.set(trait, value);
    sending = false;
    changed();
  }
  /** Compute, show the numbers and send them; the picture follows in the next frame. */
  function changed() {
    boxes = model.get("boxes");
    const [limit, lowest] = [model.get("threshold"), model.get("score_threshold")];
    fates = fatesOf(boxes, scores, truth, { threshold: limit, least: lowest, method: model.get("method") });
    const numbers = countFates(fates, truth);
    sending = true;
    model.set("numbers", numbers);
    sending = false;
    save();
    show(numbers);
    ask();
  }
  function show(numbers) {
    for (const [key] of COUNTS) board.show(key, `${numbers[key]}${key === "found" ? ` of ${truth.length}` : ""}`);
    const selected = model.get("selected");
    const entries = order.map((index) => {
      const fate = fates[index];
      const softer = fate.score === scores[index] ? "" : ` → ${short(fate.score)}`;
      const words = fateWords(fate, fates, rank);
      return { number: `${rank[index]}`, score: `${short(scores[index])}${softer}`, kind: fate.kind, words };
    });
    list.show(order, entries, selected);
    const { found, missed, duplicates, false_alarms: wrong } = numbers;
    const one = boxes[selected] ? ` Box ${rank[selected]} ${entries[rank[selected] - 1].words}.` : "";
    say(`${found} of ${truth.length} found, ${missed} missed, ${duplicates} duplicates, ${wrong} false alarms.${one}`);
  }

  // --- picture
  const ask = onFrame(() => {
    const zoom = canvas.width / (canvas.getBoundingClientRect().width || canvas.width);
    context.fillStyle = "#000000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = false;
    if (photo) context.drawImage(photo, 0, 0, canvas.width, canvas.height);
    const ofKind = (...kinds) => order.filter((index) => kinds.includes(fates[index].kind)).reverse();
    for (const index of ofKind("weak", "fallen")) drawBox(context, boxes[index], LOOKS[fates[index].kind], scale, zoom);
    for (const index of ofKind("fallen")) {
      drawFall(context, boxes[index], boxes[fates[index].to], LOOKS.fallen, scale, zoom);
    }
    const seen = new Set(fates.filter((fate) => fate.kind === "found").map((fate) => fate.to));
    truth.forEach((box, index) => {
      if (seen.has(index)) return;
      drawBox(context, box, MISSED, scale, zoom);
      drawWords(context, `missed ${index + 1}`, box[1] * scale, box[2] * scale + 20 * zoom, MISSED.color, zoom);
    });
    const kept = ofKind("false alarm", "duplicate", "found");
    for (const index of kept) drawBox(context, boxes[index], LOOKS[fates[index].kind], scale, zoom);
    for (const index of kept) label(index, zoom);
    mark(model.get("selected"), zoom);
  });
  function label(index, zoom) {
    const [top, left] = boxes[index];
    const text = `${rank[index]}  ${short(fates[index].score)}`;
    drawWords(context, text, left * scale, top * scale, LOOKS[fates[index].kind].color, zoom);
  }
  /** What is chosen comes over all others, with its fall. */
  function mark(index, zoom) {
    if (!boxes[index]) return;
    const { kind, to } = fates[index];
    drawBox(context, boxes[index], { color: "#ffffff", dash: [], width: 6 }, scale, zoom);
    drawBox(context, boxes[index], { ...LOOKS[kind], width: 3 }, scale, zoom);
    if (kind === "fallen") {
      drawBox(context, boxes[to], { ...LOOKS[fates[to].kind], width: 4 }, scale, zoom);
      drawFall(context, boxes[index], boxes[to], { color: "#ffffff", width: 3 }, scale, zoom);
    }
    const words = `${rank[index]}  ${fateWords(fates[index], fates, rank)}`;
    drawWords(context, words, boxes[index][1] * scale, boxes[index][2] * scale + 20 * zoom, "#ffffff", zoom);
  }

  // --- pointer and keys
  function moveTo(index, box) {
    if (String(box) !== String(boxes[index])) put({ boxes: boxes.map((old, at) => (at === index ? box : old)) });
  }
  function under(event) {
    const reach = ((event.pointerType === "touch" ? 16 : 6) * width) / canvas.getBoundingClientRect().width;
    return nearestBox(boxes, ...pointOn(canvas, event, width, height), reach);
  }
  canvas.addEventListener("pointerdown", (event) => {
    const index = under(event);
    const [x, y] = pointOn(canvas, event, width, height);
    if (index >= 0) drag = { index, box: boxes[index], x, y };
    canvas.setPointerCapture(event.pointerId);
    put({ selected: index });
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag) {
      canvas.style.cursor = under(event) < 0 ? "default" : "move";
      return;
    }
    const [x, y] = pointOn(canvas, event, width, height);
    moveTo(drag.index, moved(drag.box, Math.round(y - drag.y), Math.round(x - drag.x), height, width));
  });
  const end = () => (drag = null);
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("keydown", (event) => {
    const selected = model.get("selected");
    const way = arrow(event);
    if (way && boxes[selected]) moveTo(selected, moved(boxes[selected], ...way, height, width));
    const step = { PageUp: -1, PageDown: 1 }[event.key];
    if (step) put({ selected: order[clamp((rank[selected] ?? 0.5 - step / 2) - 1 + step, 0, order.length - 1)] ?? -1 });
    if (event.key === "Home") put({ boxes: start.map((box) => [...box]) });
    if (step || event.key === "Home") event.preventDefault();
  });

  changed();
  pixelsOf(model.get("picture"), width, height).then((pixels) => {
    if (!pixels) return;
    photo = new OffscreenCanvas(width, height);
    photo.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
    ask();
  });
  const deaf = listen(model, ["boxes", "threshold", "score_threshold", "method", "selected"], () => {
    if (sending || drag) return;
    threshold.set(model.get("threshold"));
    least.set(model.get("score_threshold"));
    method.choose(model.get("method"));
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
