// Transposed-convolution stepper: cells to edit, cells to read, and the matrix as a drawing.

/** At most three significant digits, and no 0 before the point. */
function brief(value) {
  return String(Number(value.toPrecision(3))).replace(/^(-?)0\./, "$1.");
}

function longest(texts) {
  return Math.max(...texts.map((text) => text.length));
}

/** How a table shows a number: its text, its share of the largest, its sign. */
function numberCell(value, largest) {
  return { text: brief(value), strength: Math.abs(value) / largest, kinds: value < 0 ? "seglab-negative" : "" };
}

/** A square of number fields. `change(row, col, value)` hears of edits; `node.show(values, current)` writes. */
function numberFields(name, change) {
  const node = element("div", { class: "seglab-cells seglab-fields", role: "group", "aria-label": name });
  let [fields, texts] = [[], []];
  const build = (size) => {
    fields = Array.from({ length: size * size }, (_, cell) => {
      const [row, col] = [Math.floor(cell / size), cell % size];
      const label = `${name}, row ${row}, column ${col}`;
      const field = element("input", { type: "number", step: "any", "aria-label": label });
      field.addEventListener("input", () => {
        if (Number.isFinite(field.valueAsNumber)) change(row, col, field.valueAsNumber);
      });
      field.addEventListener("blur", () => (field.value = texts[cell]));
      return field;
    });
    node.style.setProperty("--cols", size);
    node.replaceChildren(...fields);
  };
  node.show = (values, current) => {
    texts = values.flat().map(brief);
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
      const share = `${Math.round(12 * Math.sign(strength) + 58 * strength)}%`;
      const state = [text, kinds, title, share].join("|");
      if (td.state === state) return;
      td.state = state;
      td.textContent = text;
      td.className = kinds;
      td.title = title;
      td.style.setProperty("--strength", share);
    });
  };
  return node;
}

/** SVG of a matrix: a group per column, and a frame for the current one. */
function matrixSvg(matrix) {
  const [rows, cols] = [matrix.length, matrix[0].length];
  const height = clamp(340 / rows, 1.25, 24);
  const width = clamp(210 / cols, 15, 34);
  const [wide, high] = [cols * width, rows * height];
  const legible = height >= 14;
  const largest = Math.max(1e-9, ...matrix.flat().map(Math.abs));
  const columns = matrix[0].map((_, col) =>
    matrix.map((line, row) => {
      const value = line[col];
      const sign = value < 0 ? " seglab-negative" : "";
      const opacity = (0.22 + ((legible ? 0.45 : 0.78) * Math.abs(value)) / largest).toFixed(2);
      const box = `x="${col * width}" y="${row * height}" width="${width}" height="${height}"`;
      const middle = `x="${(col + 0.5) * width}" y="${(row + 0.5) * height}"`;
      const entry = value ? `<rect class="seglab-entry${sign}" ${box} fill-opacity="${opacity}"/>` : "";
      return entry + (legible ? `<text class="${value ? "" : "seglab-empty"}" ${middle}>${brief(value)}</text>` : "");
    }),
  );
  const rules = Array.from({ length: cols + 1 }, (_, col) => `M${col * width} 0v${high}`);
  for (let row = 0; row <= rows; row += legible ? 1 : rows) rules.push(`M0 ${row * height}h${wide}`);
  return `<svg viewBox="-2 -2 ${wide + 4} ${high + 4}" width="${wide + 4}" role="img">
    ${columns.map((entries) => `<g>${entries.join("")}</g>`).join("")}
    <path d="${rules.join("")}"/><rect class="seglab-frame" width="${width}" height="${high}"/></svg>`;
}

/** A drawing of a matrix; `node.show(matrix, current)` frames a column, and pales those after it. */
function matrixDrawing(name) {
  const node = element("div", { class: "seglab-matrix" });
  let drawn = "";
  node.show = (matrix, current) => {
    const wanted = matrixSvg(matrix);
    if (wanted !== drawn) node.innerHTML = drawn = wanted;
    const [svg, frame] = [node.querySelector("svg"), node.querySelector(".seglab-frame")];
    node.querySelectorAll("g").forEach((column, col) => column.classList.toggle("seglab-later", col > current));
    frame.setAttribute("x", frame.getAttribute("width") * current);
    frame.setAttribute("visibility", current < 0 ? "hidden" : "visible");
    const framed = current < 0 ? "" : `, column ${current} framed`;
    svg.setAttribute("aria-label", `${name}, ${matrix.length} rows, ${matrix[0].length} columns${framed}`);
  };
  return node;
}
