// A run that goes on while the page is looked at: its log is asked for once a second.

function liveCard() {
  const words = element("p", { role: "status" }, "Waiting for the run to write to its log."), bar = element("progress", { max: 1, value: 0, "aria-label": "part done" });
  const charts = element("div", { class: "cards" });
  const card = element("section", { id: "live", "aria-label": "The run, live" }, element("h2", {}, "The run, live"), words, bar, charts);
  const scores = new Map(), losses = [];
  let next = 0, what = "the run", done = false;
  function take(record) {
    if (record.kind === "run") { what = record.what; done = false; }
    if (record.kind === "progress") { bar.max = record.total; bar.value = record.done; words.textContent = `${what}: ${record.done} of ${record.total}`; }
    if (record.kind === "score") { if (!scores.has(record.name)) scores.set(record.name, []); scores.get(record.name).push([record.step, record.value]); }
    if (record.kind === "losses") losses.push(record);
    if (record.kind === "end") { done = true; words.textContent = `${what}: done` + (record.summary ? `, ${record.summary}` : ""); bar.value = bar.max; }
  }
  function draw() {
    const drawings = [];
    for (const [name, points] of scores) drawings.push({ title: name, caption: `${points.length} values, the last ${round(points.at(-1)[1])}.`, panels: [{ marks: [{ kind: "Line", x: points.map((p) => p[0]), y: points.map((p) => p[1]), colour: 0, marked: points.length < 100, name: "" }], x: "step" }] });
    if (losses.length) {
      const steps = losses.map((l) => l.step), units = losses[0].losses.length, mean = losses.map((l) => l.losses.filter((v) => v !== null).reduce((a, b, _, all) => a + b / all.length, 0));
      const values = Array.from({ length: units }, (_, u) => losses.map((l) => l.losses[u] ?? null));
      drawings.push({ title: "Local losses", caption: `Mean of ${units} units: ${round(mean.at(-1))}.`, panels: [{ marks: [{ kind: "Line", x: steps, y: mean, colour: 0, name: "mean" }], x: "step of learning", y: "local loss" }, { marks: [{ kind: "Heat", values, x: steps, y: values.map((_, u) => u), scale: "local loss" }], x: "step of learning", y: "unit" }] });
      if (losses.some((l) => l.selected)) {
        const chosen = Array.from({ length: units }, (_, u) => losses.map((l) => Number(l.selected?.[u] ?? 0)));
        drawings.push({ title: "Who took a step", caption: "Part of the steps at which each unit was selected.", panels: [{ marks: [{ kind: "Heat", values: chosen, x: steps, y: chosen.map((_, u) => u), scale: "selected" }], x: "step of learning", y: "unit" }] });
      }
    }
    charts.replaceChildren(...drawings.map((drawing) => element("section", {}, figureOf(drawing))));
  }
  async function ask() {
    try {
      const answer = await (await fetch(`progress?after=${next}`)).json();
      if (answer.records.length) { answer.records.forEach(take); draw(); }
      next = answer.next;
      card.dataset.records = String(Number(card.dataset.records ?? 0) + answer.records.length);
    } catch { words.textContent = "The server has stopped; what was seen stays."; return; }
    setTimeout(ask, done ? 5000 : 1000);
  }
  ask();
  return card;
}
