// What the page holds: JSON, and blobs of arrays that are unpacked when they are first needed.

const contents = JSON.parse(document.getElementById("contents").textContent);
const blobs = {};

async function unpack(name) {
  const text = document.getElementById("blob-" + name).textContent;
  let bytes;
  if (Uint8Array.fromBase64) bytes = Uint8Array.fromBase64(text);
  else {
    const raw = atob(text);
    bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  }
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  blobs[name] = await new Response(stream).arrayBuffer();
}

const KINDS = { u8: Uint8Array, u16: Uint16Array, i32: Int32Array, f32: Float32Array };

function arrayOf(place) {
  return new KINDS[place.type](blobs[place.blob], place.at, place.n);
}

const unknownOf = (place) => (place.type === "u8" ? 255 : 65535);

// A column that answers for a row: a number or null, or the code of a category or -1.
class Column {
  constructor(described) {
    Object.assign(this, described);
    this.codes = arrayOf(described.data);
    this.unknown = unknownOf(described.data);
    const most = this.unknown - 1;
    this.step = described.categories ? 1 : (described.data.hi - described.data.lo) / most;
  }
  at(row) {
    const code = this.codes[row];
    if (this.categories) return code === this.unknown ? -1 : code;
    return code === this.unknown ? null : this.data.lo + code * this.step;
  }
  text(row) {
    const value = this.at(row);
    if (this.categories) return value < 0 ? "not known" : this.categories[value];
    return value === null ? "not known" : round(value);
  }
}

function round(value) {
  if (value === null || value === undefined) return "";
  return Number.isInteger(value) ? String(value) : Number(value).toPrecision(4).replace(/(\.\d*?)0+($|e)/, "$1$2").replace(/\.($|e)/, "$1");
}

// One model of the page: its columns by name and group, its sequences, its planes.
class Model {
  constructor(given) {
    Object.assign(this, given);
    this.byName = new Map();
    this.planeArrays = given.planes.map((plane) => ({ x: scaled(plane.x), y: scaled(plane.y) }));
    for (const one of given.columns) if (one.data.blob === "first") this.byName.set(one.name, new Column(one));
  }
  complete() {
    for (const one of this.columns) if (!this.byName.has(one.name)) this.byName.set(one.name, new Column(one));
    this.rowStarts = arrayOf(this.starts);
    this.stepOf = arrayOf(this.steps);
    this.longest = this.stepOf.reduce((a, b) => Math.max(a, b), 0) + 1;
    if (this.attention) {
      this.attentionRows = arrayOf(this.attention.rows);
      this.attentionData = arrayOf(this.attention.data);
    }
    this.ready = true;
  }
  group(name) {
    return this.columns.filter((c) => c.group === name).map((c) => this.byName.get(c.name)).filter(Boolean);
  }
  first(...groups) {
    for (const group of groups) {
      const found = this.columns.find((c) => c.group === group);
      if (found && this.byName.has(found.name)) return this.byName.get(found.name);
    }
    return null;
  }
  sequenceOf(row) {
    let low = 0, high = this.rowStarts.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.rowStarts[middle] <= row) low = middle; else high = middle;
    }
    return low;
  }
  // The row of a sequence at a step, or the last one before it.
  rowAt(sequence, step) {
    let low = this.rowStarts[sequence], high = this.rowStarts[sequence + 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.stepOf[middle] <= step) low = middle; else high = middle;
    }
    return low;
  }
  attentionAt(row) {
    if (!this.attention) return null;
    let low = 0, high = this.attentionRows.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.attentionRows[middle] <= row) low = middle; else high = middle;
    }
    if (this.attentionRows[low] !== row) return null;
    const [units, heads, ages] = this.attention.shape;
    const size = units * heads * ages;
    return (unit, head, age) => this.attentionData[low * size + (unit * heads + head) * ages + age] / 255;
  }
}

function scaled(place) {
  const codes = arrayOf(place), found = new Float32Array(codes.length), step = (place.hi - place.lo) / 65534;
  for (let i = 0; i < codes.length; i++) found[i] = place.lo + codes[i] * step;
  return found;
}

// Colours of the ground that the reader prefers.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const theme = () => contents.themes[dark.matches ? "dark" : "light"];
const classColour = (code) => (code < 0 ? theme().faint : theme().classes[code % theme().classes.length]);
const classShape = (code) => contents.shapes[Math.floor(Math.max(code, 0) / theme().classes.length) % contents.shapes.length];

function ramp(colours, part) {
  const place = Math.min(Math.max(part, 0), 1) * (colours.length - 1), low = Math.min(Math.floor(place), colours.length - 2);
  const mix = place - low, a = colours[low], b = colours[low + 1];
  const part2 = (i) => Math.round(parseInt(a.slice(i, i + 2), 16) * (1 - mix) + parseInt(b.slice(i, i + 2), 16) * mix);
  return `rgb(${part2(1)},${part2(3)},${part2(5)})`;
}
const viridis = (part) => ramp(contents.viridis, part);

// Elements in one line: element("p", { class: "quiet" }, "words", child).
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}
