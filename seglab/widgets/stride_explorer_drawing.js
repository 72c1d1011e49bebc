// Stride explorer: how the grid is drawn, and the table of all strides.

function capital(name) {
  return name[0].toUpperCase() + name.slice(1);
}

/** Every cell as dark as its share, and lines between the cells where there is room for them. */
function drawCells(context, shares, height, width, stride, scale, zoom) {
  const cols = width / stride;
  const side = stride * scale;
  shares.forEach((share, index) => {
    const [left, top] = [(index % cols) * side, Math.floor(index / cols) * side];
    const shade = Math.round(255 - 150 * share);
    context.fillStyle = css([shade, shade, shade]);
    context.fillRect(left, top, side, side);
  });
  if (side / zoom < 6) return;
  context.strokeStyle = "#8c959f";
  context.lineWidth = zoom;
  context.setLineDash([]);
  context.beginPath();
  for (let col = 0; col <= cols; col++) context.rect(col * side, 0, 0, height * scale);
  for (let row = 0; row <= height / stride; row++) context.rect(0, row * side, width * scale, 0);
  context.stroke();
}

/** The shares as numbers, legible on any ground, where there is room for them. */
function drawShares(context, shares, width, stride, scale, zoom) {
  const cols = width / stride;
  const side = stride * scale;
  if (side / zoom < 34) return;
  context.font = `600 ${13 * zoom}px system-ui, "DejaVu Sans", sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3.5 * zoom;
  context.strokeStyle = "#ffffff";
  context.fillStyle = "#111111";
  shares.forEach((share, index) => {
    if (share < 0.005) return;
    const [x, y] = [((index % cols) + 0.5) * side, (Math.floor(index / cols) + 0.5) * side];
    const text = share === 1 ? "1" : share.toFixed(2).replace("0.", ".");
    context.strokeText(text, x, y);
    context.fillText(text, x, y);
  });
}

/** Both measures at every stride, as bars with numbers; a row's button chooses its stride. */
function strideTableNode(choose) {
  const body = element("tbody");
  const head = ["Stride", "IoU", "Boundary IoU"].map((name) => element("th", { scope: "col" }, name));
  const node = element(
    "table",
    { class: "seglab-ladder" },
    element("caption", {}, "This shape at every stride"),
    element("thead", {}, element("tr", {}, ...head)),
    body,
  );
  const rows = {};
  node.show = (table, now) => {
    for (const [stride, measures] of table) {
      rows[stride] ??= ladderRow(body, stride, choose);
      rows[stride](measures, stride === now);
    }
  };
  return node;
}

function ladderRow(body, stride, choose) {
  const pick = element("button", { type: "button", onclick: () => choose(stride) }, String(stride));
  const bars = ["iou", "boundary_iou"].map((key) => {
    const [fill, text] = [element("i"), element("span", { "data-number": `${key}-${stride}` })];
    return [key, fill, text, element("td", {}, element("div", {}, fill, text))];
  });
  body.append(element("tr", {}, element("th", { scope: "row" }, pick), ...bars.map((bar) => bar[3])));
  return (measures, chosen) => {
    pick.setAttribute("aria-pressed", String(chosen));
    pick.setAttribute("aria-label", `Stride ${stride} of the table`);
    for (const [key, fill, text] of bars) {
      fill.style.width = `${100 * (measures[key] ?? 0)}%`;
      const value = digits(measures[key]);
      if (text.textContent !== value) text.textContent = value;
    }
  };
}
