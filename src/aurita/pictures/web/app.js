// The page: one state (the step looked at, the unit, the colour, what is chosen), and the views that follow it.

const state = { sequence: 0, step: 0, unit: 0, colour: null, only: -1, chosen: [], chosenOf: 0, playing: false, together: false, lasso: false };
const views = [];
let models = [];

async function start() {
  await unpack("first");
  models = contents.models.map((given) => new Model(given));
  const main = document.getElementById("main");
  if (contents.live) main.append(liveCard());
  if (!models.length) { drawingCards(main); document.body.dataset.ready = String(Math.round(performance.now())); return; }
  state.colour = (models[0].first("target", "answer") ?? { name: null }).name;
  const spaces = element("div", { class: "spaces" + (models.length > 1 ? " two" : "") });
  for (const model of models) {
    if (models.length > 1) main.append(element("h2", {}, model.title));
    main.append(storyList(model));
  }
  main.append(element("div", { class: "tools", id: "tools" }), element("div", { class: "space", id: "space" }, spaces));
  for (const model of models) views.push(spaceView(model, spaces));
  if (state.colour) { recolour(); redraw(); }
  document.body.dataset.first = String(Math.round(performance.now()));
  // The rest is unpacked after the first picture.
  await new Promise((done) => (document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", done) : setTimeout(done)));
  await unpack("rest");
  for (const model of models) model.complete();
  if (!state.colour) { state.colour = models[0].first("time").name; recolour(); }
  state.sequence = models[0].examples[0] ?? 0;
  const explained = models[0].explained.map((value, i) => [value ?? 0, i]).sort((a, b) => b[0] - a[0]);
  state.unit = explained.length ? explained[0][1] : 0;
  state.step = models[0].stepOf[models[0].rowStarts[state.sequence + 1] - 1];
  buildTools();
  buildCards(main);
  drawingCards(main);
  document.body.append(element("footer", {}, element("p", {}, models.map((m) => `${m.title}: ${m.summary}.`).join(" ")), ...models.flatMap((m) => m.notes.map((note) => element("p", {}, "Note: " + note + "."))), element("p", {}, `Written by aurita ${contents.version}.`)));
  update();
  document.body.dataset.ready = String(Math.round(performance.now()));
}

function drawingCards(main) {
  if (contents.drawings.length) main.append(element("div", { class: "cards" }, ...contents.drawings.map((drawing) => element("section", {}, figureOf(drawing)))));
}

function storyList(model) {
  return element("ul", { class: "story", "aria-label": "What there is to see" }, ...model.story.map((one) => element("li", {}, element("b", {}, one.question), " ", one.answer)));
}

function spaceView(model, host) {
  const plane = element("div", { class: "plane", tabindex: "0", role: "application", "aria-label": `State space of ${model.title}: ${model.summary}. Arrow keys go through steps and sequences, space plays, L draws a lasso.` });
  const titles = element("p", { class: "quiet", style: "font-size:.8rem;margin:.2rem 0" }), legend = element("ul", { class: "legend", "aria-label": "classes; press to see one alone" });
  host.append(element("section", {}, ...(contents.models.length > 1 ? [element("h2", {}, model.title)] : []), plane, titles, legend));
  const scatter = new Scatter(model, plane), view = { model, scatter, plane, titles, legend, path: null };
  listen(view);
  new ResizeObserver(() => { scatter.resize(); redraw(); }).observe(plane);
  return view;
}

const column = (model) => model.byName.get(state.colour) ?? model.first("target", "answer", "time");

function recolour() {
  for (const view of views) {
    const by = column(view.model);
    view.scatter.colourBy(by);
    view.names = by.categories && by.categories.length <= 40 ? middles(view, by) : null;
    drawLegend(view, by);
  }
}

// Where the name of a class is drawn: at its state nearest to the median of its states.
function middles(view, by) {
  const found = [];
  by.categories.forEach((text, code) => {
    const rows = [];
    for (let i = 0; i < view.model.n; i++) if (by.codes[i] === code) rows.push(i);
    if (!rows.length) return;
    const middle = (values) => { const sorted = Float32Array.from(rows, (r) => values[r]).sort(); return sorted[sorted.length >> 1]; };
    const x = middle(view.scatter.x), y = middle(view.scatter.y), { w, h } = view.scatter.view;
    let best = rows[0], least = Infinity;
    for (const r of rows) { const far = ((view.scatter.x[r] - x) / w) ** 2 + ((view.scatter.y[r] - y) / h) ** 2; if (far < least) { least = far; best = r; } }
    found.push({ text, row: best, code });
  });
  return found;
}

function drawLegend(view, by) {
  const plane = view.model.planes[view.scatter.plane];
  view.titles.textContent = `across: ${plane.titles[0]}; up: ${plane.titles[1]}`;
  if (!by.categories) {
    view.legend.replaceChildren(element("li", {}, `${by.name}: ${round(by.data.lo)} `, element("span", { class: "ramp", style: `background:linear-gradient(90deg,${contents.viridis.join(",")})` }), ` ${round(by.data.hi)}`));
    return;
  }
  view.legend.replaceChildren(...by.categories.map((name, code) => {
    const icon = shape("svg", { viewBox: "-6 -6 12 12", "aria-hidden": "true" });
    const d = { disc: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0", square: "M-4.5 -4.5h9v9h-9z", triangle: "M0 -5L5 4H-5Z", diamond: "M0 -5.5L5.5 0L0 5.5L-5.5 0Z" }[classShape(code)];
    icon.append(shape("path", { d, fill: classColour(code) }));
    return element("li", {}, element("button", { type: "button", "aria-pressed": String(state.only === code), onclick: () => change({ only: state.only === code ? -1 : code }) }, icon, name));
  }));
}

// Which rows stand out: those chosen, of one class, or of one step when all are played together.
function brightRows(view) {
  const { model } = view, by = column(model);
  const chosen = state.chosen.length && models[state.chosenOf] === model;
  if (!state.together && state.only < 0 && !chosen) return null;
  const bright = new Uint8Array(model.n);
  if (chosen) for (const row of state.chosen) bright[row] = 1;
  else bright.fill(1);
  if (state.together && model.ready) for (let i = 0; i < model.n; i++) if (model.stepOf[i] !== state.step) bright[i] = 0;
  if (state.only >= 0 && by.categories) for (let i = 0; i < model.n; i++) if (by.codes[i] !== state.only) bright[i] = 0;
  return bright;
}

let waiting = false;
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    for (const view of views) { view.scatter.draw(brightRows(view), state.together); drawAbove(view); }
  });
}

