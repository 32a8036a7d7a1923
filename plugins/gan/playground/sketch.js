// Drawing one's own distribution with mouse, pen or finger. A stroke is one undo.
const MOST = 1500;  // points
const SPRAY = 3, SPREAD = 0.03;  // points dropped at each place of a stroke, and how wide

function newSketch(canvas, toPlane, changed) {
  let strokes = [], stroke = null, last = null, active = false;
  const count = () => strokes.reduce((sum, each) => sum + each.length / 2, 0);
  const round = (value) => Math.round(Math.max(-1, Math.min(1, value)) * 1000) / 1000;

  function drop(x, y) {
    for (let n = 0; n < SPRAY && count() < MOST; n++) {
      const angle = 2 * Math.PI * Math.random(), reach = SPREAD * Math.sqrt(Math.random());
      stroke.push(round(x + reach * Math.cos(angle)), round(y + reach * Math.sin(angle)));
    }
    last = [x, y];
  }

  function where(event) {
    const box = canvas.getBoundingClientRect();
    return toPlane(event.clientX - box.left, event.clientY - box.top);
  }

  canvas.addEventListener('pointerdown', (event) => {
    if (!active || event.button > 0 || stroke) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    stroke = [];
    strokes.push(stroke);
    drop(...where(event));
    changed(false);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!stroke) return;
    for (const each of event.getCoalescedEvents?.() || [event]) {
      const [x, y] = where(each);
      const length = Math.hypot(x - last[0], y - last[1]), from = last;
      for (let n = 1; n <= Math.floor(length / 0.03); n++)
        drop(from[0] + ((x - from[0]) * n * 0.03) / length, from[1] + ((y - from[1]) * n * 0.03) / length);
    }
    changed(false);
  });
  const end = () => { if (stroke) { stroke = null; changed(true); } };
  canvas.addEventListener('pointerup', end);
  canvas.addEventListener('pointercancel', end);

  return {
    count,
    points: () => strokes.flat(),
    busy: () => stroke !== null,
    get active() { return active; },
    set active(value) { active = value; canvas.classList.toggle('drawing', value); },
    undo() { strokes.pop(); changed(true); },
    clear() { strokes = []; changed(true); },
    replace(flat) { strokes = flat.length ? [flat] : []; },
  };
}
