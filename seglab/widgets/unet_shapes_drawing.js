// U-Net shape explorer: the drawing of the U, as SVG in the colors of the page.

const WIDE = 1000;
const TALL_BAR = 104;
const TEXT = 36; // above every block: its sizes and its channels
let drawings = 0; // so that the arrow heads of two demos on one page have names of their own

/** An SVG element with its attributes and children. */
function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Where every map stands: { x, y, width, height } in the order of `maps`, and the height of the whole drawing. */
export function layout(maps, depth) {
  const step = Math.min((WIDE - 70) / (2 * depth + 1), 128);
  const widest = Math.min((step - 26) / 3.4, 30);
  const most = Math.log2(Math.max(...maps.map((one) => one.channels)) + 1);
  const largest = maps[0].size || 1;
  const width = (channels) => Math.max(3, widest * (0.2 + (0.8 * Math.log2(channels + 1)) / most));
  const height = (size) => (size ? Math.max(10, TALL_BAR * Math.sqrt(size / largest)) : 4);
  const heights = Array.from({ length: depth + 1 }, (_, at) =>
    Math.max(...maps.filter(({ level }) => level === at + 1).map(({ size }) => height(size))),
  );
  const tops = heights.map((_, at) => heights.slice(0, at).reduce((sum, one) => sum + one + TEXT + 14, TEXT));
  const left = (WIDE - (2 * depth + 1) * step - 50) / 2;
  const gap = Math.min(9, (step - 3 * widest) / 3);
  let x = left;
  const boxes = maps.map((one, at) => {
    const column = one.block.startsWith("e") ? one.level - 1 : one.block === "bottleneck" ? depth : 2 * depth + 1 - one.level;
    const previous = maps[at - 1];
    if (previous?.block !== one.block && one.kind !== "logits") x = left + column * step;
    // The map that comes up from below is the right part of the concatenation: it takes no room of its own.
    const filters = one.kind === "concat" ? one.channels / 2 : one.channels;
    const wide = width(filters) * (one.kind === "concat" ? 2 : 1);
    const tall = height(one.size);
    const box = { x, y: tops[one.level - 1] + (heights[one.level - 1] - tall) / 2, width: wide, height: tall };
    if (one.kind === "up") box.x += width(filters);
    else x += wide + gap;
    if (maps[at + 1]?.kind === "logits") x = Math.max(x + 12, left + column * step + 84);
    return box;
  });
  return { boxes, height: tops.at(-1) + heights.at(-1) + 16, tops };
}

const middle = ({ y, height }) => y + height / 2;
const right = ({ x, width }) => x + width;

/** The U: bars for maps, arrows for what leads from one to the next. `pick(index)` hears of a click on a bar. */
function drawU(canvas, network, maps, chosen, pick) {
  const { boxes, height, tops } = layout(maps, network.depth);
  const legal = isLegal(network);
  const drawing = (canvas.dataset.drawing ??= String(++drawings));
  const [lines, bars, texts] = [svg("g"), svg("g"), svg("g")];
  const line = (kind, d, head = true) =>
    lines.append(svg("path", { class: `seglab-${kind}`, d, ...(head ? { "marker-end": `url(#seglab-${kind}-head-${drawing})` } : {}) }));
  const write = (x, y, text, kind = "", anchor = "start") =>
    texts.append(svg("text", { x, y, class: kind, "text-anchor": anchor }, text));

  maps.forEach((one, at) => {
    const [box, before] = [boxes[at], boxes[at - 1]];
    if (one.kind === "conv" || one.kind === "logits") line("conv", `M${right(before) + 1} ${middle(before)}H${box.x - 2}`);
    if (one.kind === "pool") {
      const from = before.x + before.width / 2;
      line("pool", `M${from} ${before.y + before.height + 1}V${middle(box)}H${box.x - 3}`);
    }
    if (one.kind === "up") {
      const to = box.x + box.width / 2;
      line("up", `M${right(before) + 1} ${middle(before)}H${to}V${box.y + box.height + 3}`);
    }
    if (one.kind === "concat") {
      const source = boxes[maps.findLastIndex(({ block }) => block === `encoder${one.level}`)];
      const fits = one.crop === 0 || (network.padding === "valid" && Number.isInteger(one.crop) && one.size > 0);
      line(fits ? "skip" : "misfit", `M${right(source) + 1} ${middle(box)}H${box.x - 3}`);
      const misfit = network.padding === "same" || one.size <= 0;
      const label = !fits && misfit ? `${one.skip} ≠ ${one.size}` : one.crop ? `crop ${one.crop}` : "copy";
      write((right(source) + box.x) / 2, middle(box) - 5, label, fits ? "seglab-soft" : "seglab-wrong", "middle");
    }
    const kind = one.kind === "concat" ? "skip" : one.size ? one.kind : "gone";
    const place = { ...box, width: one.kind === "concat" ? box.width / 2 : box.width };
    const bar = svg("rect", { ...place, class: `seglab-map seglab-map-${kind}`, "data-map": at });
    if (at === chosen) bar.classList.add("seglab-chosen");
    bar.append(svg("title", {}, mapText(one)));
    bar.addEventListener("click", () => pick(at));
    bars.append(bar);

    const first = maps[at - 1]?.block !== one.block;
    if (!first) return;
    const block = maps.filter(({ block: name }) => name === one.block);
    const last = block.at(-1);
    const top = tops[one.level - 1] - 20;
    if (one.kind === "logits") {
      write(box.x, top, legal ? `${one.size}` : "–", "seglab-size");
      write(box.x, top + 14, `${one.channels}`, "seglab-soft");
      return;
    }
    const sizes = one.size === last.size ? `${one.size}` : `${one.size} → ${last.size}`;
    write(box.x - (one.kind === "up" ? box.width : 0), top, sizes, "seglab-size");
    const channels = `${one.kind === "up" ? 2 * one.channels : one.channels} → ${last.channels}`;
    write(box.x - (one.kind === "up" ? box.width : 0), top + 14, channels, "seglab-soft");
  });
  const head = (kind) =>
    svg(
      "marker",
      { id: `seglab-${kind}-head-${drawing}`, viewBox: "0 0 8 8", refX: 6, refY: 4, markerWidth: 5, markerHeight: 5, orient: "auto" },
      svg("path", { d: "M0 0L8 4L0 8z", class: `seglab-${kind}-fill` }),
    );
  canvas.setAttribute("viewBox", `0 0 ${WIDE} ${Math.ceil(height)}`);
  canvas.replaceChildren(svg("defs", {}, ...["conv", "pool", "up", "skip", "misfit"].map(head)), lines, bars, texts);
}

const KINDS = {
  input: "the input",
  conv: "after a 3 × 3 convolution",
  pool: "after 2 × 2 max-pooling",
  up: "after a 2 × 2 up-convolution",
  concat: "skip and up-convolution, appended",
  logits: "logits, after a 1 × 1 convolution",
};

/** One map in words. */
export function mapText({ block, kind, size, channels, weights }) {
  if (!size) return `${block}: no pixel is left`;
  const own = weights ? `, ${weights.toLocaleString("en")} weights` : "";
  return `${block}, ${KINDS[kind]}: ${size} × ${size} × ${channels}${own}, ${megabytes(4 * size * size * channels)}`;
}
