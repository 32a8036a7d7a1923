// The plane: what is drawn where. `view` maps the plane to the canvas and back.
const REACH = 1.2;  // a little more than the plane, so that strays show

const ARROWS = 90;  // more would hide each other

function fitted(canvas) {
  // A canvas as sharp as the screen; sizes below are CSS pixels.
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext('2d');
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
}

function inks() {
  const style = getComputedStyle(element);
  const named = {};
  for (const name of ['real', 'fake', 'grid', 'arrow', 'says-real', 'says-fake', 'says-nothing', 'ink', 'faint', 'line', 'halo'])
    named[name] = style.getPropertyValue('--gp-' + name).trim();
  return named;
}

function rgb(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

const viewOf = (size) => ({
  x: (value) => ((value + REACH) / (2 * REACH)) * size,
  y: (value) => ((REACH - value) / (2 * REACH)) * size,
  plane: (px, py) => [(px / size) * 2 * REACH - REACH, REACH - (py / size) * 2 * REACH],
});

function paintHeat(pen, view, frame, ink) {
  const side = Math.round(Math.sqrt(frame.heat.length));
  const [fake, none, real] = ['says-fake', 'says-nothing', 'says-real'].map((name) => rgb(ink[name]));
  const tile = document.createElement('canvas');
  tile.width = tile.height = side;
  const inner = tile.getContext('2d');
  const image = inner.createImageData(side, side);
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const p = frame.heat[row * side + column] ?? 0.5;
      const share = Math.min(1, Math.abs(p - 0.5) * 2) ** 0.6;  // near one half, too, it shows
      const to = p < 0.5 ? fake : real;
      const at = ((side - 1 - row) * side + column) * 4;  // row 0 is the bottom
      for (let c = 0; c < 3; c++) image.data[at + c] = none[c] + (to[c] - none[c]) * share;
      image.data[at + 3] = 255;
    }
  inner.putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = true;
  pen.drawImage(tile, view.x(-1), view.y(1), view.x(1) - view.x(-1), view.y(-1) - view.y(1));
  contour(pen, view, frame.heat, side, ink);
}

function contour(pen, view, heat, side, ink) {
  // Where D cannot tell: the line of one half, cell by cell (marching squares).
  const at = (row, column) => (heat[row * side + column] ?? 0.5) - 0.5;
  const place = (index) => -1 + (2 * index + 1) / side;
  pen.beginPath();
  for (let row = 0; row < side - 1; row++)
    for (let column = 0; column < side - 1; column++) {
      const corners = [[row, column], [row, column + 1], [row + 1, column + 1], [row + 1, column]];
      const cuts = [];
      corners.forEach((corner, n) => {
        const next = corners[(n + 1) % 4], a = at(...corner), b = at(...next);
        if ((a < 0) === (b < 0)) return;
        const t = a / (a - b);
        cuts.push([place(corner[1] + t * (next[1] - corner[1])), place(corner[0] + t * (next[0] - corner[0]))]);
      });
      for (let n = 0; n + 1 < cuts.length; n += 2) {
        pen.moveTo(view.x(cuts[n][0]), view.y(cuts[n][1]));
        pen.lineTo(view.x(cuts[n + 1][0]), view.y(cuts[n + 1][1]));
      }
    }
  pen.strokeStyle = ink.faint;
  pen.lineWidth = 1.2;
  pen.setLineDash([5, 3]);
  pen.stroke();
  pen.setLineDash([]);
}

function paintManifold(pen, view, frame, ink) {
  const { manifold: at, rows, columns } = frame;
  const corner = (row, column) => {
    const n = 2 * (row * columns + column);
    return [view.x(at[n]), view.y(at[n + 1])];
  };
  pen.strokeStyle = pen.fillStyle = ink.grid;
  pen.lineWidth = rows > 1 ? 0.8 : 2;
  for (let row = 0; row + 1 < rows; row++)
    for (let column = 0; column + 1 < columns; column++) {
      pen.beginPath();
      for (const [r, c] of [[row, column], [row, column + 1], [row + 1, column + 1], [row + 1, column]])
        pen.lineTo(...corner(r, c));
      pen.closePath();
      pen.globalAlpha = 0.06 + 0.6 * (frame.density[row * (columns - 1) + column] || 0);
      pen.fill();
      pen.globalAlpha = 0.55;
      pen.stroke();
    }
  pen.globalAlpha = 1;
  if (rows !== 1) return;
  pen.beginPath();
  for (let column = 0; column < columns; column++) pen.lineTo(...corner(0, column));
  pen.stroke();
}

