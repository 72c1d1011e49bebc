// What all demos share. seglab.widgets.base puts this file in front of a demo's own: together they are one ES module.

/** Make an element: `element("button", { class: "x", onclick: act }, "Text", child)`. False and null leave out. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

/**
 * Put the demo's root into `el`: a labeled section in the colors of the page, with a status line for screen readers.
 * Returns { root, say, stop }: `say(text)` announces once the text rests, `stop()` ends what runs in the background.
 */
export function mount(el, title) {
  const status = element("div", { class: "seglab-unseen", role: "status", "aria-live": "polite" });
  // Lumino, the toolkit of JupyterLab, sees keys before the page does; the attribute keeps its shortcuts out.
  const root = element("section", { class: "seglab-demo", "aria-label": title, "data-lm-suppress-shortcuts": "true" });
  root.append(status);
  for (const kind of ["keydown", "keyup", "keypress"]) root.addEventListener(kind, (event) => event.stopPropagation());
  el.append(root);
  const stopTheme = followTheme(root);
  let timer = 0;
  const say = (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (status.textContent !== text) status.textContent = text;
    }, 300);
  };
  const stop = () => {
    clearTimeout(timer);
    stopTheme();
  };
  return { root, say, stop };
}

/** Give `root` data-theme="dark" where the page behind it is dark, whatever made it so, and follow changes. */
function followTheme(root) {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let shade = null;
    for (let node = root.parentElement; node && shade === null; node = node.parentElement) {
      const [red, green, blue, alpha = 1] = (getComputedStyle(node).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
      if (alpha > 0.5) shade = 0.299 * red + 0.587 * green + 0.114 * blue;
    }
    root.dataset.theme = shade === null ? (dark.matches ? "dark" : "light") : shade < 128 ? "dark" : "light";
  };
  const later = () => requestAnimationFrame(apply); // styles of a new theme arrive after its name
  const observer = new MutationObserver(later);
  observer.observe(document.documentElement, { attributes: true });
  observer.observe(document.body, { attributes: true });
  dark.addEventListener("change", later);
  apply();
  later(); // the notebook attaches the demo after it is drawn
  return () => {
    observer.disconnect();
    dark.removeEventListener("change", later);
  };
}

/** A button that does one thing. */
export function button(label, act) {
  return element("button", { type: "button", onclick: act }, label);
}

/** A button that stays pressed; `change(pressed)` hears of it. Set by `node.press(true)`, which calls nobody. */
export function toggle(label, pressed, change) {
  const node = button(label, () => {
    node.press(!node.pressed());
    change(node.pressed());
  });
  node.pressed = () => node.getAttribute("aria-pressed") === "true";
  node.press = (value) => node.setAttribute("aria-pressed", String(value));
  node.press(pressed);
  return node;
}

/**
 * Buttons of which one is pressed. `options` are [value, text] pairs; `change(value)` hears of a choice.
 * Set by `node.choose(value)`, which calls nobody.
 */
export function choice(label, options, value, change) {
  const node = element("div", { class: "seglab-group", role: "group", "aria-label": label });
  node.append(element("span", { class: "seglab-label", "aria-hidden": "true" }, label));
  const buttons = options.map(([key, text]) => [
    key,
    button(text, () => {
      node.choose(key);
      change(key);
    }),
  ]);
  node.choose = (chosen) => {
    for (const [key, one] of buttons) one.setAttribute("aria-pressed", String(key === chosen));
  };
  node.append(...buttons.map(([, one]) => one));
  node.choose(value);
  return node;
}

/** A slider with its value beside it; `change(number)` hears of every move. Set by `node.set(number)`. */
export function slider(label, { min, max, step = 1, value, unit = "" }, change) {
  const input = element("input", { type: "range", min, max, step, value });
  const output = element("output", { class: "seglab-value" });
  const show = () => {
    output.textContent = input.value + unit;
    input.setAttribute("aria-valuetext", input.value + unit);
  };
  input.addEventListener("input", () => {
    show();
    change(Number(input.value));
  });
  const node = element("label", { class: "seglab-slider" }, element("span", {}, label), input, output);
  node.set = (number) => {
    input.value = number;
    show();
  };
  show();
  return node;
}

/** Numbers under their names: `entries` are [key, name] pairs; `node.show(key, text)` writes one. */
export function readout(label, entries) {
  const node = element("dl", { class: "seglab-numbers", "aria-label": label });
  const cells = {};
  for (const [key, name] of entries) {
    cells[key] = element("dd", { "data-number": key }, "–");
    node.append(element("div", {}, element("dt", {}, name), cells[key]));
  }
  node.show = (key, text) => {
    if (cells[key].textContent !== text) cells[key].textContent = text;
  };
  return node;
}

/** A number with three digits, "n/a" where there is none. */
export function digits(number, count = 3) {
  return number == null || Number.isNaN(number) ? "n/a" : number.toFixed(count);
}

/**
 * Let `draw` run at most once per frame: returns a function that asks for it, with `stop` to withdraw, and `now` for
 * what must not wait for the frame, such as numbers that follow a pointer.
 */
export function onFrame(draw) {
  let asked = 0;
  const ask = () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      draw();
    });
  };
  ask.stop = () => cancelAnimationFrame(asked);
  ask.now = () => {
    ask.stop();
    asked = 0;
    draw();
  };
  return ask;
}

/** Send what was set on the model to Python, at most 20 times a second: returns a function that asks for it. */
export function saver(model, pause = 50) {
  let timer = 0;
  const save = () => {
    timer ||= setTimeout(() => {
      timer = 0;
      model.save_changes();
    }, pause);
  };
  save.stop = () => clearTimeout(timer);
  return save;
}

/** Call `react` when Python, or another view, changed one of the traits; returns a function that ends it. */
export function listen(model, traits, react) {
  for (const trait of traits) model.on(`change:${trait}`, react);
  return () => traits.forEach((trait) => model.off(`change:${trait}`, react));
}

/** Where on a canvas a pointer is, in units of `width` x `height`, whatever size the canvas is shown at. */
export function pointOn(canvas, event, width, height) {
  const box = canvas.getBoundingClientRect();
  return [((event.clientX - box.left) * width) / box.width, ((event.clientY - box.top) * height) / box.height];
}

/** The way an arrow key points, as [rows, columns]; null for another key. Keeps the page from scrolling. */
export function arrow(event) {
  const ways = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  if (ways[event.key]) event.preventDefault();
  return ways[event.key] ?? null;
}

export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** A color `[red, green, blue]` as CSS. */
export function css(color) {
  return `rgb(${color.join(" ")})`;
}

/** Bytes of a trait: JupyterLab hands over a DataView. A copy, so that changing it changes no trait. */
export function bytesOf(view) {
  return view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice() : new Uint8Array(0);
}

/** RGBA bytes of a picture given as a data URL, or null for an empty URL. */
export async function pixelsOf(url, width, height) {
  if (!url) return null;
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}

/** Whether a diagonal stripe, the second cue beside color, runs through a pixel of the screen. */
export function striped(row, col, rising) {
  return (((rising ? col + row : col - row) % 10) + 10) % 10 < 4;
}
