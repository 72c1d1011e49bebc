// IoU playground: the guess that comes before the numbers.

/** How good a guess of the IoU was, in words; `iou` is null where both masks are empty. */
export function verdict(guess, iou) {
  if (iou === null) return "Both masks are empty: there is no IoU.";
  const off = guess - iou;
  const words = Math.abs(off) < 0.005 ? "spot on" : `${digits(Math.abs(off))} too ${off > 0 ? "high" : "low"}`;
  return `IoU is ${digits(iou)}: ${words}.`;
}

/**
 * A form for one guess at a time. `form.start(wanted)` begins anew, or puts it away; `form.pending()` says whether the
 * numbers are still to be hidden. `iou()` gives the truth; `changed(text)` hears of every step, with what to announce.
 */
function guessForm(iou, changed) {
  let guess = null;
  const field = element("input", { type: "number", min: 0, max: 1, step: "any", required: true });
  const reveal = element("button", { type: "submit" }, "Reveal");
  const again = button("Guess again", () => {
    form.start(true);
    field.focus();
  });
  const answer = element("span", { class: "seglab-answer" });
  const label = element("label", {}, "Your guess of the IoU, 0 to 1: ", field);
  const form = element("form", { class: "seglab-bar", onsubmit: take }, label, reveal, again, answer);
  form.pending = () => !form.hidden && guess === null;
  form.start = (wanted) => {
    guess = null;
    form.hidden = !wanted;
    show("", "");
    changed("");
  };
  function take(event) {
    event.preventDefault();
    guess = Number(field.value);
    show(field.value, verdict(guess, iou()));
    changed(`${answer.textContent} `);
    again.focus();
  }
  function show(value, text) {
    [field.value, answer.textContent] = [value, text];
    field.disabled = reveal.hidden = guess !== null;
    again.hidden = guess === null;
  }
  return form;
}
