// U-Net shape explorer: every map's size and channels, the crops, the weights and the memory of a U-Net.

const TRAITS = ["size", "depth", "base_filters", "padding", "channels", "num_classes", "batch_norm"];
const LARGEST = 1536;

/** Networks that are worth a look. */
const EXAMPLES = {
  "The paper: 572 in, 388 out": [572, 4, 64, "valid", 1, 2, false],
  "A lecture's: two poolings, 128": [128, 2, 64, "same", 3, 1, false],
  "Ours: 64, with batch normalization": [64, 3, 8, "same", 3, 4, true],
  "358 pixels, as in Keras issue 19964": [358, 3, 32, "same", 1, 1, false],
};

/** The network in words. */
function summary(network, maps) {
  const { weights, deepWeights, bytes, topBytes } = totals(maps);
  const start = `${weights.toLocaleString("en")} weights, ${Math.round(100 * deepWeights)} % of them in the two deepest levels.`;
  if (!isLegal(network)) {
    const [below, above] = nearestLegal(network);
    const nearest = [below, above].filter(Boolean).join(" and ");
    return `${network.size} × ${network.size} does not fit. ${problem(network)} Nearest sizes that fit: ${nearest}.`;
  }
  return `${start} The maps of one image take ${megabytes(bytes)}, ${Math.round(100 * topBytes)} % of them at full size.`;
}

function render({ model, el }) {
  const { root, say, stop } = mount(el, "U-Net shape explorer");
  root.classList.add("seglab-unet");
  const save = saver(model);
  const ask = onFrame(draw);
  let chosen = 0;

  const networkNow = () => Object.fromEntries(TRAITS.map((trait) => [trait, model.get(trait)]));
  function set(changes) {
    for (const [trait, value] of Object.entries(changes)) model.set(trait, value);
    save();
    ask.now();
  }
  function pick(index) {
    chosen = clamp(index, 0, mapsOf(networkNow()).length - 1);
    ask.now();
  }

  const example = element("select", {
    onchange: () => {
      const values = EXAMPLES[example.value];
      if (values) set(Object.fromEntries(TRAITS.map((trait, at) => [trait, values[at]])));
    },
  });
  example.append(...["", ...Object.keys(EXAMPLES)].map((name) => element("option", { value: name }, name || "your own")));
  const size = slider("Input size", { min: 1, max: LARGEST }, (value) => set({ size: value }));
  const steps = [0, 1].map((side) =>
    button("", () => {
      const next = nearestLegal(networkNow())[side];
      if (next && next <= LARGEST) set({ size: next });
    }),
  );
  const depth = slider("Poolings", { min: 1, max: 6 }, (value) => set({ depth: value }));
  const filters = slider("Filters", { min: 1, max: 64 }, (value) => set({ base_filters: value }));
  const channels = slider("Channels in", { min: 1, max: 4 }, (value) => set({ channels: value }));
  const classes = slider("Classes out", { min: 1, max: 21 }, (value) => set({ num_classes: value }));
  const kinds = [
    ["same", "same"],
    ["valid", "valid"],
  ];
  const padding = choice("Padding", kinds, model.get("padding"), (value) => set({ padding: value }));
  const norm = toggle("Batch normalization", model.get("batch_norm"), (value) => set({ batch_norm: value }));
  const numbers = readout("The network", [
    ["output", "output"],
    ["bottom", "bottom"],
    ["weights", "weights"],
    ["memory", "maps of one image"],
  ]);
  const sentence = element("p", { class: "seglab-sentence" });
  const detail = element("p", { class: "seglab-detail" });
  const picture = svg("svg", { tabindex: 0, role: "application" });
  picture.addEventListener("keydown", (event) => {
    const way = arrow(event);
    if (way) pick(chosen + (way[0] + way[1] > 0 ? 1 : -1));
  });

  function draw() {
    const network = networkNow();
    const maps = mapsOf(network);
    const legal = isLegal(network);
    const { weights, bytes } = totals(maps);
    chosen = clamp(chosen, 0, maps.length - 1);
    const values = JSON.stringify(TRAITS.map((trait) => network[trait]));
    example.value = Object.keys(EXAMPLES).find((name) => JSON.stringify(EXAMPLES[name]) === values) ?? "";
    size.set(network.size);
    depth.set(network.depth);
    filters.set(network.base_filters);
    channels.set(network.channels);
    classes.set(network.num_classes);
    padding.choose(network.padding);
    norm.press(network.batch_norm);
    nearestLegal(network).forEach((next, side) => {
      steps[side].textContent = side ? `${next} ▸` : `◂ ${next ?? "none"}`;
      steps[side].setAttribute("aria-label", `Nearest size that fits ${side ? "above" : "below"}: ${next ?? "none"}`);
      steps[side].disabled = next === null || next > LARGEST;
    });
    const bottom = maps.findLast(({ block }) => block === "bottleneck");
    const out = maps.at(-1).size;
    numbers.show("output", legal ? `${out} × ${out} × ${network.num_classes}` : "none");
    numbers.show("bottom", legal ? `${bottom.size} × ${bottom.size} × ${bottom.channels}` : "–");
    numbers.show("weights", weights.toLocaleString("en"));
    numbers.show("memory", legal ? megabytes(bytes) : "–");
    sentence.textContent = summary(network, maps);
    sentence.classList.toggle("seglab-wrong", !legal);
    detail.textContent = mapText(maps[chosen]);
    drawU(picture, network, maps, chosen, pick);
    picture.setAttribute("aria-label", `The network as a U; arrow keys walk through its maps. ${detail.textContent}`);
    say(document.activeElement === picture ? detail.textContent : sentence.textContent);
  }

  const box = (kind, ...children) => element("div", { class: kind }, ...children);
  const choose = element("label", { class: "seglab-slider" }, element("span", {}, "Example"), example);
  const hint =
    "Above each block: its size, and its channels. A bar's height follows the size, its width the channels; pale with a " +
    "dashed edge: what a skip brought. Click a bar, or walk with the arrow keys.";
  root.append(
    box("seglab-bar", choose, padding, norm),
    box("seglab-bar", size, box("seglab-group", ...steps), depth, filters, channels, classes),
    sentence,
    box("seglab-scroll-wide", picture),
    detail,
    element("p", { class: "seglab-hint" }, hint),
    numbers,
  );
  const unlisten = listen(model, TRAITS, ask);
  draw();
  return () => {
    ask.stop();
    save.stop();
    unlisten();
    stop();
  };
}

export default { render };
