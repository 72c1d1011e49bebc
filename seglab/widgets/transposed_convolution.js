// Transposed-convolution stepper: every input cell paints its scaled copy of the kernel onto the output.

const LARGEST = { input: 4, kernel: 5, strides: 4 };
const PADDING_NAMES = { 0: "0", 1: "1", 2: "2", valid: "Keras 'valid'", same: "Keras 'same'" };
const STEP_TIME = 900; // milliseconds between two copies while playing

/** One axis of the output: `full` cells before cropping, of which `before` and `after` go; a negative `after` adds zeros. */
export function outputExtent(n, k, strides, padding) {
  const full = (n - 1) * strides + k;
  let before = Number(padding);
  let after = before;
  if (padding === "valid") [before, after] = [0, Math.min(0, k - strides)];
  if (padding === "same") {
    before = Math.floor(Math.max(0, k - strides) / 2);
    after = k - strides - before;
  }
  return { full, before, after, size: full - before - after };
}

/** Output before cropping, after the first `steps` input cells: sums, and how many copies touch each cell. */
export function paintCopies(x, kernel, strides, steps) {
  const [n, k] = [x.length, kernel.length];
  const full = (n - 1) * strides + k;
  const values = zeros(full, full);
  const copies = zeros(full, full);
  for (let cell = 0; cell < steps; cell++) {
    const [row, col] = [Math.floor(cell / n), cell % n];
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < k; j++) {
        values[row * strides + i][col * strides + j] += x[row][col] * kernel[i][j];
        copies[row * strides + i][col * strides + j] += 1;
      }
    }
  }
  return { values, copies };
}

/** The cells that stay after cropping; cells beyond the painted ones are 0. */
export function cropped(cells, extent) {
  return Array.from({ length: extent.size }, (_, row) =>
    Array.from({ length: extent.size }, (_, col) => cells[row + extent.before]?.[col + extent.before] ?? 0),
  );
}

/** Transposed matrix of the convolution, `size * size` rows and one column per input cell. */
export function transposedMatrix(n, kernel, strides, padding) {
  const k = kernel.length;
  const { before, size } = outputExtent(n, k, strides, padding);
  const matrix = zeros(size * size, n * n);
  for (let cell = 0; cell < n * n; cell++) {
    const [top, left] = [Math.floor(cell / n) * strides - before, (cell % n) * strides - before];
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < k; j++) {
        const [row, col] = [top + i, left + j];
        if (row >= 0 && row < size && col >= 0 && col < size) matrix[row * size + col][cell] = kernel[i][j];
      }
    }
  }
  return matrix;
}

/** Kernel whose stride-`strides` transposed convolution interpolates linearly. */
export function bilinearKernel(strides) {
  const size = 2 * strides - (strides % 2);
  const center = (size - 1) / 2;
  const weights = Array.from({ length: size }, (_, i) => 1 - Math.abs(i - center) / strides);
  return weights.map((a) => weights.map((b) => a * b));
}

/** What stride and kernel size do to the overlap, in a sentence. */
export function overlapVerdict(k, strides) {
  if (k < strides) return `Kernel ${k} < stride ${strides}: gaps that no copy reaches.`;
  const per = Math.floor(k / strides);
  if (k % strides === 0) {
    return `Kernel ${k} is a multiple of stride ${strides}: away from the border every cell gets ${per * per === 1 ? "1 copy" : `${per * per} copies`}.`;
  }
  const counts = [per * per, per * (per + 1), (per + 1) * (per + 1)];
  return `Kernel ${k} is no multiple of stride ${strides}: neighbors get ${counts[0]}, ${counts[1]} or ${counts[2]} copies - a checkerboard.`;
}

function zeros(rows, cols) {
  return Array.from({ length: rows }, () => new Array(cols).fill(0));
}

