// The state space: a hundred thousand points as pixels on one canvas, and what moves on a second one above it.

const RADII = [[50000, 1], [15000, 1.5], [4000, 2.2], [0, 3]];

function stencil(shape, radius) {
  const found = [], reach = Math.ceil(radius + 0.5);
  for (let y = -reach; y <= reach; y++)
    for (let x = -reach; x <= reach; x++) {
      const inside = {
        disc: x * x + y * y <= (radius + 0.3) ** 2,
        square: Math.abs(x) <= radius * 0.9 + 0.4 && Math.abs(y) <= radius * 0.9 + 0.4,
        triangle: y >= -radius && y <= radius * 0.9 && Math.abs(x) <= (y + radius) * 0.62,
        diamond: Math.abs(x) + Math.abs(y) <= radius * 1.25,
      }[shape];
      if (inside) found.push([x, y]);
    }
  return found;
}

function packed32(colour) {
  const canvas = packed32.canvas || (packed32.canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true }));
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

class Scatter {
  constructor(model, host) {
    this.model = model;
    this.host = host;
    this.points = element("canvas", { "aria-hidden": "true" });
    this.above = element("canvas", { "aria-hidden": "true" });
    host.append(this.points, this.above);
    this.plane = 0;
    // Drawn in a scattered order, so that no class lies on top of the others.
    this.order = new Uint32Array(model.n);
    const stride = Scatter.coprime(model.n);
    for (let i = 0, at = 0; i < model.n; i++, at = (at + stride) % model.n) this.order[i] = at;
    this.colours = new Uint32Array(model.n);
    this.shapes = new Uint8Array(model.n);
    this.fit();
  }
  static coprime(n) {
    const divides = (a, b) => (b ? divides(b, a % b) : a);
    let stride = Math.max(1, Math.floor(n * 0.618));
    while (divides(stride, n) !== 1) stride++;
    return stride;
  }
  get x() { return this.model.planeArrays[this.plane].x; }
  get y() { return this.model.planeArrays[this.plane].y; }
  fit() {
    const plane = this.model.planes[this.plane], room = (place) => (place.hi > place.lo ? place.hi - place.lo : 1);
    this.view = {
      x: (plane.x.lo + plane.x.hi) / 2, y: (plane.y.lo + plane.y.hi) / 2,
      w: room(plane.x) * 1.08, h: room(plane.y) * 1.08,
    };
  }
  colourBy(column) {
    const codes = column.codes, ink = column.categories;
    if (ink) {
      const table = ink.map((_, code) => packed32(classColour(code))), shape = ink.map((_, code) => contents.shapes.indexOf(classShape(code)));
      const faint = packed32(theme().faint);
      for (let i = 0; i < codes.length; i++) {
        const known = codes[i] !== column.unknown;
        this.colours[i] = known ? table[codes[i]] : faint;
        this.shapes[i] = known ? shape[codes[i]] : 0;
      }
    } else {
      const table = Array.from({ length: 256 }, (_, i) => packed32(viridis(i / 255))), faint = packed32(theme().faint);
      const most = column.unknown - 1;
      for (let i = 0; i < codes.length; i++)
        this.colours[i] = codes[i] === column.unknown ? faint : table[Math.round((255 * codes[i]) / most)];
      this.shapes.fill(0);
    }
  }
  resize() {
    const box = this.host.getBoundingClientRect(), ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.ratio = ratio;
    this.width = Math.max(1, Math.round(box.width * ratio));
    this.height = Math.max(1, Math.round(box.height * ratio));
    for (const canvas of [this.points, this.above]) { canvas.width = this.width; canvas.height = this.height; }
    this.image = this.points.getContext("2d").createImageData(this.width, this.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }
  toScreen(row) {
    return [
      ((this.x[row] - this.view.x) / this.view.w + 0.5) * this.width,
      (0.5 - (this.y[row] - this.view.y) / this.view.h) * this.height,
    ];
  }
  // `bright`: which rows stand out (null: all); `large`: whether those are drawn larger.
  draw(bright, large) {
    if (!this.pixels) this.resize();
    const { pixels, width, height, order, colours, shapes, x, y, view } = this;
    pixels.fill(packed32(theme().ground));
    const base = RADII.find(([n]) => this.model.n > n)[1] * this.ratio;
    const zoomed = Math.min(2.2, Math.sqrt((this.model.planes[this.plane].x.hi - this.model.planes[this.plane].x.lo || 1) / view.w));
    const radius = base * Math.max(1, zoomed);
    const stencils = contents.shapes.map((shape) => stencil(shape, large ? Math.max(radius * 1.6, 3 * this.ratio) : radius).map(([a, b]) => [a, b]));
    const small = stencil("disc", Math.max(0.5, radius * 0.6)), faint = packed32(theme().faint);
    const sx = width / view.w, sy = height / view.h, ox = width / 2 - view.x * sx, oy = height / 2 + view.y * sy;
    const put = (row, shape, colour) => {
      const px = Math.round(x[row] * sx + ox), py = Math.round(oy - y[row] * sy);
      if (px < -20 || py < -20 || px > width + 20 || py > height + 20) return;
      for (let k = 0; k < shape.length; k++) {
        const ax = px + shape[k][0], ay = py + shape[k][1];
        if (ax >= 0 && ay >= 0 && ax < width && ay < height) pixels[ay * width + ax] = colour;
      }
    };
    if (bright) for (let i = 0; i < order.length; i++) if (!bright[order[i]]) put(order[i], small, faint);
    for (let i = 0; i < order.length; i++) {
      const row = order[i];
      if (!bright || bright[row]) put(row, stencils[shapes[row]], colours[row]);
    }
    this.points.getContext("2d").putImageData(this.image, 0, 0);
  }
  nearest(px, py, within) {
    const { x, y, view, width, height } = this;
    const sx = width / view.w, sy = height / view.h, ox = width / 2 - view.x * sx, oy = height / 2 + view.y * sy;
    let best = -1, least = (within * this.ratio) ** 2;
    for (let i = 0; i < x.length; i++) {
      const dx = x[i] * sx + ox - px, dy = oy - y[i] * sy - py, far = dx * dx + dy * dy;
      if (far < least) { least = far; best = i; }
    }
    return best;
  }
  inside(path) {
    const found = [];
    const xs = path.map((p) => p[0]), ys = path.map((p) => p[1]);
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    for (let row = 0; row < this.model.n; row++) {
      const [px, py] = this.toScreen(row);
      if (px < left || px > right || py < top || py > bottom) continue;
      let within = false;
      for (let i = 0, j = path.length - 1; i < path.length; j = i++) {
        const [ax, ay] = path[i], [bx, by] = path[j];
        if (ay > py !== by > py && px < ((bx - ax) * (py - ay)) / (by - ay) + ax) within = !within;
      }
      if (within) found.push(row);
    }
    return found;
  }
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const { view, width, height } = this;
    view.x += (px / width - 0.5) * view.w * (1 - factor);
    view.y -= (py / height - 0.5) * view.h * (1 - factor);
    view.w *= factor;
    view.h *= factor;
  }
  pan(dx, dy) {
    this.view.x -= (dx * this.ratio / this.width) * this.view.w;
    this.view.y += (dy * this.ratio / this.height) * this.view.h;
  }
  // What moves: the way of a sequence up to a row, marks of time, the step looked at, names of classes, the lasso.
  drawAbove({ rows, upTo, names, lasso }) {
    const pen = this.above.getContext("2d"), ratio = this.ratio, ink = theme().ink, ground = theme().ground;
    pen.clearRect(0, 0, this.width, this.height);
    pen.font = `${12 * ratio}px system-ui, sans-serif`;
    pen.lineJoin = "round";
    const halo = (text, px, py, size = 12, weight = "") => {
      pen.font = `${weight} ${size * ratio}px system-ui, sans-serif`;
      pen.lineWidth = 4 * ratio;
      pen.strokeStyle = ground;
      pen.strokeText(text, px, py);
      pen.fillText(text, px, py);
    };
    if (rows && rows[1] > rows[0]) {
      for (const [from, to, wide, alpha] of [[rows[0], rows[1], 1, 0.45], [rows[0], upTo + 1, 2.4, 1]]) {
        pen.globalAlpha = alpha;
        for (const [colour, extra] of [[ground, 2.5], [ink, 0]]) {
          pen.beginPath();
          for (let row = from; row < to; row++) { const [px, py] = this.toScreen(row); row === from ? pen.moveTo(px, py) : pen.lineTo(px, py); }
          pen.strokeStyle = colour;
          pen.lineWidth = (wide + extra) * ratio;
          pen.stroke();
        }
      }
      pen.globalAlpha = 1;
      pen.textAlign = "left";
      pen.fillStyle = ink;
      const every = Math.max(1, Math.round((rows[1] - rows[0]) / 6));
      for (let row = rows[0]; row < rows[1]; row += every) {
        const [px, py] = this.toScreen(row);
        halo(String(this.model.stepOf[row]), px + 6 * ratio, py - 4 * ratio, 11);
      }
      const [px, py] = this.toScreen(upTo);
      pen.beginPath();
      pen.arc(px, py, 7 * ratio, 0, 7);
      pen.lineWidth = 3 * ratio;
      pen.strokeStyle = ink;
      pen.stroke();
    }
    if (names) this.drawNames(pen, names);
    if (lasso && lasso.length > 1) {
      pen.beginPath();
      lasso.forEach(([px, py], i) => (i ? pen.lineTo(px, py) : pen.moveTo(px, py)));
      pen.closePath();
      pen.setLineDash([6 * ratio, 4 * ratio]);
      pen.lineWidth = 2 * ratio;
      pen.strokeStyle = ink;
      pen.stroke();
      pen.setLineDash([]);
    }
  }
  // Names of classes on plates that do not cover each other.
  drawNames(pen, names) {
    const ratio = this.ratio, size = 14 * ratio, high = size * 1.5;
    pen.font = `700 ${size}px system-ui, sans-serif`;
    const plates = names.map(({ text, row, code }) => {
      const [x, y] = this.toScreen(row);
      return { text, code, x, y, ax: x, ay: y, wide: pen.measureText(text).width + size };
    });
    for (let round = 0; round < 60; round++)
      for (const a of plates) for (const b of plates) {
        if (a === b) continue;
        const dx = b.x - a.x, dy = b.y - a.y, overX = (a.wide + b.wide) / 2 + 3 - Math.abs(dx), overY = high + 3 - Math.abs(dy);
        if (overX <= 0 || overY <= 0) continue;
        if (overY < overX) { const move = (overY / 2) * (dy < 0 ? -1 : 1); a.y -= move; b.y += move; }
        else { const move = (overX / 2) * (dx < 0 ? -1 : 1); a.x -= move; b.x += move; }
      }
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (const { text, code, x, y, ax, ay, wide } of plates) {
      pen.strokeStyle = classColour(code);
      pen.lineWidth = 2 * ratio;
      if (Math.hypot(ax - x, ay - y) > high / 2) { pen.beginPath(); pen.moveTo(x, y); pen.lineTo(ax, ay); pen.stroke(); }
      pen.beginPath();
      pen.roundRect(x - wide / 2, y - high / 2, wide, high, high / 3);
      pen.fillStyle = theme().ground;
      pen.fill();
      pen.stroke();
      pen.fillStyle = theme().ink;
      pen.fillText(text, x, y + ratio);
    }
    pen.textBaseline = "alphabetic";
  }
}
