// The page asks the server on the same machine; nothing here looks at a pixel.

const find = (name) => document.getElementById(name);
const stage = document.querySelector(".stage");
let largest = Infinity;
let photo = null; // the file on the page
let asking = null; // ends a request that a newer photo has made useless

const percent = (share) => {
  const value = 100 * share;
  return value > 0 && value < 0.1 ? "< 0.1 %" : `${value.toFixed(1)} %`;
};

async function post(address, file, signal) {
  let answer;
  try {
    answer = await fetch(address, { method: "POST", body: file, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("the program that serves this page does not answer; is it still running?");
  }
  if (!answer.ok) throw new Error((await answer.json()).error);
  return answer;
}

function say(status, error = "") {
  find("status").textContent = status;
  find("error").textContent = error;
  find("error").hidden = !error;
}

async function look(file) {
  asking?.abort();
  const request = (asking = new AbortController());
  find("result").hidden = true;
  say(`Labeling ${file.name} …`);
  try {
    if (file.size > largest) throw new Error(`this file is larger than ${largest / 2 ** 20} MB; save it smaller`);
    const answer = await (await post("look", file, request.signal)).json();
    if (request !== asking) return;
    photo = file;
    await show(answer);
    say(`${file.name}: ${answer.width} × ${answer.height} pixels, labeled in ${answer.seconds.toFixed(1)} s.`);
  } catch (error) {
    if (request === asking) say("", `${file.name}: ${error.message}`);
  }
}

async function show(answer) {
  find("photo").src = answer.photo;
  find("labels").src = answer.labels;
  await Promise.all([find("photo").decode(), find("labels").decode()]);
  const seen = answer.classes.map((one, number) => ({ ...one, number })).sort((a, b) => b.share - a.share);
  find("labels").alt = `Its labels: ${seen.filter((one) => one.share).map((one) => `${one.name} ${percent(one.share)}`).join(", ")}`;
  find("legend").replaceChildren(
    ...seen.map((one) => {
      const row = document.createElement("li");
      const swatch = row.appendChild(document.createElement("i"));
      swatch.style.background = one.color;
      row.appendChild(document.createElement("span")).textContent = one.name;
      row.appendChild(document.createElement("b")).textContent = percent(one.share);
      row.className = one.share ? "" : "absent";
      return row;
    }),
  );
  stage.style.setProperty("--ratio", answer.width / answer.height);
  find("result").hidden = false;
  split();
}

function split() {
  const value = Number(find("split").value);
  stage.style.setProperty("--split", `${value}%`);
  find("split").setAttribute("aria-valuetext", `photo ${Math.round(value)} %, labels ${Math.round(100 - value)} %`);
}

function opacity() {
  const value = Number(find("opacity").value);
  stage.style.setProperty("--opacity", value / 100);
  find("percent").textContent = `${value} %`;
}

async function download(button) {
  const file = photo;
  button.disabled = true;
  try {
    const alpha = find("opacity").value / 100;
    const content = await (await post(`${button.dataset.file}?alpha=${alpha}`, file)).blob();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(content);
    link.download = `${file.name.replace(/\.[^.]*$/, "")}.${button.dataset.file}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } catch (error) {
    say("", `${file.name}: ${error.message}`);
  }
  button.disabled = false;
}

find("file").addEventListener("change", (event) => {
  if (event.target.files.length) look(event.target.files[0]);
  event.target.value = ""; // the same file may be chosen again
});
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    document.body.classList.toggle("over", name === "dragover");
    if (name === "drop" && event.dataTransfer.files.length) look(event.dataTransfer.files[0]);
  });
}
find("split").addEventListener("input", split);
find("opacity").addEventListener("input", opacity);
for (const button of document.querySelectorAll("button")) button.addEventListener("click", () => download(button));
opacity();

const run = await (await fetch("run.json")).json();
largest = run.largest_upload;
find("run").textContent =
  `${run.model}, trained on ${run.data}, tells ${run.classes.length} classes apart. ` +
  `It sees every photo at ${run.width} × ${run.height} pixels, so thin things get lost.`;
