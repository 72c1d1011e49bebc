// Prototype mixer: how maps, sums and the scene are drawn.

const PLUS = [192, 74, 0];
const MINUS = [0, 114, 178];

/** A canvas for `height` x `width` pixels, each `scale` wide; `paint(colorOf)` fills it by a color per pixel. */
function pixelCanvas(height, width, scale, attributes) {
  const canvas = element("canvas", { width: width * scale, height: height * scale, role: "img", ...attributes });
  const context = canvas.getContext("2d");
  const small = new OffscreenCanvas(width, height);
  const [smallContext, frame] = [small.getContext("2d"), new ImageData(width, height)];
  const screen = new Uint32Array(frame.data.buffer);
  const paint = (colorOf) => {
    for (let i = 0; i < screen.length; i++) {
      const [red, green, blue] = colorOf(i);
      screen[i] = (255 << 24) | (blue << 16) | (green << 8) | red;
    }
    smallContext.putImageData(frame, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, canvas.width, canvas.height);
  };
  return { canvas, context, paint, zoom: () => canvas.width / (canvas.getBoundingClientRect().width || canvas.width) };
}

/** White at 0, darker up to `most`. */
function gray(value, most) {
  const shade = Math.round(255 - 190 * clamp(value / most, 0, 1));
  return [shade, shade, shade];
}

/** Orange above 0, blue below, white at 0. */
function signed(value, most) {
  const share = clamp(Math.abs(value) / most, 0, 1);
  const [red, green, blue] = value > 0 ? PLUS : MINUS;
  const toward = (channel) => Math.round(255 + (channel - 255) * share);
  return [toward(red), toward(green), toward(blue)];
}

function boxPath([top, left, bottom, right], scale) {
  const path = new Path2D();
  path.rect(left * scale, top * scale, (right - left) * scale, (bottom - top) * scale);
  return path;
}

/** The box of the object: dashed where it cuts, dotted where it only stands there. */
function drawBox(context, box, crop, scale, zoom) {
  const path = boxPath(box, scale);
  stroke(context, path, "#ffffff", 4 * zoom, []);
  stroke(context, path, "#111111", 2 * zoom, crop ? [9 * zoom, 5 * zoom] : [2 * zoom, 5 * zoom]);
}

/** Letters on the objects, that of the chosen one larger. */
function drawLetters(context, places, chosen, scale, zoom) {
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.setLineDash([]);
  places.forEach(([row, col], number) => {
    context.font = `700 ${(number === chosen ? 22 : 14) * zoom}px system-ui, "DejaVu Sans", sans-serif`;
    context.strokeStyle = "#ffffff";
    context.lineWidth = 4 * zoom;
    const [x, y] = [(col + 0.5) * scale, (row + 0.5) * scale];
    context.strokeText(letter(number), x, y);
    context.fillStyle = "#111111";
    context.fillText(letter(number), x, y);
  });
}

function letter(number) {
  return String.fromCharCode(65 + number);
}
