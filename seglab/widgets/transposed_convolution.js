// Transposed-convolution stepper: every input cell paints its scaled copy of the kernel onto the output.

const LARGEST = { input: 4, kernel: 5, strides: 4 };
const PADDING_NAMES = { 0: "0", 1: "1", 2: "2", valid: "Keras 'valid'", same: "Keras 'same'" };
const STEP_TIME = 900; // milliseconds between two copies while playing

/** Examples that show one thing each. */
const EXAMPLES = {
  "Checkerboard: kernel 3, stride 2": { x: countUp(3), kernel: countUp(3), strides: 2, padding: 0 },
  "By hand: 2 × 2, stride 1": { x: countUp(2, 0), kernel: countUp(2, 0), strides: 1, padding: 0 },
  "By hand: 2 × 2, stride 2": { x: countUp(2, 0), kernel: countUp(2, 0), strides: 2, padding: 0 },
  "Side by side: kernel 2, stride 2": { x: countUp(3), kernel: countUp(2), strides: 2, padding: 0 },
  "Gaps: kernel 2, stride 3": { x: countUp(3), kernel: countUp(2), strides: 3, padding: 0 },
  "Gaps, Keras 'valid'": { x: countUp(3), kernel: countUp(2), strides: 3, padding: "valid" },
  "Padding crops: kernel 3, padding 1": { x: countUp(3), kernel: countUp(3), strides: 1, padding: 1 },
  "Odd crop, Keras 'same'": { x: countUp(3), kernel: countUp(3), strides: 2, padding: "same" },
  "Bilinear, twice as large": { x: countUp(3), kernel: bilinearKernel(2), strides: 2, padding: 1 },
};

function countUp(size, first = 1) {
  return Array.from({ length: size }, (_, row) => Array.from({ length: size }, (_, col) => first + row * size + col));
}

/** A state without what does not fit: a padding that leaves nothing of the output, a step past the last. */
function fitting(state) {
  const { x, kernel, strides, padding, step } = state;
  const { size } = outputExtent(x.length, kernel.length, strides, padding);
  return { ...state, padding: size < 1 ? 0 : padding, step: Math.min(step, x.length ** 2) };
}

const TRAITS = ["x", "kernel", "strides", "padding", "step", "view"];

