// Receptive-field explorer: the layers as a table to edit.

const LIMITS = { kernel: [1, 15], strides: [1, 8], dilation: [1, 64] };
const CONTROLS = ["kernel", "strides", "dilation"];
const NUMBERS = ["effective", "field", "step", "map", "weights", "taps inside"];
const HEADINGS = ["layer", "kernel", "stride", "dilation", ...NUMBERS, ""];

/** Table of the layers, with fields to edit them; `change(layers)` hears of every edit, `node.show(fields)` writes. */
function layerTable(change) {
  const body = element("tbody");
  const head = element("tr", {}, ...HEADINGS.map((text) => element("th", { scope: "col" }, text)));
  const node = element("div", { class: "seglab-scroll", tabindex: 0, role: "region", "aria-label": "Layers" });
  node.append(element("table", {}, element("thead", {}, head), body));
  let layers = [];
  const edit = (at, control, value) => {
    const [low, high] = LIMITS[CONTROLS[control]];
    if (!Number.isInteger(value) || value < low || value > high) return;
    change(layers.map((layer, index) => (index === at ? layer.with(control, value) : layer)));
  };
  const row = (at) => {
    const inputs = CONTROLS.map((name, control) => {
      const [min, max] = LIMITS[name];
      const label = `Layer ${at + 1}, ${HEADINGS[control + 1]}`;
      const input = element("input", { type: "number", min, max, "aria-label": label });
      input.addEventListener("input", () => edit(at, control, input.valueAsNumber));
      input.addEventListener("change", () => (input.value = layers[at][control]));
      return input;
    });
    const remove = button("×", () => {
      change(layers.filter((_, index) => index !== at));
      body.rows[Math.max(0, at - 1)].querySelector("input").focus();
    });
    remove.setAttribute("aria-label", `Remove layer ${at + 1}`);
    const cells = [...inputs, ...NUMBERS.map(() => ""), remove].map((content) => element("td", {}, content));
    return element("tr", {}, element("th", { scope: "row" }, `${at + 1}`), ...cells);
  };
  node.show = (fields) => {
    layers = fields.map(({ kernel, strides, dilation }) => [kernel, strides, dilation]);
    while (body.rows.length > fields.length) body.lastChild.remove();
    while (body.rows.length < fields.length) body.append(row(body.rows.length));
    fields.forEach((field, at) => {
      const { input, output, kernel, dilation } = field;
      const taps = `${Number(meanValidTaps(input, kernel, dilation).toFixed(2))} of ${field.weights}`;
      const texts = [field.effective, field.size, field.stride, output, field.weights, taps].map(String);
      const cells = [...body.rows[at].cells].slice(1);
      layers[at].forEach((value, control) => {
        const one = cells[control].firstChild;
        if (document.activeElement !== one || one.valueAsNumber !== value) one.value = value;
      });
      texts.forEach((text, index) => (cells[index + CONTROLS.length].textContent = text));
      cells.at(-1).firstChild.disabled = fields.length === 1;
    });
  };
  return node;
}
