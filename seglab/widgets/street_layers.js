// Street layers: what is on the page and what it does. Twin in NumPy: seglab/widgets/street_layers.py.

const LAYERS = [
  ["semantic", "Semantic"],
  ["instance", "Instance"],
  ["panoptic", "Panoptic"],
];

function render({ model, el }) {
  const { root, say, stop } = mount(el, "Street layers");
  const [height, width] = [model.get("height"), model.get("width")];
  const factor = model.get("max_instances");
  const scale = Math.max(1, Math.floor(Math.min(654 / width, 480 / height)));
  const segments = model.get("segments");
  const save = saver(model);
  const bytes = bytesOf(model.get("panoptic"));
  const ids = new Int32Array(bytes.buffer);
  const placeOf = new Map(segments.map((segment, place) => [segment.id, place]));
  const places = Uint16Array.from(ids, (id) => placeOf.get(id));
  const lines = {}; // borders of each layer, and of each region pointed at, drawn when first needed
  let photo = null;
  let pointing = false;

  // --- what is on the page
  const imageSwitch = toggle("Image", model.get("show_image"), (pressed) => set("show_image", pressed));
  const switches = LAYERS.map(([layer, name]) => toggle(name, false, (pressed) => set("layer", pressed ? layer : "")));
  const nameSwitch = toggle("Names", model.get("show_names"), (pressed) => set("show_names", pressed));
  const percent = () => Math.round(model.get("tint") * 100);
  const tint = slider("Tint", { min: 0, max: 100, step: 5, value: percent(), unit: " %" }, (value) =>
    set("tint", value / 100),
  );
  const hintId = `seglab-${Math.random().toString(36).slice(2)}`;
  const canvas = element("canvas", {
    width: width * scale,
    height: height * scale,
    tabindex: 0,
    role: "application",
    "aria-label": "Street scene: point at a pixel to hear its labels",
    "aria-describedby": hintId,
    style: "cursor: crosshair",
  });
  const hint = element("p", { class: "seglab-hint", id: hintId });
  hint.textContent = "Point at the picture, or move the cross with the arrow keys; with Shift it goes in larger steps.";
  const board = readout("Labels of the pixel", [
    ["category", "Category"],
    ["instance", "Instance"],
    ["panoptic", "Panoptic id"],
    ["pixel", "Row, column"],
  ]);
  const words = element("p", { class: "seglab-sentence" });
  const legend = element("div", { class: "seglab-legend" });
  root.append(
    element(
      "div",
      { class: "seglab-bar" },
      element("div", { class: "seglab-group", role: "group", "aria-label": "Layers" }, imageSwitch, ...switches),
      nameSwitch,
      tint,
    ),
    canvas,
    legend,
    board,
    words,
    hint,
  );
  const context = canvas.getContext("2d");
  const frame = context.createImageData(width * scale, height * scale);

  // --- state
  function set(trait, value) {
    model.set(trait, value); // which calls `changed`, as a change from Python does
    save();
  }
  function changed() {
    const layer = model.get("layer");
    imageSwitch.press(model.get("show_image"));
    nameSwitch.press(model.get("show_names"));
    tint.set(percent());
    LAYERS.forEach(([name], index) => switches[index].press(name === layer));
    showLegend(layer);
    showPicked();
    paint();
  }
  function pick(row, col) {
    const [oldRow, oldCol] = model.get("picked");
    if (row === oldRow && col === oldCol) return;
    set("picked", [row, col]);
  }
  function picked() {
    const [row, col] = model.get("picked");
    return segments[places[row * width + col]];
  }
  function showPicked() {
    const segment = picked();
    const text = sentence(segment, model.get("layer"), segments, factor);
    board.show("category", `${segment.category} ${segment.name}`);
    board.show("instance", String(segment.instance));
    board.show("panoptic", String(segment.id));
    board.show("pixel", model.get("picked").join(", "));
    if (words.textContent !== text) words.textContent = text;
    say(text);
  }
  function showLegend(layer) {
    const shown = {};
    for (const segment of segments) {
      const label = layer === "semantic" ? segment.name : `${segment.name} ${segment.instance || ""}`.trim();
      if (layer && !(layer === "instance" && !segment.instance)) shown[label] = segment;
    }
    legend.replaceChildren(
      ...Object.entries(shown).map(([label, segment]) => {
        const color = css(segment.colors[layer]);
        const lines = `repeating-linear-gradient(135deg, rgb(120 120 120) 0 3px, ${color} 3px 7px)`;
        const background = segment.category === VOID ? lines : color;
        const sample = element("span", { class: "seglab-swatch", style: `background: ${background}` });
        return element("span", {}, sample, label);
      }),
    );
  }

  // --- picture: the layer is painted once, what points at a region comes over it
  const layerCanvas = new OffscreenCanvas(width * scale, height * scale);
  const layerContext = layerCanvas.getContext("2d");
  const paint = onFrame(() => {
    const layer = model.get("layer");
    paintLayer(frame, places, segments, layer, model.get("show_image") && photo, model.get("tint"), width, scale);
    layerContext.putImageData(frame, 0, 0);
    if (layer) {
      const keys = segments.map((segment) => keyOf(segment, layer));
      lines[layer] ??= borders(Int32Array.from(places, (place) => keys[place]), height, width, scale);
      stroke(layerContext, lines[layer], "#ffffff", 3.5);
      stroke(layerContext, lines[layer], "#111111", 1.5);
    }
    mark();
  });
  const mark = onFrame(() => {
    const layer = model.get("layer");
    context.drawImage(layerCanvas, 0, 0);
    const zoom = canvas.width / (canvas.getBoundingClientRect().width || canvas.width);
    if (layer) {
      const key = keyOf(picked(), layer);
      const inside = segments.map((segment) => Number(keyOf(segment, layer) === key));
      const name = `${layer} ${key}`;
      lines[name] ??= borders(Uint8Array.from(places, (place) => inside[place]), height, width, scale);
      stroke(context, lines[name], "#111111", 7 * zoom);
      stroke(context, lines[name], "#ffffff", 4 * zoom);
      if (model.get("show_names")) drawLabels(layer, zoom);
    }
    if (pointing) drawCross(zoom);
  });
  function stroke(target, path, color, lineWidth) {
    target.strokeStyle = color;
    target.lineWidth = lineWidth;
    target.lineJoin = target.lineCap = "round";
    target.stroke(path);
  }
  function drawLabels(layer, zoom) {
    const size = 15 * zoom;
    context.font = `600 ${size}px system-ui, "DejaVu Sans", sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const taken = [];
    for (const segment of segments) {
      const text = labelOf(segment, layer);
      if (!text || segment.area < (height * width) / 400) continue;
      const [half, tall] = [context.measureText(text).width / 2 + 4 * zoom, 1.4 * size];
      const x = clamp((segment.col + 0.5) * scale, half, canvas.width - half);
      const home = clamp((segment.row + 0.5) * scale, size, canvas.height - size);
      // Where another name stands already, the next free place; none for the same name once more beside itself.
      const meets = (y) => taken.find((one) => Math.abs(x - one.x) < half + one.half && Math.abs(y - one.y) < tall);
      const y = [0, -1, 1, -2, 2].map((step) => home + step * (tall + zoom)).find((place) => !meets(place));
      if (y === undefined || meets(home)?.text === text) continue;
      taken.push({ x, y, half, text });
      context.fillStyle = "rgb(255 255 255 / 0.88)";
      context.beginPath();
      context.roundRect(x - half, y - tall / 2, 2 * half, tall, 4 * zoom);
      context.fill();
      context.fillStyle = "#111111";
      context.fillText(text, x, y + zoom);
    }
  }
  function drawCross(zoom) {
    const [row, col] = model.get("picked");
    const [x, y, arm] = [(col + 0.5) * scale, (row + 0.5) * scale, 11 * zoom];
    const path = new Path2D();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      path.moveTo(x + (dx * arm) / 3, y + (dy * arm) / 3);
      path.lineTo(x + dx * arm, y + dy * arm);
    }
    stroke(context, path, "#ffffff", 5 * zoom);
    stroke(context, path, "#111111", 2.5 * zoom);
  }

  // --- pointer and keys
  const point = (event) => {
    const [x, y] = pointOn(canvas, event, width, height);
    pick(clamp(Math.floor(y), 0, height - 1), clamp(Math.floor(x), 0, width - 1));
  };
  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerdown", point);
  for (const [kind, on] of [["focus", true], ["blur", false]]) {
    canvas.addEventListener(kind, () => {
      pointing = on;
      mark();
    });
  }
  canvas.addEventListener("keydown", (event) => {
    const way = arrow(event);
    if (!way) return;
    const far = event.shiftKey ? 10 : 1;
    const [row, col] = model.get("picked");
    pick(clamp(row + way[0] * far, 0, height - 1), clamp(col + way[1] * far, 0, width - 1));
  });

  changed();
  pixelsOf(model.get("picture"), width, height).then((pixels) => {
    photo = pixels;
    paint();
  });
  const deaf = [
    listen(model, ["layer", "show_image", "show_names", "tint"], changed),
    listen(model, ["picked"], () => {
      showPicked();
      mark();
    }),
  ];
  return () => {
    deaf.forEach((end) => end());
    paint.stop();
    mark.stop();
    save.stop();
    stop();
  };
}

export default { render };
