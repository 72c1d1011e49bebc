// Panoptic merge: what is on the page and what it does.

const NUMBERS = [
  ["pq", "PQ"],
  ["sq", "SQ"],
  ["rq", "RQ"],
  ["pq_things", "PQ of things"],
  ["pq_stuff", "PQ of stuff"],
  ["tp", "Matched"],
  ["fp", "False alarms"],
  ["fn", "Missed"],
];

function render({ model, el }) {
  const { root, say, stop } = mount(el, "Panoptic merge");
  root.classList.add("seglab-merge");
  const [height, width] = [model.get("height"), model.get("width")];
  const [claims, classes, colors] = [model.get("claims"), model.get("classes"), model.get("colors")];
  const [things, stuff] = [model.get("things"), model.get("stuff")];
  const masks = unpackMasks(bytesOf(model.get("masks")), claims.length, height * width);
  const best = bytesOf(model.get("best_stuff"));
  const saidStuff = Int32Array.from(best, (place) => (place < stuff.length ? stuff[place] * FACTOR : -1));
  const truth = new Int32Array(bytesOf(model.get("truth")).buffer);
  const scale = Math.max(1, Math.floor(Math.min(600 / width, 480 / height)));
  const order = claims.map((_, index) => index).sort((a, b) => claims[b].score - claims[a].score || a - b);
  const rank = claims.map((_, index) => order.indexOf(index) + 1);
  const outlines = masks.map((mask) => contour(mask, height, width, scale));
  const save = saver(model);
  let merged = null; // { ids, fates, rests }
  let result = null; // of matchSegments
  let photo = null;
  let sending = false;

  // --- what is on the page
  const range = (value) => ({ min: 0, max: 1, step: 0.01, value });
  const most = Math.max(100, Math.round((height * width) / 300) * 100);
  const sliders = {
    threshold: slider("Score threshold", range(model.get("threshold")), (value) => put({ threshold: value })),
    overlap: slider("Overlap allowed", range(model.get("overlap")), (value) => put({ overlap: value })),
    least_stuff: slider(
      "Smallest stuff area",
      { min: 0, max: most, value: model.get("least_stuff"), unit: " px" },
      (value) => put({ least_stuff: value }),
    ),
  };
  const hintId = `seglab-${Math.random().toString(36).slice(2)}`;
  const sheet = (attributes) => element("canvas", { width: width * scale, height: height * scale, ...attributes });
  const canvases = {
    claims: sheet({
      tabindex: 0,
      role: "application",
      "aria-label": "All masks over the image",
      "aria-describedby": hintId,
    }),
    merged: sheet({ role: "img", "aria-label": "The merged panoptic map" }),
    truth: sheet({ role: "img", "aria-label": "The true panoptic map" }),
  };
  const captions = { claims: "What the heads say", merged: "Merged", truth: "The truth" };
  const parts = Object.entries(canvases).map(([name, canvas]) =>
    element("figure", { class: "seglab-part" }, element("figcaption", {}, captions[name]), canvas),
  );
  const legend = element("div", { class: "seglab-legend" });
  const sample = (background, name) =>
    element("span", {}, element("span", { class: "seglab-swatch", style: `background: ${background}` }), name);
  const lines = (angle) => `repeating-linear-gradient(${angle}deg, #141414 0 2px, #c8c8c8 2px 6px)`;
  legend.append(
    ...classes.map((name, category) => sample(css(colors[category]), name)),
    sample("#ffffff", "void"),
    sample(lines(135), "false alarm"),
    sample(lines(45), "missed"),
  );
  const board = readout("Panoptic quality of this scene", NUMBERS);
  const list = reasonTable((index) => put({ selected: index }));
  const hint = element("p", { class: "seglab-hint", id: hintId });
  hint.textContent = "Choose a mask by a click in a picture or the list; on the first picture by Page Up and Page Down.";
  root.append(
    element("div", { class: "seglab-bar" }, ...Object.values(sliders)),
    element("div", { class: "seglab-stage" }, ...parts),
    legend,
    element("div", { class: "seglab-stage" }, board, list),
    hint,
  );
  const contexts = {};
  for (const [name, canvas] of Object.entries(canvases)) contexts[name] = canvas.getContext("2d");
  const frames = {}; // of each canvas: the painted pixels, and from what

  // --- state
  /** Set traits without hearing of it, and show what follows. */
  function put(changes) {
    sending = true;
    for (const [trait, value] of Object.entries(changes)) model.set(trait, value);
    sending = false;
    changed();
  }
  function settings() {
    return { threshold: model.get("threshold"), overlap: model.get("overlap"), least: model.get("least_stuff") };
  }
  /** Compute, show the numbers and send them; the pictures follow in the next frame. */
  function changed() {
    merged = mergeWithReasons(claims, masks, best, stuff, settings());
    result = matchSegments(truth, merged.ids, classes.length);
    const numbers = { ...qualityOf(result.counts, things), void: result.nobody };
    sending = true;
    model.set("numbers", numbers);
    sending = false;
    save();
    show(numbers);
    ask();
  }
  function show(numbers) {
    const now = settings();
    for (const [key] of NUMBERS) {
      board.show(key, ["tp", "fp", "fn"].includes(key) ? String(numbers[key]) : digits(numbers[key]));
    }
    const selected = model.get("selected");
    const entries = order.map((index) => {
      const [{ category, score }, fate] = [claims[index], merged.fates[index]];
      const against = fate.kind === "kept" ? verdict(fate.id, result, classes) : "";
      const cells = [String(rank[index]), classes[category], score.toFixed(2), reason(fate, now), against];
      return { cells, kind: against === "false alarm" ? "alarm" : fate.kind, index, chosen: index === selected };
    });
    for (const rest of merged.rests) {
      const against = rest.kept && rest.free ? verdict(rest.category * FACTOR, result, classes) : "";
      const kind = against === "false alarm" ? "alarm" : rest.kept && rest.free ? "kept" : "out";
      entries.push({ cells: ["", classes[rest.category], "stuff", stuffReason(rest, now.least), against], kind });
    }
    list.show(entries);
    const missed = result.missed.map((id) => segmentName(id, classes)).join(", ") || "nothing";
    parts[2].firstChild.textContent = `The truth; missed: ${missed}`;
    parts[1].firstChild.textContent = `Merged: ${numbers.void} pixels void`;
    const chosen = claims[selected] ? ` Mask ${entries[rank[selected] - 1].cells.filter(Boolean).join(", ")}.` : "";
    say(`PQ ${digits(numbers.pq)}, SQ ${digits(numbers.sq)}, RQ ${digits(numbers.rq)}. Missed: ${missed}.${chosen}`);
  }

  // --- pictures
  const ask = onFrame(() => {
    const zoom = canvases.merged.width / (canvases.merged.getBoundingClientRect().width || canvases.merged.width);
    const selected = model.get("selected");
    drawMap("merged", merged.ids, new Set(result.alarms), true, zoom);
    drawMap("truth", truth, new Set(result.missed), false, zoom);
    drawClaims(zoom);
    if (!claims[selected]) return;
    for (const context of Object.values(contexts)) {
      stroke(context, outlines[selected], "#111111", 6 * zoom, []);
      stroke(context, outlines[selected], "#ffffff", 3 * zoom, []);
    }
  });
  /** Paint one canvas; what is as it was is not computed again. */
  function paint(name, ids, wrong, rising) {
    const frame = (frames[name] ??= { pixels: contexts[name].createImageData(width * scale, height * scale) });
    const key = [...wrong].join();
    if (frame.ids !== ids || frame.key !== key || frame.photo !== photo) {
      paintSegments(frame.pixels, ids, photo, colors, wrong, rising, width, scale);
      Object.assign(frame, { ids, key, photo });
    }
    contexts[name].putImageData(frame.pixels, 0, 0);
  }
  function drawMap(name, ids, wrong, rising, zoom) {
    paint(name, ids, wrong, rising);
    stroke(contexts[name], borders(ids, height, width, scale), "#ffffff", 1.5 * zoom, []);
    const kept = new Map(merged.fates.map((fate, index) => [fate.id, rank[index]]));
    const texts = tops(ids, width).filter(([id]) => id % FACTOR);
    const words = (id) => (name === "merged" ? String(kept.get(id)) : segmentName(id, classes));
    writePlates(contexts[name], texts.map(([id, row, col]) => [words(id), row, col]), scale, zoom);
  }
  /** The map of stuff, and over it the outline of each mask: solid if it is kept, dashed if not. */
  function drawClaims(zoom) {
    paint("claims", saidStuff, new Set(), true);
    for (const index of [...order].reverse()) {
      const kept = merged.fates[index].kind === "kept";
      const color = css(segmentColor(claims[index].category * FACTOR, colors));
      stroke(contexts.claims, outlines[index], kept ? "#111111" : "#ffffff", (kept ? 4 : 2.5) * zoom, []);
      stroke(contexts.claims, outlines[index], color, (kept ? 2 : 1.5) * zoom, kept ? [] : [4 * zoom, 3 * zoom]);
    }
  }

  // --- pointer and keys
  /** The best mask there on the merged map; on the other pictures clicks go down from mask to mask. */
  function pick(event, canvas) {
    const [x, y] = pointOn(canvas, event, width, height);
    const pixel = clamp(Math.floor(y), 0, height - 1) * width + clamp(Math.floor(x), 0, width - 1);
    const here = order.filter((index) => masks[index][pixel]);
    const owner = merged.fates.findIndex((fate) => fate.id === merged.ids[pixel]);
    const next = here[(here.indexOf(model.get("selected")) + 1) % here.length];
    put({ selected: (canvas === canvases.merged ? owner : next) ?? -1 });
  }
  for (const canvas of Object.values(canvases)) canvas.addEventListener("pointerdown", (event) => pick(event, canvas));
  canvases.claims.addEventListener("keydown", (event) => {
    const step = { PageUp: -1, PageDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const place = (rank[model.get("selected")] ?? 0.5 - step / 2) - 1 + step;
    put({ selected: order[clamp(place, 0, order.length - 1)] ?? -1 });
  });

  changed();
  pixelsOf(model.get("picture"), width, height).then((pixels) => {
    photo = pixels;
    ask();
  });
  const deaf = listen(model, [...Object.keys(sliders), "selected"], () => {
    if (sending) return;
    for (const [trait, node] of Object.entries(sliders)) node.set(model.get(trait));
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
