// Dilation rates on a map: how many taps of atrous kernels are left on it.

const LARGEST_RATE = 24;
const MOST_RATES = 4;
const TRAITS = ["rates", "map_size", "kernel", "center"];

/** States that show one thing each. */
const EXAMPLES = {
  "Paper: 6, 12, 18 on 33 × 33": { rates: [6, 12, 18], map_size: 33, kernel: 3 },
  "The same rates on 8 × 8": { rates: [6, 12, 18], map_size: 8, kernel: 3 },
  "Divided by four: 1, 3, 4 on 8 × 8": { rates: [1, 3, 4], map_size: 8, kernel: 3 },
  "DeepLab v2: four rates on 65 × 65": { rates: [6, 12, 18, 24], map_size: 65, kernel: 3 },
  "LargeFOV: rate 12 on 65 × 65": { rates: [12], map_size: 65, kernel: 3 },
};

function render({ model, el }) {
  const { root, say, stop } = mount(el, "Dilation rates on a map");
  root.classList.add("seglab-dilation");
  const save = saver(model);
  const ask = onFrame(draw);

  function state() {
    const n = model.get("map_size");
    const center = model.get("center").map((index) => clamp(index, 0, n - 1));
    return { n, center, kernel: model.get("kernel"), rates: model.get("rates") };
  }
  function set(changes) {
    for (const [trait, value] of Object.entries(changes)) model.set(trait, value);
    save();
    ask.now();
  }
  /** Change the map; the kernel moves to its middle. */
  function resize(changes) {
    const n = changes.map_size;
    set({ ...changes, center: [Math.floor(n / 2), Math.floor(n / 2)] });
  }
  function move(row, col) {
    const last = model.get("map_size") - 1;
    set({ center: [clamp(row, 0, last), clamp(col, 0, last)] });
  }

  const example = element("select", { onchange: () => example.value && resize(EXAMPLES[example.value]) });
  const names = ["", ...Object.keys(EXAMPLES)];
  example.append(...names.map((name) => element("option", { value: name }, name || "your own")));
  const size = slider("Map size", { min: 4, max: 65 }, (n) => resize({ map_size: n }));
  const sides = [1, 3, 5].map((side) => [side, `${side} × ${side}`]);
  const kernel = choice("Kernel", sides, model.get("kernel"), (side) => set({ kernel: side }));
  const sliders = BRANCHES.map(([, mark], branch) => {
    const node = slider(`Rate ${branch + 1}`, { min: 1, max: LARGEST_RATE }, (rate) => {
      set({ rates: model.get("rates").map((old, at) => (at === branch ? rate : old)) });
    });
    node.prepend(element("span", { class: "seglab-mark", "data-branch": branch, "aria-hidden": "true" }, mark));
    return node;
  });
  const add = button("Add rate", () => {
    const rates = model.get("rates");
    set({ rates: [...rates, clamp(rates.at(-1) + 6, 1, LARGEST_RATE)] });
  });
  const remove = button("Remove rate", () => set({ rates: model.get("rates").slice(0, -1) }));
  const body = element("tbody");
  const heads = ["rate", "spans", "taps on the map here", "on average"];
  const table = element(
    "table",
    { "aria-label": "Taps that read the map" },
    element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
    body,
  );
  const warning = element("p", { class: "seglab-warning" });
  const canvas = element("canvas", { tabindex: 0, role: "application" });

  canvas.addEventListener("keydown", (event) => {
    const way = arrow(event);
    const [row, col] = state().center;
    if (way) move(row + way[0], col + way[1]);
  });
  const follow = (event) => {
    const { n, kernel: side, rates } = state();
    const { low, scale } = tapScale(n, side, rates);
    const [x, y] = pointOn(canvas, event, SIDE, SIDE);
    move(...[y, x].map((at) => Math.floor(at / scale + low)));
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    follow(event);
  });
  canvas.addEventListener("pointermove", (event) => canvas.hasPointerCapture(event.pointerId) && follow(event));

  function draw() {
    const now = state();
    const { n, kernel: side, rates, center } = now;
    const same = ([, one]) => one.map_size === n && one.kernel === side && String(one.rates) === String(rates);
    example.value = Object.entries(EXAMPLES).find(same)?.[0] ?? "";
    size.set(n);
    kernel.choose(side);
    sliders.forEach((node, branch) => {
      node.hidden = branch >= rates.length;
      if (!node.hidden) node.set(rates[branch]);
    });
    add.disabled = rates.length >= MOST_RATES;
    remove.disabled = rates.length < 2;

    const branches = rates.map((rate) => branchNumbers(n, side, rate, center));
    const cell = (text) => element("td", {}, text);
    body.replaceChildren(
      ...branches.map(({ rate, spans, valid, mean, all }, branch) => {
        const mark = element("span", { class: "seglab-mark", "data-branch": branch, "aria-hidden": "true" });
        mark.textContent = BRANCHES[branch][1];
        const head = element("th", { scope: "row" }, mark, ` ${rate}`);
        return element("tr", {}, head, cell(`${spans}`), cell(`${valid} of ${all}`), cell(mean.toFixed(2)));
      }),
    );
    warning.textContent = branches.map(tapWarning).filter(Boolean).join(" ");
    const left = branches.map(({ rate, valid, all }) => `rate ${rate} ${valid} of ${all}`).join(", ");
    const sentence = `Pixel (${center.join(", ")}) of ${n} × ${n}: taps on the map: ${left}.`;
    canvas.setAttribute("aria-label", `${sentence} Arrow keys move the kernel.`);

    const style = getComputedStyle(root);
    const colors = Object.fromEntries(
      ["ink", "paper", "line"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
    );
    colors.branches = root.dataset.theme === "dark" ? DARK_BRANCHES : BRANCHES.map(([color]) => color);
    for (const mark of root.querySelectorAll(".seglab-mark")) mark.style.color = colors.branches[mark.dataset.branch];
    if (colors.ink) drawTaps(canvas, now, colors); // a notebook attaches the demo later
    say(`${sentence} ${warning.textContent}`);
  }

  const box = (kind, ...children) => element("div", { class: kind }, ...children);
  const choose = element("label", { class: "seglab-slider" }, element("span", {}, "Example"), example);
  const caption = "Filled: the tap reads the map. Hollow: it reads zeros. Drag the kernel or use the arrow keys.";
  const picture = element("figure", { class: "seglab-part" }, canvas, element("figcaption", {}, caption));
  root.append(
    box("seglab-bar", choose, size, kernel),
    box("seglab-stage", picture, box("seglab-branches", ...sliders, box("seglab-bar", add, remove), table, warning)),
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
