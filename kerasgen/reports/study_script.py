"""What the page of a human study does in a browser, and how it looks."""

STYLE = """
#study { max-width: 46rem; } #study [hidden] { display: none; }
.stage { display: grid; gap: 0.75rem; justify-content: center; margin: 0.75rem 0; }
.stage.two { grid-template-columns: repeat(2, minmax(0, var(--side))); }
.stage > * { position: relative; aspect-ratio: var(--ratio); padding: 0; border: 0;
  width: min(var(--side), 88vw, calc(55vh * var(--ratio))); background: var(--panel);
  border-radius: 4px; overflow: hidden; }
.stage.two > * { width: 100%; }
.stage img, .shots img { width: 100%; height: 100%; display: block; border-radius: 0;
  image-rendering: pixelated; background: none; }
.stage .gone img { visibility: hidden; }
#study button, #study input[type=text] { font: inherit; padding: 0.6rem 1rem;
  color: var(--text); background: var(--panel); border: 1px solid var(--line);
  border-radius: 6px; min-height: 2.75rem; }
#study button { cursor: pointer; touch-action: manipulation; }
#study .stage button { padding: 0; min-height: 0; }
#study button:focus-visible { outline: 3px solid var(--c0); outline-offset: 2px; }
#study button.go { background: var(--c0); color: var(--back); border: 0; }
.answers { display: flex; flex-wrap: wrap; gap: 0.5rem; justify-content: center; }
.answers button { flex: 1 1 4.5rem; max-width: 14rem; } kbd { opacity: 0.7; }
#prompt, #feedback { text-align: center; max-width: none; min-height: 1.5rem;
  margin: 0.5rem 0; } #feedback { font-weight: 600; }
.right { color: var(--c2); } .wrong { color: var(--c4); }
.bar { height: 6px; background: var(--panel); border-radius: 3px; margin: 0.25rem 0; }
.bar i { display: block; height: 100%; background: var(--c0); border-radius: 3px; }
.shots { display: grid; gap: 0.5rem;
  grid-template-columns: repeat(auto-fill, minmax(5.5rem, 1fr)); }
.shots figure { margin: 0; } .shots img { aspect-ratio: var(--ratio); }
textarea { width: 100%; height: 6rem; font: 12px monospace; }
"""

