// What is known of the step looked at: target and answer, chances, inputs, units, attention; and its sequence in time.

function stepCard(model) {
  const card = element("aside", { class: "card", "aria-label": `The step looked at, ${model.title}` });
  const list = element("dl", { class: "step", "aria-live": "polite" });
  const units = element("div", {}), attention = element("div", {});
  card.append(element("h2", {}, contents.models.length > 1 ? `This step: ${model.title}` : "This step"), list, units, attention);
  return {
    card,
    show(row, unit, pickUnit) {
      const sequence = model.sequenceOf(row), entries = [["sequence", model.sequences[sequence]], ["step", model.stepOf[row]]];
      for (const column of [...model.group("target"), ...model.group("answer"), ...model.group("judgement"), ...model.group("error")]) entries.push([column.name, column.text(row)]);
      const inputs = model.group("input");
      if (inputs.length) entries.push([inputs.length > 1 ? "inputs" : "input", inputs.slice(0, 24).map((c) => c.text(row)).join(", ")]);
      list.replaceChildren(...entries.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, String(value))]));
      unitBars(model, row, unit, pickUnit, units);
      attentionBars(model, row, unit, attention);
    },
  };
}

function barRow(name, part, text, colour, press) {
  const label = press ? element("button", { type: "button", "aria-pressed": String(press.on), onclick: press.go }, name) : element("span", {}, name);
  const bar = element("i", { style: `width:${Math.round(100 * Math.min(Math.max(part, 0), 1))}%${colour ? ";background:" + colour : ""}` });
  return [label, element("span", { class: "track", "aria-hidden": "true" }, bar), element("span", {}, text)];
}

function unitBars(model, row, unit, pickUnit, host) {
  const activity = model.units.map((name) => model.byName.get("activity of " + name));
  if (!activity.some(Boolean)) return host.replaceChildren();
  const most = Math.max(...activity.filter(Boolean).map((c) => c.data.hi)) || 1;
  const kept = host.querySelector(".bars"), scrolled = kept ? kept.scrollTop : 0;
  const rows = model.units.map((name, i) => [name, i]).filter(([, i]) => activity[i]).sort((a, b) => (model.explained[b[1]] ?? 0) - (model.explained[a[1]] ?? 0));
  const bars = element("div", { class: "bars", tabindex: "0", role: "group", "aria-label": "activity of units" });
  for (const [name, i] of rows) {
    const value = activity[i].at(row);
    bars.append(...barRow(name, value / most, round(value), null, { on: i === unit, go: () => pickUnit(i) }));
  }
  host.replaceChildren(element("h3", {}, "Units now (activity; best tellers first)"), bars);
  bars.scrollTop = scrolled;
}

function attentionBars(model, row, unit, host) {
  if (!model.attention) return host.replaceChildren();
  const [first, end] = model.attention.units;
  const title = element("h3", {}, "Attention over its memory: ", model.units[unit] ?? "");
  if (unit < first || unit >= end) return host.replaceChildren(title, element("p", { class: "quiet" }, "This unit has no attention."));
  const at = model.attentionAt(row);
  if (!at) return host.replaceChildren(title, element("p", { class: "quiet" }, "Not kept for this sequence; the first of each class have it."));
  const [, heads, ages] = model.attention.shape, bars = element("div", { class: "bars", tabindex: "0", role: "group", "aria-label": "attention weights by age" });
  for (let age = 0; age < ages; age++) for (let head = 0; head < heads; head++) {
    const value = at(unit - first, head, age), ago = age * model.attention.dilation;
    bars.append(...barRow((ago ? `${ago} ago` : "now") + (heads > 1 ? `, head ${head}` : ""), value, value.toFixed(2), classColour(head)));
  }
  host.replaceChildren(title, bars);
}

// A sequence in time: what the model holds likely, or truth and answer; below, its inputs. A click goes to a step.
function sequenceCard(model) {
  const card = element("section", { "aria-label": "The sequence in time" });
  return {
    card,
    show(row, goTo) {
      const sequence = model.sequenceOf(row), from = model.rowStarts[sequence], to = model.rowStarts[sequence + 1];
      const rows = Array.from({ length: Math.min(to - from, 2000) }, (_, i) => from + Math.floor((i * (to - from)) / Math.min(to - from, 2000)));
      const steps = rows.map((r) => model.stepOf[r]);
      const line = (column, colour, name) => ({ kind: "Line", x: steps, y: rows.map((r) => column.at(r)), name: name ?? column.name, colour });
      const panels = [], chances = model.group("chance"), target = model.first("target"), answer = model.first("answer");
      if (chances.length) {
        const truth = target ? target.at(row) : -1;
        const lines = chances.map((column, code) => ({ ...line(column, code, column.name.replace("chance of ", "")), wide: code === truth }));
        panels.push({ marks: lines, title: "what the model holds likely" + (truth >= 0 ? ` (bold: the truth, ${target.categories[truth]})` : ""), y: "chance" });
      } else if (answer) panels.push({ marks: [...(target ? [line(target, 7)] : []), line(answer, 0)], title: "truth and answer", y: "value" });
      const inputs = model.group("input").slice(0, 8);
      if (inputs.length) panels.push({ marks: inputs.map((column, i) => line(column, i)), title: "its inputs", x: "step" });
      const caption = `Sequence ${model.sequences[sequence]}, ${to - from} steps` + (model.group("input").length > 8 ? "; the first 8 inputs are drawn." : ".");
      const drawing = { title: `Sequence ${model.sequences[sequence]} in time` + (contents.models.length > 1 ? `: ${model.title}` : ""), caption, panels };
      const open = card.querySelector("details")?.open;
      card.replaceChildren(figureOf(drawing, { cursor: model.stepOf[row], height: 170, onpick: (x) => goTo(model.rowAt(sequence, Math.round(x))) }));
      if (open) card.querySelector("details").open = true;
    },
  };
}

function confusionCard(model) {
  const { counts, truth, predicted } = model.confusions, most = Math.max(...counts.flat(), 1);
  const right = counts.reduce((sum, row, i) => sum + (row[predicted.indexOf(truth[i])] ?? 0), 0), total = counts.flat().reduce((a, b) => a + b, 0);
  const table = rowsTable(["truth \\ predicted", ...predicted], counts.map((row, i) => [truth[i], ...row]));
  [...table.tBodies[0].rows].forEach((line, i) => [...line.cells].slice(1).forEach((cell, j) => {
    const part = counts[i][j] / most;
    if (part > 0) cell.style.background = `color-mix(in srgb, var(--mark) ${Math.round(10 + 50 * part)}%, transparent)`;
    if (truth[i] === predicted[j]) cell.className = "right";
  }));
  const words = `${right} of ${total} sequences are answered rightly at their ends. Rows: the truth; columns: the last answer.`;
  return element("section", {}, element("h2", {}, "Who is taken for whom"), element("p", { class: "quiet" }, words), element("div", { class: "scroll", tabindex: "0" }, table));
}