function render({ model, el }) {
  const { root, say, stop } = mount(el, "Transposed convolution, step by step");
  root.classList.add("seglab-transposed");
  const save = saver(model);
  const ask = onFrame(draw);
  const last = () => model.get("x").length ** 2;
  let playing = 0;

  function state() {
    return fitting(Object.fromEntries(TRAITS.map((trait) => [trait, model.get(trait)])));
  }
  function set(changes) {
    for (const [trait, value] of Object.entries(changes)) model.set(trait, value);
    save();
    ask.now();
  }
  /** Change the geometry, and show all copies. */
  function reshape(changes) {
    const { padding, step } = fitting({ ...state(), ...changes, step: Infinity });
    set({ ...changes, padding, step });
  }
  function walk(by) {
    set({ step: clamp(state().step + by, 0, last()) });
  }
  function play(on) {
    clearInterval(playing);
    playButton.press(on);
    if (!on) return;
    if (model.get("step") >= last()) set({ step: 0 });
    playing = setInterval(() => {
      walk(1);
      if (model.get("step") >= last()) play(false);
    }, STEP_TIME);
  }
  function edited(trait) {
    return (row, col, value) => {
      const values = model.get(trait).map((line) => [...line]);
      values[row][col] = value;
      set({ [trait]: values });
    };
  }
  function select(label, options, change) {
    const node = element("select", { onchange: () => change(node.value) });
    node.append(...options.map(([value, text]) => element("option", { value }, text)));
    const outer = element("label", { class: "seglab-slider" }, element("span", {}, label), node);
    return { outer, node };
  }

  const examples = [["", "your own"], ...Object.keys(EXAMPLES).map((name) => [name, name])];
  const example = select("Example", examples, (name) => name && reshape(EXAMPLES[name]));
  const inputSize = slider("Input size", { min: 1, max: LARGEST.input }, (n) => reshape({ x: countUp(n) }));
  const kernelSize = slider("Kernel size", { min: 1, max: LARGEST.kernel }, (k) => reshape({ kernel: countUp(k) }));
  const stride = slider("Stride", { min: 1, max: LARGEST.strides }, (strides) => reshape({ strides }));
  const padding = select("Padding", Object.entries(PADDING_NAMES), (value) =>
    reshape({ padding: Number.isNaN(Number(value)) ? value : Number(value) }),
  );
  const playButton = toggle("Play", false, play);
  const position = slider("Copies painted", { min: 0, max: LARGEST.input ** 2 }, (step) => set({ step }));
  const views = [["values", "values"], ["copies", "copies per cell"]];
  const view = choice("Output shows", views, model.get("view"), (chosen) => set({ view: chosen }));
  const sentence = element("p", { class: "seglab-sentence" });
  const verdict = element("p", { class: "seglab-hint" });

  const fields = { x: numberFields("Input", edited("x")), kernel: numberFields("Kernel", edited("kernel")) };
  const copy = numberTable("Scaled copy of the kernel");
  const output = numberTable("Output before cropping");
  const frame = element("div", { class: "seglab-frame" });
  const matrix = matrixDrawing("Transposed matrix");
  const part = (content) => {
    const caption = element("figcaption");
    return { caption, node: element("figure", { class: "seglab-part" }, caption, content) };
  };
  const parts = {
    x: part(fields.x),
    kernel: part(fields.kernel),
    copy: part(copy),
    output: part(element("div", { class: "seglab-cells" }, output, frame)),
    matrix: part(matrix),
  };

  function draw() {
    const now = state();
    const { x, kernel, strides, step } = now;
    const [n, k, current] = [x.length, kernel.length, step - 1];
    const extent = outputExtent(n, k, strides, now.padding);
    const painted = paintCopies(x, kernel, strides, step);
    const final = paintCopies(x, kernel, strides, n * n);
    const [row, col] = [Math.floor(current / n), current % n];
    const factor = step ? x[row][col] : 0;

    const chosen = Object.keys(EXAMPLES).find((name) =>
      Object.entries(EXAMPLES[name]).every(([trait, value]) => JSON.stringify(value) === JSON.stringify(now[trait])),
    );
    example.node.value = chosen ?? "";
    inputSize.set(n);
    kernelSize.set(k);
    stride.set(strides);
    for (const option of padding.node.options) option.disabled = outputExtent(n, k, strides, option.value).size < 1;
    padding.node.value = String(now.padding);
    position.querySelector("input").max = n * n;
    position.set(step);
    view.choose(now.view);

    fields.x.show(x, current);
    fields.kernel.show(kernel, -1);
    parts.x.caption.textContent = `Input ${n} × ${n}`;
    parts.kernel.caption.textContent = `Kernel ${k} × ${k}`;
    parts.copy.caption.textContent = step ? `${brief(factor)} × kernel` : "Scaled copy";
    const scale = Math.max(1e-9, ...x.flat().map(Math.abs)) * Math.max(1e-9, ...kernel.flat().map(Math.abs));
    copy.show(k, (i, j) => numberCell(factor * kernel[i][j], scale));

    const largest = Math.max(1e-9, ...final[now.view].flat().map(Math.abs));
    output.show(Math.max(extent.full, extent.full - extent.after), (i, j) => {
      const cell = numberCell(painted[now.view][i]?.[j] ?? 0, largest);
      if (!painted.copies[i]?.[j]) cell.kinds += " seglab-empty";
      const stays = Math.min(i, j) >= extent.before && Math.max(i, j) < extent.before + extent.size;
      return stays ? cell : { ...cell, kinds: `${cell.kinds} seglab-cut`, title: "cropped" };
    });
    frame.hidden = !step;
    frame.style.cssText = `--row: ${row * strides}; --col: ${col * strides}; --span: ${k}`;
    frame.parentElement.style.setProperty("--cols", Math.max(extent.full, extent.full - extent.after));
    const cropping = extent.full > extent.size ? `, cropped from ${extent.full} × ${extent.full}` : "";
    parts.output.caption.textContent = `Output ${extent.size} × ${extent.size}${cropping}`;

    const transposed = transposedMatrix(n, kernel, strides, now.padding);
    matrix.show(transposed, current);
    parts.matrix.caption.textContent = `Wᵀ ${extent.size ** 2} × ${n * n}`;

    sentence.textContent = stepSentence(now);
    const facts = [sizeFormula(n, k, strides, now.padding), overlapVerdict(k, strides), matrixFacts(transposed)];
    verdict.textContent = facts.join(" ");
    say(sentence.textContent);
  }

  const steps = element("div", { class: "seglab-group", role: "group", "aria-label": "Steps" });
  steps.append(
    button("Start", () => walk(-last())),
    button("Back", () => walk(-1)),
    playButton,
    button("Forward", () => walk(1)),
    button("End", () => walk(last())),
  );
  const box = (kind, ...children) => element("div", { class: kind }, ...children);
  const sign = (text) => element("span", { class: "seglab-sign", "aria-hidden": "true" }, text);
  const pair = box("seglab-pair", parts.x.node, sign("∗"), parts.kernel.node);
  root.append(
    box("seglab-bar", example.outer, padding.outer, view),
    box("seglab-bar", inputSize, kernelSize, stride),
    box("seglab-bar", steps, position),
    sentence,
    box("seglab-stage", box("seglab-left", pair, parts.copy.node), parts.output.node, parts.matrix.node),
    verdict,
  );
  const unlisten = listen(model, TRAITS, ask);
  draw();
  return () => {
    clearInterval(playing);
    ask.stop();
    save.stop();
    unlisten();
    stop();
  };
}

export default { render };
