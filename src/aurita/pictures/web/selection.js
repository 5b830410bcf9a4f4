// Steps that were chosen by the lasso or a button: listed, and handed out as CSV.

const _LISTED = 300;

function selectionCard() {
  const words = element("p", { "aria-live": "polite" }, "No steps are chosen. Draw a lasso (button, or key L), or choose the sequence looked at.");
  const save = element("button", { type: "button", disabled: "" }, "Save as CSV"), clear = element("button", { type: "button", disabled: "" }, "Choose none");
  const box = element("div", { class: "scroll", tabindex: "0" });
  const card = element("section", { "aria-label": "Chosen steps" }, element("h2", {}, "Chosen steps"), words, element("div", { class: "tools" }, save, clear), box);
  let chosen = [], model = null;
  save.addEventListener("click", () => {
    const link = element("a", { href: URL.createObjectURL(new Blob([csvOf(model, chosen)], { type: "text/csv" })), download: "aurita-steps.csv" });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  return {
    card,
    onclear: (go) => clear.addEventListener("click", go),
    show(from, rows, goTo) {
      model = from;
      chosen = rows;
      for (const button of [save, clear]) button.disabled = !rows.length;
      if (!rows.length) { words.textContent = "No steps are chosen. Draw a lasso (button, or key L), or choose the sequence looked at."; box.replaceChildren(); return; }
      const sequences = new Set(rows.map((row) => from.sequenceOf(row)));
      words.textContent = `${rows.length} steps of ${sequences.size} sequences` + (rows.length > _LISTED ? `; the first ${_LISTED} are listed.` : ".") + classesOf(from, rows);
      const columns = [...from.group("target"), ...from.group("answer"), ...from.group("error")];
      const table = rowsTable(["sequence", "step", ...columns.map((c) => c.name)], rows.slice(0, _LISTED).map((row) => [from.sequences[from.sequenceOf(row)], from.stepOf[row], ...columns.map((c) => c.text(row))]));
      [...table.tBodies[0].rows].forEach((line, i) => { line.style.cursor = "pointer"; line.addEventListener("click", () => goTo(rows[i])); });
      box.replaceChildren(table);
    },
  };
}

function classesOf(model, rows) {
  const target = model.first("target", "answer");
  if (!target || !target.categories) return "";
  const counts = new Map();
  for (const row of rows) { const name = target.text(row); counts.set(name, (counts.get(name) ?? 0) + 1); }
  return ` ${target.name}: ` + [...counts].sort((a, b) => b[1] - a[1]).slice(0, 6).map(([name, count]) => `${name} ${count}`).join(", ") + ".";
}

function csvOf(model, rows) {
  const columns = model.columns.map((c) => model.byName.get(c.name)).filter((c) => ["target", "answer", "judgement", "error", "input", "activity", "mean loss"].includes(c.group));
  const cell = (value) => (/[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  const lines = [["sequence", "step", ...columns.map((c) => c.name)], ...rows.map((row) => [model.sequences[model.sequenceOf(row)], model.stepOf[row], ...columns.map((c) => c.text(row))])];
  return lines.map((line) => line.map(cell).join(",")).join("\n") + "\n";
}