/** Examples that show one thing each. */
const EXAMPLES = {
  "Checkerboard: kernel 3, stride 2": { x: countUp(3), kernel: countUp(3), strides: 2, padding: 0 },
  "By hand: 2 × 2, stride 1": { x: countUp(2, 0), kernel: countUp(2, 0), strides: 1, padding: 0 },
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

/** At most three significant digits. */
function brief(value) {
  return String(Number(value.toPrecision(3)));
}

function longest(texts) {
  return Math.max(...texts.map((text) => text.length));
}

/** `count` places from `first` on, in words. */
function span(first, count) {
  return count === 1 ? `${first}` : `${first} to ${first + count - 1}`;
}

/** A square of number fields. `change(row, col, value)` hears of edits; `node.show(values, current)` writes. */
function numberFields(name, change) {
  const node = element("div", { class: "seglab-cells seglab-fields", role: "group", "aria-label": name });
  let fields = [];
  const build = (size) => {
    fields = Array.from({ length: size * size }, (_, cell) => {
      const [row, col] = [Math.floor(cell / size), cell % size];
      const field = element("input", { type: "number", step: "any", "aria-label": `${name}, row ${row}, column ${col}` });
      field.addEventListener("input", () => {
        if (Number.isFinite(field.valueAsNumber)) change(row, col, field.valueAsNumber);
      });
      return field;
    });
    node.style.setProperty("--cols", size);
    node.replaceChildren(...fields);
  };
  node.show = (values, current) => {
    const texts = values.flat().map(brief);
    if (fields.length !== texts.length) build(values.length);
    node.style.setProperty("--chars", longest(texts));
    fields.forEach((field, cell) => {
      if (document.activeElement !== field) field.value = texts[cell];
      field.classList.toggle("seglab-now", cell === current);
    });
  };
  return node;
}

/** A table of numbers; `node.show(size, cell)` writes { text, strength, kinds, title } of `cell(row, col)`. */
function numberTable(name) {
  const node = element("table", { class: "seglab-cells" });
  let cells = [];
  node.show = (size, cell) => {
    if (cells.length !== size * size) {
      node.replaceChildren();
      cells = Array.from({ length: size }, () => node.insertRow()).flatMap((line) =>
        Array.from({ length: size }, () => line.insertCell()),
      );
      node.setAttribute("aria-label", `${name}, ${size} rows and ${size} columns`);
      node.style.setProperty("--cols", size);
    }
    const shown = cells.map((_, place) => cell(Math.floor(place / size), place % size));
    node.style.setProperty("--chars", longest(shown.map(({ text }) => text)));
    cells.forEach((td, place) => {
      const { text, strength, kinds = "", title = "" } = shown[place];
      td.textContent = text;
      td.className = kinds;
      td.title = title;
      td.style.setProperty("--strength", `${Math.round(12 * Math.sign(strength) + 58 * strength)}%`);
    });
  };
  return node;
}

/** SVG of the transposed matrix with column `current` framed; the columns after it are pale. */
function matrixDrawing(matrix, current) {
  const [rows, cols] = [matrix.length, matrix[0].length];
  const height = clamp(340 / rows, 1.25, 24);
  const width = clamp(210 / cols, 15, 34);
  const legible = height >= 14;
  const largest = Math.max(1e-9, ...matrix.flat().map(Math.abs));
  const parts = [];
  matrix.forEach((line, row) =>
    line.forEach((value, col) => {
      const later = col > current ? " seglab-later" : "";
      if (value) {
        const sign = value < 0 ? " seglab-negative" : "";
        const opacity = (0.22 + ((legible ? 0.45 : 0.78) * Math.abs(value)) / largest).toFixed(2);
        const box = `x="${col * width}" y="${row * height}" width="${width}" height="${height}"`;
        parts.push(`<rect class="seglab-entry${sign}${later}" ${box} fill-opacity="${opacity}"/>`);
      }
      if (legible) {
        const middle = `x="${(col + 0.5) * width}" y="${(row + 0.5) * height}"`;
        parts.push(`<text class="${value ? "" : "seglab-empty"}${later}" ${middle}>${brief(value)}</text>`);
      }
    }),
  );
  for (let col = 0; col <= cols; col++) parts.push(`<path d="M${col * width} 0v${rows * height}"/>`);
  for (let row = 0; row <= rows; row += legible ? 1 : rows) parts.push(`<path d="M0 ${row * height}h${cols * width}"/>`);
  if (current >= 0) {
    parts.push(`<rect class="seglab-frame" x="${current * width}" width="${width}" height="${rows * height}"/>`);
  }
  const name = `Transposed matrix, ${rows} rows, ${cols} columns${current < 0 ? "" : `, column ${current} framed`}`;
  const [wide, high] = [cols * width + 4, rows * height + 4];
  return `<svg viewBox="-2 -2 ${wide} ${high}" width="${wide}" role="img" aria-label="${name}">${parts.join("")}</svg>`;
}

/** The size formula with its numbers. */
function sizeFormula(n, k, strides, padding) {
  const { before, after, size } = outputExtent(n, k, strides, padding);
  if (padding === "same") {
    const rest = after < 0 ? `${-after} of zeros added at the end` : `${before} cropped at the start, ${after} at the end`;
    return `Output size n·s = ${n} · ${strides} = ${size}: ${rest}.`;
  }
  if (padding === "valid") return `Output size (n − 1)·s + max(k, s) = ${n - 1} · ${strides} + ${Math.max(k, strides)} = ${size}.`;
  return `Output size (n − 1)·s + k − 2p = ${n - 1} · ${strides} + ${k} − ${2 * padding} = ${size}.`;
}

/** What the step painted, in words. */
function stepSentence({ x, kernel, strides, padding, step }) {
  const [n, k] = [x.length, kernel.length];
  if (step === 0) return `Nothing painted yet: ${n * n} copies of the kernel to come.`;
  const [row, col] = [Math.floor((step - 1) / n), (step - 1) % n];
  const { copies } = paintCopies(x, kernel, strides, step - 1);
  const { before, size } = outputExtent(n, k, strides, padding);
  let [shared, lost] = [0, 0];
  for (let i = row * strides; i < row * strides + k; i++) {
    for (let j = col * strides; j < col * strides + k; j++) {
      if (copies[i][j]) shared += 1;
      if (Math.min(i, j) < before || Math.max(i, j) >= before + size) lost += 1;
    }
  }
  const place = `rows ${span(row * strides, k)}, columns ${span(col * strides, k)}`;
  const crop = lost ? `; ${lost} will be cropped` : "";
  return (
    `Copy ${step} of ${n * n}: input (${row}, ${col}) is ${brief(x[row][col])}, so ${brief(x[row][col])} × kernel is added to ` +
    `${place}. ${shared} of these ${k * k} cells held a copy already${crop}.`
  );
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
    const values = Object.fromEntries(TRAITS.map((trait) => [trait, model.get(trait)]));
    return { ...values, step: Math.min(values.step, last()) };
  }
  function set(changes) {
    for (const [trait, value] of Object.entries(changes)) model.set(trait, value);
    save();
    ask();
  }
  /** Change the geometry; a padding that would leave nothing gives way. */
  function reshape(changes) {
    const { x, kernel, strides, padding } = { ...state(), ...changes };
    const { size } = outputExtent(x.length, kernel.length, strides, padding);
    set({ ...changes, padding: size < 1 ? 0 : padding, step: x.length ** 2 });
  }
  function walk(by) {
    set({ step: clamp(model.get("step") + by, 0, last()) });
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
  const matrix = element("div", { class: "seglab-matrix" });
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
    parts.output.caption.textContent =
      `Output ${extent.size} × ${extent.size}` + (extent.full > extent.size ? `, cropped from ${extent.full} × ${extent.full}` : "");

    const transposed = transposedMatrix(n, kernel, strides, now.padding);
    const filled = transposed.flat().filter(Boolean).length;
    matrix.innerHTML = matrixDrawing(transposed, current);
    parts.matrix.caption.textContent = `Wᵀ ${extent.size ** 2} × ${n * n}: ${filled} of ${extent.size ** 2 * n * n} entries are not 0`;

    sentence.textContent = stepSentence(now);
    verdict.textContent = `${sizeFormula(n, k, strides, now.padding)} ${overlapVerdict(k, strides)}`;
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
  const row = (kind, ...children) => element("div", { class: kind }, ...children);
  const sign = (text) => element("span", { class: "seglab-sign", "aria-hidden": "true" }, text);
  const pair = row("seglab-pair", parts.x.node, sign("∗"), parts.kernel.node);
  root.append(
    row("seglab-bar", example.outer, padding.outer, view),
    row("seglab-bar", inputSize, kernelSize, stride),
    row("seglab-bar", steps, position),
    sentence,
    row("seglab-stage", row("seglab-left", pair, parts.copy.node), parts.output.node, parts.matrix.node),
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

/** How a table shows a number: its text, its share of the largest, its sign. */
function numberCell(value, largest) {
  return { text: brief(value), strength: Math.abs(value) / largest, kinds: value < 0 ? "seglab-negative" : "" };
}

export default { render };
