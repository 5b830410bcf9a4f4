// Who receives from whom: units on a circle, inputs to the left; links are as strong as what goes through them at this step.

const _SHOWN = 1500;

function wiringCard(model, pickUnit) {
  const { names, kinds, places } = model.wiring;
  const sender = arrayOf(model.wiring.sender), receiver = arrayOf(model.wiring.receiver), slots = arrayOf(model.wiring.slots);
  const firstUnit = kinds.indexOf("unit"), label = `${kinds.filter((k) => k === "unit").length} units, ${firstUnit} inputs, ${sender.length} links.`;
  const svg = shape("svg", { class: "chart", viewBox: "-200 -185 400 370", role: "img", "aria-label": "Wiring: " + label });
  const all = element("button", { type: "button", "aria-pressed": "false" }, "All links");
  const caption = element("figcaption", {});
  const card = element("section", {}, element("h2", {}, "Wiring" + (contents.models.length > 1 ? `: ${model.title}` : "")), element("div", { class: "tools" }, all), element("figure", {}, svg, caption));
  const table = element("details", {}, element("summary", {}, "As a table"));
  table.addEventListener("toggle", () => {
    if (table.open && table.childElementCount === 1) {
      const rows = Array.from(receiver.slice(0, 2000), (to, i) => [names[to], names[sender[i]], slots[i]]);
      table.append(element("div", { class: "scroll", tabindex: "0" }, rowsTable(["receiver", "receives from", "through slots"], rows)));
    }
  });
  card.append(table);
  const X = (node) => places[node][0] * 100, Y = (node) => -places[node][1] * 100;
  let last = null;
  all.addEventListener("click", () => { all.setAttribute("aria-pressed", String(all.getAttribute("aria-pressed") !== "true")); if (last) show(...last); });
  function loudness(row) {
    const inputs = model.group("input");
    return names.map((name, node) => {
      const column = kinds[node] === "unit" ? model.byName.get("activity of " + name) : inputs[node];
      if (!column || column.categories) return 0.5;
      const value = column.at(row), size = Math.max(Math.abs(column.data.lo), Math.abs(column.data.hi)) || 1;
      return value === null ? 0 : Math.abs(value) / size;
    });
  }
  function show(row, unit) {
    last = [row, unit];
    const loud = loudness(row), whole = all.getAttribute("aria-pressed") === "true", own = firstUnit + unit;
    const links = [];
    let receives = 0, sends = 0;
    for (let i = 0; i < sender.length; i++) {
      const mine = receiver[i] === own, others = sender[i] === own;
      receives += mine; sends += others;
      if (!(whole || mine || others) || links.length > _SHOWN) continue;
      const colour = mine ? classColour(0) : others ? classColour(1) : theme().quiet;
      const path = sender[i] === receiver[i] ? `M${X(own)} ${Y(own)}m-4 -6a6 6 0 1 1 8 0` : `M${X(sender[i])} ${Y(sender[i])}L${X(receiver[i])} ${Y(receiver[i])}`;
      const strong = loud[sender[i]];
      links.push(shape("path", { d: path, fill: "none", stroke: colour, "stroke-opacity": (mine || others ? 0.25 : 0.05) + 0.7 * strong * (mine || others ? 1 : 0.5), "stroke-width": 0.5 + 2 * strong }));
    }
    const nodes = names.map((name, node) => {
      const group = shape("g", {}), isUnit = kinds[node] === "unit", size = isUnit ? 5 : 4;
      const dot = isUnit ? shape("circle", { cx: X(node), cy: Y(node), r: size }) : shape("rect", { x: X(node) - size, y: Y(node) - size, width: 2 * size, height: 2 * size });
      dot.setAttribute("fill", viridis(loud[node]));
      dot.setAttribute("stroke", node === own ? theme().ink : theme().quiet);
      dot.setAttribute("stroke-width", node === own ? 2.5 : 0.7);
      dot.append(shape("title", {}, `${name}: ${round(loud[node])} of its largest`));
      group.append(dot);
      if (names.length <= 70) {
        const far = isUnit ? 1.12 : 1, aside = isUnit ? "middle" : "end";
        group.append(shape("text", { x: isUnit ? X(node) * far : X(node) - 8, y: (isUnit ? Y(node) * far : Y(node)) + 3, "text-anchor": aside, style: "font-size:8px" }, isUnit ? name.split(" ").at(-1) : name.replace("input ", "in ")));
      }
      if (isUnit) { group.style.cursor = "pointer"; group.addEventListener("click", () => pickUnit(node - firstUnit)); }
      return group;
    });
    svg.replaceChildren(...links, ...nodes);
    caption.replaceChildren(element("b", {}, names[own] ?? ""), ` receives from ${receives} (blue) and sends to ${sends} (orange); squares are inputs; brightness is activity at this step. ${label}`);
  }
  return { card, show };
}