function paintAxes(pen, view, size, ink) {
  pen.strokeStyle = ink.line;
  pen.fillStyle = ink.faint;
  pen.font = '11px system-ui, sans-serif';
  pen.lineWidth = 1;
  pen.strokeRect(view.x(-1), view.y(1), view.x(1) - view.x(-1), view.y(-1) - view.y(1));
  pen.globalAlpha = 0.5;
  pen.beginPath();
  pen.moveTo(view.x(0), view.y(-1)); pen.lineTo(view.x(0), view.y(1));
  pen.moveTo(view.x(-1), view.y(0)); pen.lineTo(view.x(1), view.y(0));
  pen.stroke();
  pen.globalAlpha = 1;
  for (const value of [-1, -0.5, 0, 0.5, 1]) {
    pen.textAlign = 'center'; pen.textBaseline = 'top';
    pen.fillText(String(value).replace('-', '\u2212'), view.x(value), view.y(-1) + 4);
    const inside = size < 340;  // no room beside it
    pen.textAlign = inside ? 'left' : 'right'; pen.textBaseline = 'middle';
    if (Math.abs(value) < 1) pen.fillText(String(value).replace('-', '\u2212'), view.x(-1) + (inside ? 3 : -4), view.y(value));
  }
}

const held = (value) => Math.max(-REACH + 0.02, Math.min(REACH - 0.02, value));  // strays stay on the edge

function paintPoints(pen, view, flat, kind, ink, size) {
  const r = Math.max(2.6, size / 150) * (kind === 'fake' ? 1.25 : 1);
  pen.fillStyle = ink[kind];
  pen.strokeStyle = ink.halo;
  pen.lineWidth = 1;
  for (let n = 0; n + 1 < flat.length; n += 2) {
    const x = view.x(held(flat[n])), y = view.y(held(flat[n + 1]));
    pen.beginPath();
    if (kind === 'real') pen.arc(x, y, r, 0, 2 * Math.PI);
    else { pen.moveTo(x, y - r); pen.lineTo(x + r, y + 0.8 * r); pen.lineTo(x - r, y + 0.8 * r); pen.closePath(); }
    pen.fill();
    pen.stroke();
  }
}

function paintArrows(pen, view, frame, ink) {
  const lengths = [];
  for (let n = 0; n + 1 < frame.gradient.length; n += 2)
    lengths.push(Math.hypot(frame.gradient[n], frame.gradient[n + 1]));
  const usual = [...lengths].sort((a, b) => a - b)[Math.floor(0.9 * lengths.length)] || 1;
  pen.strokeStyle = ink.arrow;
  pen.lineWidth = 1.5;
  pen.beginPath();
  const every = Math.ceil(lengths.length / ARROWS);
  lengths.forEach((length, n) => {
    if (n % every || !(length > 0.02 * usual)) return;
    const scale = (0.16 * Math.min(1.5, length / usual)) / length;
    const x = view.x(held(frame.fake[2 * n])), y = view.y(held(frame.fake[2 * n + 1]));
    const dx = (view.x(scale) - view.x(0)) * frame.gradient[2 * n];
    const dy = (view.y(scale) - view.y(0)) * frame.gradient[2 * n + 1];
    const barb = 0.28;
    pen.moveTo(x, y); pen.lineTo(x + dx, y + dy);
    pen.lineTo(x + dx - barb * (dx - dy), y + dy - barb * (dy + dx));
    pen.moveTo(x + dx, y + dy);
    pen.lineTo(x + dx - barb * (dx + dy), y + dy - barb * (dy - dx));
  });
  pen.stroke();
}