SCRIPT = """
const study = JSON.parse(document.getElementById("data").textContent);
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const mask = bytes(study.mask);
const truth = bytes(study.key).map((byte, i) => byte ^ mask[i]);
const isReal = (k) => truth[2 * k] === 1, classOf = (k) => truth[2 * k + 1];
const $ = (id) => document.getElementById(id);
const add = (parent, tag, text, properties) => {
  const made = Object.assign(document.createElement(tag), properties);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
};
const source = (k) => "data:image/png;base64," + study.pictures[k];
const session = [...crypto.getRandomValues(new Uint8Array(8))]
  .map((byte) => byte.toString(16).padStart(2, "0")).join("");
const answers = [], total = study.trials.length;
let place = -1, shownAt = 0, open = false, started = null, timer = null;

const choices = study.question === "pair"
  ? [{ text: "left", keys: ["ArrowLeft", "1"], hint: "\\u2190" },
     { text: "right", keys: ["ArrowRight", "2"], hint: "\\u2192" }]
  : study.question === "real"
  ? [{ text: "generated", keys: ["ArrowLeft", "1"], hint: "\\u2190" },
     { text: "real", keys: ["ArrowRight", "2"], hint: "\\u2192" }]
  : study.classes.map((name, i) => {
      const key = i < 10 ? String(i) : String.fromCharCode(87 + i);
      return { text: name, keys: [key], hint: name === key ? "" : key };
    });

function isRight(trial, answer) {
  if (study.question === "pair") return isReal(trial[answer]);
  if (study.question === "real") return isReal(trial[0]) === (answer === 1);
  return classOf(trial[0]) === answer;
}

async function next() {
  clearTimeout(timer);
  place += 1;
  if (place >= total) return finish();
  const trial = study.trials[place], stage = $("stage"), practice = study.practice;
  open = false;
  stage.replaceChildren();
  stage.className = trial.length > 1 ? "stage two" : "stage";
  const sides = ["left picture", "right picture"];
  const pictures = trial.map((k, i) => {
    const two = trial.length > 1;
    const frame = add(stage, two ? "button" : "div", undefined, { className: "gone" });
    if (two) frame.addEventListener("click", () => answer(i));
    return add(frame, "img", undefined, { alt: two ? sides[i] : "picture",
                                          src: source(k) });
  });
  $("feedback").textContent = "";
  $("feedback").className = "";
  $("progress").textContent = place < practice
    ? `Practice ${place + 1} of ${practice}`
    : `${place - practice + 1} of ${total - practice}`;
  $("done").style.width = `${(100 * place) / total}%`;
  const current = place;
  await Promise.all(pictures.map((p) => p.decode()));
  if (current !== place) return;
  pictures.forEach((p) => p.parentNode.classList.remove("gone"));
  shownAt = performance.now();
  open = true;
  if (study.seconds) timer = setTimeout(hide, 1000 * study.seconds);
}

function hide() {
  for (const frame of $("stage").children) frame.classList.add("gone");
}

function answer(choice) {
  if (!open) return;
  open = false;
  const trial = study.trials[place], right = isRight(trial, choice);
  answers.push({ trial: place, practice: place < study.practice, pictures: trial,
    real: trial.map(isReal), labels: study.classes ? trial.map(classOf) : null,
    answer: choice, right, seconds: (performance.now() - shownAt) / 1000 });
  if (place >= study.practice) return next();
  clearTimeout(timer);
  for (const frame of $("stage").children) frame.classList.remove("gone");
  $("feedback").className = right ? "right" : "wrong";
  $("feedback").textContent = (right ? "Right: " : "Wrong: ") + verdict(trial);
  timer = setTimeout(next, study.pause);
}

function verdict(trial) {
  if (study.question === "pair") {
    return `the ${isReal(trial[0]) ? "left" : "right"} one is real.`;
  }
  if (study.question === "real") {
    return isReal(trial[0]) ? "it is real." : "it is generated.";
  }
  return `it is ${study.classes[classOf(trial[0])]}.`;
}

function interval(k, n) {  // Wilson's
  const z = 1.959964, p = k / n, scale = 1 + (z * z) / n;
  const middle = (p + (z * z) / (2 * n)) / scale;
  const half = (z / scale) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return [middle - half, middle + half];
}

function share(text, some, all) {
  if (!all.length) return;
  const [low, high] = interval(some.length, all.length)
    .map((x) => (100 * x).toFixed(1));
  add($("found"), "p", `${text}: ${some.length} of ${all.length}, ` +
    `${((100 * some.length) / all.length).toFixed(1)} % ` +
    `(95 % interval ${low} to ${high} %)`);
}

function shots(title, places, caption) {
  if (!places.length) return;
  add($("found"), "h3", title);
  const box = add($("found"), "div", undefined, { className: "shots" });
  for (const [k, a] of places) {
    const figure = add(box, "figure");
    add(figure, "img", undefined, { src: source(k), alt: title });
    if (caption) add(add(figure, "figcaption"), "small", caption(k, a));
  }
}

function finish() {
  open = false;
  clearTimeout(timer);
  $("trial").hidden = true;
  $("end").hidden = false;
  const counted = answers.filter((a) => !a.practice);
  share("Right", counted.filter((a) => a.right), counted);
  if (study.question === "class") {
    for (const real of [true, false]) {
      const part = counted.filter((a) => a.real[0] === real);
      share(real ? "Right of real pictures" : "Right of generated pictures",
            part.filter((a) => a.right), part);
    }
    const told = (k, a) => `${isReal(k) ? "real" : "generated"} ` +
      `${study.classes[classOf(k)]}, taken for ${study.classes[a.answer]}`;
    shots("Taken for another class",
          counted.filter((a) => !a.right).map((a) => [a.pictures[0], a]), told);
  } else {
    const wrong = counted.filter((a) => !a.right);
    const pick = (real) => wrong.flatMap((a) => a.pictures
      .filter((k, i) => a.real[i] === real).map((k) => [k, a]));
    if (study.question === "real") {
      const fake = counted.filter((a) => !a.real[0]);
      const real = counted.filter((a) => a.real[0]);
      share("Generated, taken for real", fake.filter((a) => !a.right), fake);
      share("Real, taken for generated", real.filter((a) => !a.right), real);
    }
    shots("Generated pictures that you took for real", pick(false));
    shots("Real pictures that you doubted", pick(true));
  }
  $("json").value = JSON.stringify(result(), null, 1);
}

function result() {
  return { kind: "kerasgen study", version: 1, study: study.id, session,
    question: study.question, participant: $("name").value.trim(),
    started, ended: new Date().toISOString(), seconds: study.seconds,
    classes: study.classes, settings: study.settings, answers };
}

$("begin").addEventListener("submit", (event) => {
  event.preventDefault();
  $("start").hidden = true;
  $("trial").hidden = false;
  started = new Date().toISOString();
  document.activeElement.blur();
  next();
});
choices.forEach((choice, i) => {
  const button = add($("answers"), "button", choice.text + " ");
  if (choice.hint) add(button, "kbd", choice.hint);
  button.addEventListener("click", () => { button.blur(); answer(i); });
});
document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if ($("trial").hidden) return;
  const i = choices.findIndex((choice) => choice.keys.includes(event.key));
  if (i < 0) return;
  event.preventDefault();
  answer(i);
});
$("stop").addEventListener("click", finish);
$("save").addEventListener("click", () => {
  const blob = new Blob([$("json").value], { type: "application/json" });
  const name = $("name").value.trim().replace(/[^\\w-]+/g, "-") || session;
  const link = add(document.body, "a", "", { href: URL.createObjectURL(blob),
    download: `answers-${name}.json` });
  link.click();
  link.remove();
});
"""
