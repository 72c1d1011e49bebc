// NMS threshold: how boxes, arrows and the list are drawn.

/** Color and dashes of each kind, as in Python's static picture; width in pixels of the screen. */
const LOOKS = {
  found: { color: "#56b4e9", dash: [], width: 3, name: "finds its object" },
  duplicate: { color: "#e69f00", dash: [9, 4], width: 3, name: "duplicate" },
  "false alarm": { color: "#cc79a7", dash: [3, 3], width: 3, name: "false alarm" },
  fallen: { color: "#ffffff", dash: [1.5, 3], width: 1.2, name: "fallen, with a line to whom" },
  weak: { color: "#9aa5a1", dash: [1, 7], width: 1, name: "score too low" },
};
const MISSED = { color: "#f0e442", dash: [10, 3, 2, 3], width: 2 };

/** Draw a box, on a dark line so that it is seen on any ground. */
function drawBox(context, [top, left, bottom, right], { color, dash, width }, scale, zoom) {
  const path = new Path2D();
  path.rect(left * scale, top * scale, (right - left) * scale, (bottom - top) * scale);
  const dashes = dash.map((length) => length * zoom);
  if (width > 1.5) strokePath(context, path, "rgb(0 0 0 / 0.75)", (width + 2) * zoom, []);
  strokePath(context, path, color, width * zoom, dashes);
}

function strokePath(context, path, color, lineWidth, dash) {
  context.strokeStyle = color;
  context.lineWidth = lineWidth;
  context.setLineDash(dash);
  context.stroke(path);
}

/** A line from the upper right corner of a box to that of another, with a head at its end. */
function drawFall(context, from, to, { color, width }, scale, zoom) {
  const [x, y, endX, endY] = [from[3], from[0], to[3], to[0]].map((value) => value * scale);
  const path = new Path2D();
  path.moveTo(x, y);
  path.lineTo(endX, endY);
  const angle = Math.atan2(endY - y, endX - x);
  for (const side of [-0.5, 0.5]) {
    path.moveTo(endX, endY);
    path.lineTo(endX - 9 * zoom * Math.cos(angle + side), endY - 9 * zoom * Math.sin(angle + side));
  }
  strokePath(context, path, "rgb(0 0 0 / 0.75)", (width + 2) * zoom, []);
  strokePath(context, path, color, width * zoom, []);
}

/** Words on a dark plate whose lower left corner stands at (x, y), moved into the canvas. */
function drawWords(context, text, x, y, color, zoom) {
  context.font = `600 ${13 * zoom}px system-ui, "DejaVu Sans", sans-serif`;
  const [wide, tall] = [context.measureText(text).width + 8 * zoom, 18 * zoom];
  const left = clamp(x, 0, context.canvas.width - wide);
  const top = clamp(y - tall, 0, context.canvas.height - tall);
  context.fillStyle = "rgb(0 0 0 / 0.82)";
  context.fillRect(left, top, wide, tall);
  context.fillStyle = color;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(text, left + 4 * zoom, top + tall / 2 + zoom);
}

/** A score as short as it can be read: .86 */
function short(score) {
  return score.toFixed(2).replace(/^0/, "");
}

/** What becomes of a box, in words; `rank` gives the number that each box is known by. */
export function fateWords({ kind, to, iou }, fates, rank) {
  if (kind === "weak") return "score too low";
  if (kind === "fallen") {
    const gone = fates[to].kind === "fallen" ? " (fallen itself)" : "";
    return `falls to ${rank[to]}${gone}, IoU ${short(iou)}`;
  }
  if (kind === "false alarm") return "kept: false alarm";
  return kind === "found" ? `kept: finds object ${to + 1}` : `kept: duplicate, object ${to + 1}`;
}

/** The list of all boxes by score; a click on a row chooses its box. */
function fateTable(choose) {
  const body = element("tbody");
  const heads = ["Box", "Score", "What becomes of it"].map((name) => element("th", { scope: "col" }, name));
  const table = element("table", { class: "seglab-fates" }, element("thead", {}, element("tr", {}, ...heads)), body);
  const scroller = element("div", { tabindex: 0, role: "region", "aria-label": "Boxes by score" }, table);
  const node = element("div", { class: "seglab-fates-frame" }, scroller);
  const rows = [];
  let shown = -1;
  /** Scroll the list, not the page, so far that a row is seen below the head. */
  function follow(row) {
    if (!row) return;
    const [top, bottom] = [row.offsetTop - row.offsetHeight, row.offsetTop + row.offsetHeight];
    scroller.scrollTop = clamp(scroller.scrollTop, bottom - scroller.clientHeight, top);
  }
  node.show = (order, entries, selected) => {
    entries.forEach(({ number, score, kind, words }, place) => {
      rows[place] ??= fateRow(body);
      rows[place](number, score, kind, words, order[place] === selected, () => choose(order[place]));
    });
    if (shown !== selected) follow(body.querySelector("[aria-current]"));
    shown = selected;
  };
  return node;
}

function fateRow(body) {
  const cells = [element("th", { scope: "row" }), element("td"), element("td")];
  const row = element("tr", {}, ...cells);
  body.append(row);
  return (number, score, kind, words, chosen, act) => {
    [number, score, words].forEach((text, place) => {
      if (cells[place].textContent !== text) cells[place].textContent = text;
    });
    row.dataset.kind = kind;
    row.toggleAttribute("aria-current", chosen);
    row.onclick = act;
  };
}