function drawAbove(view) {
  const { model, scatter } = view;
  const rows = model.ready && !state.together && state.sequence < model.sequences.length ? [model.rowStarts[state.sequence], model.rowStarts[state.sequence + 1]] : null;
  scatter.drawAbove({ rows, upTo: rows ? rowOf(model) : 0, names: view.names, lasso: view.path });
}

const rowOf = (model) => model.rowAt(Math.min(state.sequence, model.sequences.length - 1), state.step);

function change(patch) {
  const colours = "colour" in patch || "only" in patch;
  Object.assign(state, patch);
  if (colours) recolour();
  update(!["sequence", "step", "unit"].some((key) => key in patch) || state.together || colours);
}

function goTo(model, row) {
  change({ sequence: model.sequenceOf(row), step: model.stepOf[row] });
}

const listeners = [];
let queued = false;
function update(points = true) {
  if (points) redraw();
  if (queued) return;
  queued = true;
  requestAnimationFrame(() => {
    queued = false;
    if (!points) views.forEach(drawAbove);
    for (const listener of listeners) listener();
  });
}

function buildCards(main) {
  const side = element("div", { class: "side" });
  document.getElementById("space").append(side);
  const below = element("div", { class: "cards" });
  main.append(below);
  const chosen = selectionCard();
  chosen.onclear(() => change({ chosen: [] }));
  for (const model of models) {
    const step = stepCard(model), sequence = sequenceCard(model);
    side.append(step.card);
    below.append(sequence.card);
    listeners.push(() => {
      const row = rowOf(model);
      step.show(row, state.unit, (unit) => change({ unit }));
      sequence.show(row, (to) => goTo(model, to));
    });
  }
  let listed = null;
  listeners.push(() => { if (listed !== state.chosen) chosen.show(models[state.chosenOf], (listed = state.chosen), (row) => goTo(models[state.chosenOf], row)); });
  const drawn = (model, drawing) => element("section", {}, figureOf(models.length > 1 ? { ...drawing, title: `${drawing.title}: ${model.title}` } : drawing));
  for (const model of models) if (model.charts[0]) below.append(drawn(model, model.charts[0]));
  for (const model of models) if (model.confusions) below.append(confusionCard(model));
  below.append(chosen.card);
  for (const model of models) {
    if (model.wiring) {
      const wiring = wiringCard(model, (unit) => change({ unit }));
      below.append(wiring.card);
      listeners.push(() => wiring.show(rowOf(model), state.unit));
    }
    for (const drawing of model.charts.slice(1)) below.append(drawn(model, drawing));
  }
}

