// Small charts as SVG from the descriptions of aurita.pictures.drawing, each with its words and its table.

const SVG = "http://www.w3.org/2000/svg";
const shape = (name, attributes, text) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
};

const markColour = (number) => (number < 0 ? theme().quiet : classColour(number));
const extent = (values) => {
  let low = Infinity, high = -Infinity;
  for (const value of values) if (value !== null && value !== undefined && isFinite(value)) { low = Math.min(low, value); high = Math.max(high, value); }
  return low > high ? [0, 1] : low === high ? [low - 0.5, high + 0.5] : [low, high];
};

// A power of ten in few letters.
function power(exponent) {
  const value = 10 ** exponent;
  return exponent < -3 ? value.toExponential(0).replace("e-", "e−") : value.toPrecision(2).replace(/\.0$/, "");
}

function ticksOf(low, high, count = 5) {
  const rough = (high - low) / count, size = 10 ** Math.floor(Math.log10(rough)), ratio = rough / size;
  const step = size * (ratio > 5 ? 10 : ratio > 2 ? 5 : ratio > 1 ? 2 : 1);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step / 1e6; at += step) found.push(Number(at.toPrecision(10)));
  return found;
}

function boundsOf(panel) {
  const xs = [], ys = [];
  const heat = (part) => (part.length > 1 ? [part[0] - (part[1] - part[0]) / 2, part.at(-1) + (part.at(-1) - part.at(-2)) / 2] : [part[0] - 0.5, part[0] + 0.5]);
  for (const mark of panel.marks) {
    if (mark.kind === "Heat") { xs.push(...heat(mark.x)); ys.push(...heat(mark.y)); }
    else if (mark.kind === "Bars") { xs.push(mark.x[0] - 0.6, mark.x.at(-1) + 0.6); ys.push(0, ...mark.heights); }
    else if (mark.kind === "Links") { xs.push(...mark.x0, ...mark.x1); ys.push(...mark.y0, ...mark.y1); }
    else if (mark.kind === "Band") { xs.push(...mark.x); ys.push(...mark.low, ...mark.high); }
    else { xs.push(...mark.x); ys.push(...mark.y); }
  }
  const kept = panel.log_y ? ys.filter((y) => y > 0).map(Math.log10) : ys;
  const solid = panel.marks.some((mark) => mark.kind === "Heat");
  let [x0, x1] = extent(xs), [y0, y1] = extent(kept);
  if (!solid) { const room = (y1 - y0) * 0.05; y1 += room; if (y0 !== 0) y0 -= room; }
  return { x0, x1, y0, y1 };
}

