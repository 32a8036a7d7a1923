// The page's end of the playground: the frame in `props.value` is drawn, gestures are sent back.
const canvas = element.querySelector('.gp-canvas');
const read = element.querySelector('.gp-read');
const caption = element.querySelector('.gp-caption');
const shown = { real: true, fake: true, heat: true, manifold: false, gradient: false };
const tool = (name) => element.querySelector('[data-tool="' + name + '"]');
let frame = null, probe = null, view = viewOf(1), waiting = false;

const sketch = newSketch(canvas, (x, y) => view.plane(x, y), (finished) => {
  soon();
  tools();
  if (finished) trigger('drawn', { points: sketch.points() });
});

function paint() {
  waiting = false;
  if (!canvas.clientWidth) return;
  const ink = inks();
  const { pen, width: size } = fitted(canvas);
  view = viewOf(size);
  pen.fillStyle = ink['says-nothing'];
  pen.fillRect(0, 0, size, size);
  const drawing = sketch.active && sketch.count() > 0;
  if (frame && shown.heat && !sketch.busy()) paintHeat(pen, view, frame, ink);
  paintAxes(pen, view, size, ink);
  if (frame && shown.manifold) paintManifold(pen, view, frame, ink);
  if (drawing) paintPoints(pen, view, sketch.points(), 'real', ink, size);
  else if (frame && shown.real) paintPoints(pen, view, frame.real, 'real', ink, size);
  if (frame && shown.fake && !sketch.busy()) paintPoints(pen, view, frame.fake, 'fake', ink, size);
  if (frame && shown.gradient) paintArrows(pen, view, frame, ink);
  if (probe) cross(pen, ink);
  if (!frame && !sketch.count()) hint(pen, size, ink);
  for (const [name, chart] of Object.entries(CHARTS))
    paintChart(element.querySelector('[data-chart="' + name + '"]'), chart, frame, ink);
}

function soon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(paint);
}

function hint(pen, size, ink) {
  pen.fillStyle = ink.ink;
  pen.font = '15px system-ui, sans-serif';
  pen.textAlign = 'center'; pen.textBaseline = 'middle';
  pen.fillText(sketch.active ? 'Draw here' : 'Press Run', size / 2, size * 0.42);
}

function cross(pen, ink) {
  const x = view.x(probe[0]), y = view.y(probe[1]);
  pen.strokeStyle = ink.ink;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(x - 7, y); pen.lineTo(x + 7, y); pen.moveTo(x, y - 7); pen.lineTo(x, y + 7);
  pen.stroke();
}

function says() {
  if (!probe || !frame) return;
  const side = Math.round(Math.sqrt(frame.heat.length));
  const cell = (value) => Math.min(side - 1, Math.max(0, Math.floor(((value + 1) / 2) * side)));
  const p = frame.heat[cell(probe[1]) * side + cell(probe[0])];
  const meaning = p === null ? '' : p > 0.6 ? ': looks real' : p < 0.4 ? ': looks generated' : ': cannot tell';
  read.textContent = 'D(' + short(probe[0]) + ', ' + short(probe[1]) + ') = ' + short(p) + meaning;
}

function look(event) {
  if (sketch.active) return;
  const box = canvas.getBoundingClientRect();
  const [x, y] = view.plane(event.clientX - box.left, event.clientY - box.top);
  probe = Math.abs(x) <= 1 && Math.abs(y) <= 1 ? [x, y] : null;
  says();
  soon();
}
canvas.addEventListener('pointermove', look);
canvas.addEventListener('pointerdown', look);
canvas.addEventListener('pointerleave', (event) => {
  if (event.pointerType !== 'mouse') return;  // a tapped place stays
  probe = null;
  soon();
});
canvas.addEventListener('keydown', (event) => {
  const step = { ArrowLeft: [-0.05, 0], ArrowRight: [0.05, 0], ArrowUp: [0, 0.05], ArrowDown: [0, -0.05] }[event.key];
  if (!step) return;
  event.preventDefault();
  probe = (probe || [0, 0]).map((value, n) => Math.max(-1, Math.min(1, value + step[n])));
  says();
  soon();
});

function tools() {
  const on = sketch.active;
  tool('draw').setAttribute('aria-pressed', on);
  tool('draw').textContent = on ? 'Done drawing' : 'Draw your own';
  tool('undo').hidden = tool('clear').hidden = !on;
  const count = element.querySelector('.gp-count');
  count.hidden = !on;
  count.textContent = sketch.count() >= MOST ? MOST + ' points: that is all that fit' : sketch.count() ? sketch.count() + ' points' : 'Draw on the plane.';
}

function draw(on) {
  sketch.active = on;
  probe = null;
  tools();
  soon();
}

element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.dataset.layer) {
    shown[button.dataset.layer] = !shown[button.dataset.layer];
    button.setAttribute('aria-pressed', shown[button.dataset.layer]);
    soon();
  }
  if (button.dataset.tool === 'draw') {
    draw(!sketch.active);
    if (sketch.active) trigger('drawn', { points: sketch.count() ? sketch.points() : null });
  }
  if (button.dataset.tool === 'undo') sketch.undo();
  if (button.dataset.tool === 'clear') sketch.clear();
});

function readings() {
  for (const place of element.querySelectorAll('[data-read]')) {
    const name = place.dataset.read;
    if (name === 'modes') place.textContent = frame.modes ? frame.modes_covered + ' of ' + frame.modes : '\u2013';
    else place.textContent = short(frame[name]);
  }
  caption.textContent = frame.caption;
  for (const part of element.querySelectorAll('[data-part]'))
    part.classList.toggle('on', frame.parts.includes(part.dataset.part));
  canvas.setAttribute('aria-label', 'The plane at step ' + frame.step + ': ' + frame.real.length / 2 + ' real and ' +
    frame.fake.length / 2 + ' generated points; JS divergence ' + short(frame.js) + '.');
}

function take() {
  let told;
  try { told = JSON.parse(props.value || 'null'); } catch { return; }
  if (!told) return;
  if (told.points) { sketch.replace(told.points); tools(); }
  if (told.draw !== undefined) draw(told.draw);
  if (told.heat) { frame = told; readings(); says(); }
  soon();
}
watch('value', take);
take();

new ResizeObserver(soon).observe(canvas);
const themes = new MutationObserver(soon);
themes.observe(document.body, { attributes: true, attributeFilter: ['class'] });
new IntersectionObserver((entries, self) => {
  if (!entries.some((entry) => entry.isIntersecting)) return;
  self.disconnect();  // the first game is played when somebody looks
  const link = location.hash.startsWith('#gan=') ? location.hash.slice(5) : '';
  trigger('seen', { link });
}).observe(canvas);