function buildTools() {
  const tools = document.getElementById("tools"), model = models[0];
  const labelled = (text, control) => element("label", {}, text, control);
  const select = (id, options, value, act) => {
    const made = element("select", { id, onchange: () => act(made.value) }, ...options.map(([key, text]) => element("option", { value: key }, text)));
    made.value = value;
    return made;
  };
  const groups = { target: "Known", answer: "Predicted", judgement: "Predicted", error: "Predicted", time: "Time", "mean loss": "Learning", chance: "Predicted", input: "Inputs", activity: "Activity of units", loss: "Local loss of units" };
  const colour = element("select", { id: "colour", onchange: () => change({ colour: colour.value, only: -1 }) });
  for (const heading of [...new Set(Object.values(groups))]) {
    const own = model.columns.filter((c) => groups[c.group] === heading);
    if (own.length) colour.append(element("optgroup", { label: heading }, ...own.map((c) => element("option", { value: c.name }, c.name))));
  }
  colour.value = state.colour;
  const plane = select("plane", model.planes.map((p, i) => [i, p.name]), 0, (i) => { for (const view of views) { view.scatter.plane = Math.min(Number(i), view.model.planes.length - 1); view.scatter.fit(); } recolour(); redraw(); });
  const sequence = select("sequence", model.sequences.slice(0, 5000).map((name, i) => [i, nameOf(model, name, i)]), state.sequence, (i) => change({ sequence: Number(i) }));
  const time = element("input", { type: "range", id: "time", min: 0, max: model.longest - 1, value: state.step, oninput: () => change({ step: Number(time.value) }) });
  const play = element("button", { type: "button", id: "play", "aria-pressed": "false", onclick: () => setPlaying(!state.playing) }, "Play");
  const together = element("button", { type: "button", id: "together", "aria-pressed": "false", onclick: () => change({ together: !state.together }) }, "All sequences at this step");
  const lasso = element("button", { type: "button", id: "lasso", "aria-pressed": "false", onclick: () => change({ lasso: !state.lasso }) }, "Lasso");
  const whole = element("button", { type: "button", id: "whole", onclick: () => { const from = model.rowStarts[state.sequence]; change({ chosen: Array.from({ length: model.rowStarts[state.sequence + 1] - from }, (_, i) => from + i), chosenOf: 0 }); } }, "Choose this sequence");
  const reset = element("button", { type: "button", id: "reset", onclick: () => { for (const view of views) view.scatter.fit(); change({ only: -1, chosen: [] }); } }, "Reset view");
  const keys = element("span", { class: "quiet" }, ...["←→ step", "↑↓ sequence", "space play", "+− zoom", "L lasso"].flatMap((text) => { const [key, ...rest] = text.split(" "); return [element("kbd", {}, key), " " + rest.join(" ") + " "]; }));
  tools.append(labelled("Colour by", colour), labelled("Plane", plane), labelled("Sequence", sequence), labelled("Step", time), play, together, lasso, whole, reset, keys);
  listeners.push(() => {
    sequence.value = String(state.sequence);
    time.value = String(state.step);
    time.setAttribute("aria-valuetext", `step ${state.step} of ${model.longest - 1}`);
    colour.value = state.colour;
    for (const [button, on] of [[play, state.playing], [together, state.together], [lasso, state.lasso]]) button.setAttribute("aria-pressed", String(on));
    play.textContent = state.playing ? "Pause" : "Play";
    for (const view of views) view.plane.style.cursor = state.lasso ? "crosshair" : "default";
  });
}