// One panel; `cursor` draws an upright line at a place of x, `onpick` is called with the place of x and y under the pointer.
function panelSvg(panel, { cursor = null, onpick = null, width = 640, height = 220, caption = "" } = {}) {
  const many = panel.y_ticks && panel.y_ticks[1].length > 14;
  if (many) height = Math.min(520, 60 + panel.y_ticks[1].length * 12);
  const words = panel.y_ticks ? Math.max(...panel.y_ticks[1].map((t) => t.length), 1) * 6.3 : 0;
  const left = Math.min(170, Math.max(52, words + 14)), right = 14, top = panel.title ? 22 : 8;
  const turned = panel.x_ticks && panel.x_ticks[1].reduce((a, t) => a + t.length + 2, 0) * 6.5 > width - left;
  const bottom = (panel.x ? 34 : 20) + (turned ? 46 : 0);
  const svg = shape("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": caption || panel.title });
  const { x0, x1, y0, y1 } = boundsOf(panel);
  const X = (x) => left + ((x - x0) / (x1 - x0)) * (width - left - right);
  const Y = (y) => height - bottom - (((panel.log_y ? Math.log10(y) : y) - y0) / (y1 - y0)) * (height - top - bottom);
  const add = (name, attributes, text) => svg.append(shape(name, attributes, text));
  if (panel.title) add("text", { x: left, y: 14, "font-weight": 600 }, panel.title);
  const yTicks = panel.y_ticks ? panel.y_ticks[0].map((at, i) => [at, panel.y_ticks[1][i]])
    : ticksOf(y0, y1, 4).map((at) => [panel.log_y ? 10 ** at : at, panel.log_y ? power(at) : round(at)]);
  for (const [at, text] of yTicks) {
    if (!panel.y_ticks) add("line", { class: "grid", x1: left, x2: width - right, y1: Y(at), y2: Y(at) });
    add("text", { class: "quiet", x: left - 6, y: Y(at) + 4, "text-anchor": "end", ...(many ? { style: "font-size:9px" } : {}) }, text);
  }
  const xTicks = panel.x_ticks ? panel.x_ticks[0].map((at, i) => [at, panel.x_ticks[1][i]]) : ticksOf(x0, x1, 8).map((at) => [at, round(at)]);
  for (const [at, text] of xTicks) {
    const place = turned ? { transform: `translate(${X(at) + 3},${height - bottom + 10}) rotate(-55)`, "text-anchor": "end" } : { x: X(at), y: height - bottom + 14, "text-anchor": "middle" };
    add("text", { class: "quiet", ...place, ...(turned ? { style: "font-size:9px" } : {}) }, text);
  }
  add("line", { class: "axis", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom });
  if (panel.x) add("text", { x: (left + width - right) / 2, y: height - 3, "text-anchor": "middle" }, panel.x);
  if (panel.y) add("text", { transform: `translate(11,${(top + height - bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, panel.y);
  for (const mark of panel.marks) drawMark(svg, mark, X, Y);
  if (cursor !== null && cursor >= x0 && cursor <= x1) add("line", { x1: X(cursor), x2: X(cursor), y1: top, y2: height - bottom, stroke: theme().ink, "stroke-width": 1.5, "stroke-dasharray": "4 3" });
  if (onpick) {
    svg.style.cursor = "pointer";
    svg.addEventListener("click", (event) => {
      const box = svg.getBoundingClientRect(), px = ((event.clientX - box.left) / box.width) * width, py = ((event.clientY - box.top) / box.height) * height;
      onpick(x0 + ((px - left) / (width - left - right)) * (x1 - x0), y0 + ((height - bottom - py) / (height - top - bottom)) * (y1 - y0));
    });
  }
  return svg;
}

function drawMark(svg, mark, X, Y) {
  const add = (name, attributes, text) => svg.append(shape(name, attributes, text));
  const colour = markColour(mark.colour ?? 0);
  if (mark.kind === "Heat") return heatMark(svg, mark, X, Y);
  if (mark.kind === "Bars") {
    const wide = Math.abs(X(1) - X(0)) * 0.7;
    mark.x.forEach((x, i) => {
      const bar = shape("rect", { x: X(x) - wide / 2, y: Math.min(Y(mark.heights[i] ?? 0), Y(0)), width: wide, height: Math.abs(Y(0) - Y(mark.heights[i] ?? 0)), fill: colour });
      bar.append(shape("title", {}, round(mark.heights[i])));
      svg.append(bar);
    });
  } else if (mark.kind === "Line") {
    let path = "", pen = false;
    mark.x.forEach((x, i) => {
      const y = mark.y[i];
      if (y === null || !isFinite(Y(y))) { pen = false; return; }
      path += `${pen ? "L" : "M"}${X(x).toFixed(1)} ${Y(y).toFixed(1)}`;
      pen = true;
    });
    add("path", { d: path, fill: "none", stroke: colour, "stroke-width": mark.wide ? 2.6 : mark.colour < 0 ? 0.7 : 1.6, ...(mark.dashed ? { "stroke-dasharray": "6 3" } : {}) });
    if (mark.marked) mark.x.forEach((x, i) => mark.y[i] !== null && isFinite(Y(mark.y[i])) && add("circle", { cx: X(x), cy: Y(mark.y[i]), r: 2.4, fill: colour }));
  } else if (mark.kind === "Band") {
    const there = mark.x.map((x, i) => `${X(x)} ${Y(mark.high[i])}`), back = mark.x.map((x, i) => `${X(x)} ${Y(mark.low[i])}`).reverse();
    add("path", { d: `M${[...there, ...back].join("L")}Z`, fill: colour, opacity: 0.2 });
  } else if (mark.kind === "Links") {
    mark.x0.forEach((x, i) => add("line", { x1: X(x), y1: Y(mark.y0[i]), x2: X(mark.x1[i]), y2: Y(mark.y1[i]), stroke: colour, "stroke-width": mark.width }));
  } else if (mark.kind === "Points") {
    mark.x.forEach((x, i) => add("circle", { cx: X(x), cy: Y(mark.y[i]), r: mark.size / 2, fill: mark.codes ? classColour(mark.codes[i]) : colour }));
  } else if (mark.kind === "Labels") {
    mark.x.forEach((x, i) => add("text", { x: X(x), y: Y(mark.y[i]) + 4, "text-anchor": { left: "start", right: "end" }[mark.align] || "middle" }, mark.texts[i]));
  }
}

function heatMark(svg, mark, X, Y) {
  const rows = mark.values.length, columns = mark.values[0].length, canvas = element("canvas", { width: columns, height: rows });
  const pen = canvas.getContext("2d"), [low, high] = extent(mark.values.flat()), most = Math.max(Math.abs(low), Math.abs(high));
  mark.values.forEach((row, r) => row.forEach((value, c) => {
    if (value === null) return;
    pen.fillStyle = mark.signed ? ramp(contents.signed, 0.5 + value / most / 2) : viridis((value - Math.min(low, 0)) / (high - Math.min(low, 0) || 1));
    pen.fillRect(c, rows - 1 - r, 1, 1);
  }));
  const edge = (part, i) => (part.length > 1 ? (part[1] - part[0]) / 2 : 0.5);
  const left = X(mark.x[0] - edge(mark.x)), right = X(mark.x.at(-1) + edge(mark.x)), above = Y(mark.y.at(-1) + edge(mark.y)), below = Y(mark.y[0] - edge(mark.y));
  svg.append(shape("image", { href: canvas.toDataURL(), x: left, y: above, width: right - left, height: below - above, preserveAspectRatio: "none", style: "image-rendering:pixelated" }));
}

// A figure: its panels, its words, a legend where lines have names, and the numbers as a table.
function figureOf(drawing, options = {}) {
  const figure = element("figure", {}, element("h2", {}, drawing.title));
  for (const panel of drawing.panels) figure.append(panelSvg(panel, { caption: drawing.caption, ...options }));
  const named = drawing.panels.flatMap((panel) => panel.marks).filter((mark) => mark.name && mark.kind !== "Heat");
  const scale = drawing.panels.flatMap((panel) => panel.marks).find((mark) => mark.kind === "Heat");
  const caption = element("figcaption", {});
  // A single line is what the title says.
  if (named.length > 1) for (const mark of named.slice(0, 16)) caption.append(element("span", { style: `color:${markColour(mark.colour)};font-weight:700` }, "— "), mark.name + "  ");
  if (scale) {
    const [low, high] = extent(scale.values.flat());
    caption.append(`${scale.scale}: ${round(Math.min(low, 0))} `, element("span", { class: "ramp", style: `background:linear-gradient(90deg,${(scale.signed ? contents.signed : contents.viridis).join(",")})` }), ` ${round(high)} `);
  }
  caption.append(element(caption.hasChildNodes() ? "div" : "span", {}, drawing.caption));
  figure.append(caption, tableOf(drawing));
  return figure;
}

function tableOf(drawing) {
  const details = element("details", {}, element("summary", {}, "As a table"));
  details.addEventListener("toggle", () => {
    if (!details.open || details.childElementCount > 1) return;
    const box = element("div", { class: "scroll", tabindex: "0" });
    for (const panel of drawing.panels) for (const mark of panel.marks) {
      const rows = tableRows(panel, mark);
      if (rows) box.append(element("h3", {}, mark.name || panel.title || drawing.title), rowsTable(rows[0], rows.slice(1, 400)));
    }
    details.append(box);
  });
  return details;
}

function tableRows(panel, mark) {
  const word = (ticks, at) => { const i = ticks ? ticks[0].indexOf(at) : -1; return i >= 0 ? ticks[1][i] : round(at); };
  if (mark.kind === "Heat") return [["", ...mark.x.map((x) => word(panel.x_ticks, x))], ...mark.values.map((row, i) => [word(panel.y_ticks, mark.y[i]), ...row.map(round)])];
  if (mark.kind === "Line" || mark.kind === "Points") return [[panel.x || "x", panel.y || "y"], ...mark.x.map((x, i) => [word(panel.x_ticks, x), word(panel.y_ticks, mark.y[i])])];
  if (mark.kind === "Bars") return [[panel.x || "x", panel.y || "height"], ...mark.x.map((x, i) => [word(panel.x_ticks, x), round(mark.heights[i])])];
  return null;
}

function rowsTable(head, rows) {
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, String(text))))));
  table.append(element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, String(cell)))))));
  return table;
}
