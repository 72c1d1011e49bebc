// RoIAlign explorer: what is on the page and what it does.

const STRIDES = [4, 8, 16, 32];
const MAPS = [["object", "Object"], ["row", "Row"], ["column", "Column"]];
const MEASURES = [
  ["iou", "IoU of asked and read"],
  ["shift", "Read too far down, right"],
  ["pool_off", "RoIPool: bin middles off by"],
  ["align_off", "RoIAlign: bin middles off by"],
];
const RESULTS = ["RoIPool: the largest cell of a bin", "RoIAlign: the mean of four samples"];
const NOTHING = { box: [0, 0, 0, 0] };
const RESULT_SIDE = 560; // canvas pixels, twice what is shown

function render({ model, el }) {
  const { root, say, stop } = mount(el, "RoIAlign explorer");
  root.classList.add("seglab-roi");
  const [height, width, pixels] = [model.get("height"), model.get("width"), bytesOf(model.get("pixels"))];
  const scale = Math.max(1, Math.floor(768 / Math.max(height, width)));
  const save = saver(model);
  let box = null; // row, column, height, width: as the functions of the IoU playground take it
  let [map, largest, results, down, across] = [null, 1, null, null, null];
  let painted = ""; // what map the ground shows
  let picked = Array(2).fill(Math.floor(model.get("bins") / 2)); // a bin, by row and column
  let sending = false;

  // --- what is on the page
  const put = (trait) => (value) => {
    send(trait, value);
    changed();
  };
  const stride = choice("Stride", STRIDES.map((one) => [one, String(one)]), model.get("stride"), put("stride"));
  const bins = choice("Bins", [2, 4, 7].map((one) => [one, `${one} × ${one}`]), model.get("bins"), put("bins"));
  const shown = choice("Map", MAPS, model.get("shown"), put("shown"));
  const aligned = toggle("aligned", model.get("aligned"), put("aligned"));
  const hintId = `seglab-${Math.random().toString(36).slice(2)}`;
  const canvas = element("canvas", {
    width: width * scale,
    height: height * scale,
    tabindex: 0,
    role: "application",
    "aria-label": "The box over the cells of the map",
    "aria-describedby": hintId,
  });
  const caption = element("figcaption");
  const outputs = RESULTS.map((text) => {
    const one = element("canvas", { width: RESULT_SIDE, height: RESULT_SIDE, tabindex: 0, role: "application" });
    one.setAttribute("aria-label", `${text}. Arrow keys pick a bin.`);
    watchBins(one);
    return one;
  });
  const captions = RESULTS.map(() => element("figcaption"));
  const board = readout("Where both read", MEASURES);
  const region = element("p", { class: "seglab-region" });
  const sentence = element("p", { class: "seglab-sentence" });
  const hint = element("p", { class: "seglab-hint", id: hintId });
  hint.textContent =
    "Drag the box, or its corners. Keys: arrows move it by one pixel, Shift + arrows resize it, numbers 1 to 4 " +
    "choose the stride. Point at a bin of a result, or use the arrow keys there, to see what it reads.";
  const mark = (kind, text) => element("span", {}, element("i", { class: `seglab-${kind}` }), text);
  root.append(
    element("div", { class: "seglab-bar" }, stride, bins, shown, aligned),
    element(
      "div",
      { class: "seglab-stage" },
      element("figure", { class: "seglab-part" }, caption, canvas),
      ...outputs.map((one, index) => element("figure", { class: "seglab-part" }, captions[index], one)),
    ),
    element(
      "div",
      { class: "seglab-legend" },
      mark("asked", "the box as asked for"),
      mark("read", "what RoIPool reads"),
      mark("sampled", "samples of RoIAlign"),
      mark("picked", "the picked bin"),
    ),
    board,
    region,
    sentence,
    hint,
  );
  const context = canvas.getContext("2d");
  const ground = new OffscreenCanvas(width, height).getContext("2d");
  const frame = ground.createImageData(width, height);

  // --- state
  function read() {
    const [top, left, bottom, right] = model.get("box");
    box = [top, left, bottom - top, right - left];
  }
  /** Set a trait without hearing of it. */
  function send(trait, value) {
    sending = true;
    model.set(trait, value);
    sending = false;
  }
  /** Compute the map and the ground, which stay while the box moves. */
  function paint(which, step) {
    if (which === "object") map = cellMeans(pixels, height, width, step);
    else map = places(height, width, step, which === "row" ? 0 : 1);
    largest = map.values.reduce((one, other) => Math.max(one, other), 0) || 1;
    paintGround(frame, pixels, map, largest, width, step);
    ground.putImageData(frame, 0, 0);
    painted = `${which} ${step}`;
  }
  /** Compute, show the numbers and send them; the picture follows in the next frame. */
  function changed() {
    const asked = [box[0], box[1], box[0] + box[2], box[1] + box[3]];
    const [step, count, which, half] = ["stride", "bins", "shown", "aligned"].map((trait) => model.get(trait));
    if (painted !== `${which} ${step}`) paint(which, step);
    results = [roiPool(map, asked, count, step), roiAlign(map, asked, count, step, half)];
    down = axisBins(asked[0], asked[2], count, step, half);
    across = axisBins(asked[1], asked[3], count, step, half);
    picked = picked.map((index) => Math.min(index, count - 1));
    const numbers = measures(down, across);
    send("box", asked);
    send("numbers", numbers);
    save();
    show(asked, numbers);
    ask();
  }

  // --- numbers and words
  function show([top, left, bottom, right], numbers) {
    const [first, start, last, end] = numbers.read;
    board.show("iou", digits(numbers.iou));
    board.show("shift", numbers.shift.map(signed).join(", "));
    board.show("pool_off", `${numbers.pool_off.toFixed(1)} px`);
    board.show("align_off", `${numbers.align_off.toFixed(1)} px`);
    region.textContent =
      `Asked for: rows ${top}–${bottom}, columns ${left}–${right}. RoIPool reads rows ${first}–${last}, columns ` +
      `${start}–${end}.${last > height || end > width ? " Bins beyond the image give 0." : ""}`;
    caption.textContent = `A cell of the map: ${model.get("stride")} × ${model.get("stride")} pixels`;
    const which = model.get("shown");
    const ofPlaces = [`RoIPool: largest ${which}, off by`, `RoIAlign: mean ${which}, off by`];
    captions.forEach((one, index) => (one.textContent = (which === "object" ? RESULTS : ofPlaces)[index]));
    tell();
  }
  /** What the picked bin reads; and all of it for a screen reader. */
  function tell() {
    const [row, col] = picked;
    const range = (kind) => [down[row], across[col]].map((bin) => bin[kind].map(short).join("–")).join(", columns ");
    const samples = [down[row], across[col]].map((bin) => bin.samples.map(short).join(" and ")).join(", columns ");
    const [pooled, mean] = results.map((one) => one[row * down.length + col].toFixed(2));
    sentence.textContent =
      `Bin ${row + 1}, ${col + 1}: asked for rows ${range("asked")}. RoIPool reads rows ${range("read")}, and gives ` +
      `${pooled}. RoIAlign samples rows ${samples}, and gives ${mean}.`;
    const numbers = model.get("numbers");
    say(
      `Stride ${model.get("stride")}. ${region.textContent} IoU ${digits(numbers.iou)}. RoIPool's bins are off by up ` +
        `to ${numbers.pool_off.toFixed(1)} pixels, RoIAlign's by up to ${numbers.align_off.toFixed(1)}. ` +
        sentence.textContent,
    );
  }

  // --- picture
  const zoomOf = (one) => one.width / (one.getBoundingClientRect().width || one.width / 2);
  const ask = onFrame(() => {
    const zoom = zoomOf(canvas);
    context.imageSmoothingEnabled = false;
    context.drawImage(ground.canvas, 0, 0, canvas.width, canvas.height);
    drawGrid(context, height, width, model.get("stride"), scale, zoom);
    drawPlaces(context, down, across, picked, scale, zoom);
    drawHandles(context, { true: { box }, pred: NOTHING }, "true", scale, zoom);
    const which = model.get("shown");
    const middle = ([from, to]) => (from + to) / 2;
    const wanted = down.flatMap((one) => across.map((other) => middle((which === "row" ? one : other).asked)));
    outputs.forEach((one, index) => {
      const places = which === "object" ? null : wanted;
      drawResult(one, results[index], down.length, picked, places, largest, zoomOf(one));
    });
  });

  // --- pointer and keys
  function moveTo(row, col) {
    box[0] = clamp(Math.round(row), 0, height - box[2]);
    box[1] = clamp(Math.round(col), 0, width - box[3]);
    changed();
  }
  function resizeTo(corner, x, y) {
    box = resized(box, corner, x, y, height, width);
    changed();
  }
  const dragging = dragBox(canvas, height, width, () => box, moveTo, resizeTo);
  canvas.addEventListener("keydown", (event) => {
    const way = arrow(event);
    const [row, col, rows, cols] = box;
    if (way && event.shiftKey) resizeTo(3, col + cols + way[1], row + rows + way[0]);
    else if (way) moveTo(row + way[0], col + way[1]);
    else if (STRIDES[event.key - 1]) {
      stride.choose(STRIDES[event.key - 1]);
      put("stride")(STRIDES[event.key - 1]);
    }
  });
  function pick(row, col) {
    picked = [row, col].map((index) => clamp(index, 0, down.length - 1));
    tell();
    ask();
  }
  /** Let a result pick the bin under the pointer, or by keys. */
  function watchBins(one) {
    const point = (event) => pick(...pointOn(one, event, down.length, down.length).map(Math.floor).reverse());
    one.addEventListener("pointerdown", point);
    one.addEventListener("pointermove", point);
    one.addEventListener("keydown", (event) => {
      const way = arrow(event);
      if (way) pick(picked[0] + way[0], picked[1] + way[1]);
    });
  }

  read();
  changed();
  const deaf = listen(model, ["box", "stride", "bins", "shown", "aligned"], () => {
    if (sending || dragging()) return;
    read();
    for (const [node, trait] of [[stride, "stride"], [bins, "bins"], [shown, "shown"]]) node.choose(model.get(trait));
    aligned.press(model.get("aligned"));
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