function nameOf(model, name, i) {
  const target = model.first("target");
  return target && target.categories ? `${name} (${target.text(model.rowStarts[i])})` : name;
}

let timer = null;
function setPlaying(on) {
  clearInterval(timer);
  state.playing = on;
  if (on) {
    const last = () => (state.together ? models[0].longest - 1 : models[0].stepOf[models[0].rowStarts[state.sequence + 1] - 1]);
    if (state.step >= last()) state.step = 0;
    timer = setInterval(() => (state.step >= last() ? setPlaying(false) : change({ step: state.step + Math.max(1, Math.round(last() / 300)) })), state.together ? 260 : 120);
  }
  update();
}

function listen(view) {
  const { plane, scatter } = view;
  let held = null;
  const place = (event) => { const box = plane.getBoundingClientRect(); return [(event.clientX - box.left) * scatter.ratio, (event.clientY - box.top) * scatter.ratio]; };
  plane.addEventListener("pointerdown", (event) => {
    plane.setPointerCapture(event.pointerId);
    held = [event.clientX, event.clientY];
    if (state.lasso) view.path = [place(event)];
  });
  plane.addEventListener("pointermove", (event) => {
    if (!view.model.ready) return;
    if (held && view.path) { view.path.push(place(event)); drawAbove(view); return; }
    if (held) { const [x, y] = held; held = [event.clientX, event.clientY]; scatter.pan(event.clientX - x, event.clientY - y); redraw(); return; }
    if (state.playing) return;
    const row = scatter.nearest(...place(event), 12);
    if (row >= 0 && row !== view.last) { view.last = row; goTo(view.model, row); }
  });
  plane.addEventListener("pointerup", () => {
    held = null;
    if (!view.path) return;
    const rows = view.path.length > 2 ? scatter.inside(view.path) : [];
    view.path = null;
    change({ chosen: rows, chosenOf: models.indexOf(view.model), lasso: false });
  });
  plane.addEventListener("wheel", (event) => { event.preventDefault(); scatter.zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, ...place(event)); redraw(); }, { passive: false });
  plane.addEventListener("keydown", (event) => {
    const model = view.model, go = (step) => change({ step: Math.min(Math.max(state.step + step, 0), model.longest - 1) });
    const other = (by) => change({ sequence: (state.sequence + by + model.sequences.length) % model.sequences.length });
    const acts = {
      ArrowRight: () => go(1), ArrowLeft: () => go(-1), ArrowDown: () => other(1), ArrowUp: () => other(-1), " ": () => setPlaying(!state.playing),
      "+": () => { scatter.zoom(1 / 1.25); redraw(); }, "=": () => { scatter.zoom(1 / 1.25); redraw(); }, "-": () => { scatter.zoom(1.25); redraw(); },
      l: () => change({ lasso: !state.lasso }), L: () => change({ lasso: !state.lasso }), Escape: () => change({ lasso: false, chosen: [], only: -1 }),
    };
    if (model.ready && acts[event.key]) { event.preventDefault(); acts[event.key](); }
  });
}

dark.addEventListener("change", () => { if (models.length) { recolour(); update(); } });
start().catch((error) => {
  document.getElementById("main").append(element("p", { role: "alert" }, `This page cannot be shown: ${error.message}. A browser of 2023 or later is needed.`));
  throw error;
});
