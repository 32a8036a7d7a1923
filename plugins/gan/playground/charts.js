// Small line charts over the history of the run.
const CHARTS = {
  losses: { lines: [['loss_g', 'fake'], ['loss_d', 'real']] },
  distances: { lines: [['kl', 'fake'], ['js', 'real']], level: 'js_floor', log: true },
  goodness: { lines: [['modes_share', 'fake'], ['quality', 'real']], range: [0, 1] },
};

function paintChart(canvas, chart, frame, ink) {
  const { pen, width, height } = fitted(canvas);
  if (width < 1) return;
  const curve = frame ? frame.curve : { step: [] };
  const steps = curve.step;
  const values = chart.lines.flatMap(([name]) => curve[name] || []).filter((v) => v !== null);
  const level = chart.level && frame ? frame[chart.level] : null;
  let [low, high] = chart.range || [Math.min(0, ...values), robustTop(values)];
  if (!chart.range && level !== null) high = Math.max(high, level * 1.2);
  if (chart.log) {  // KL begins twenty times as high as the floor it comes down to
    low = Math.max(1e-3, Math.min(...values.filter((v) => v > 0), level > 0 ? level : Infinity, 0.1) / 1.5);
    high = Math.max(10 * low, ...values);
  }
  if (!(high > low)) high = low + 1;
  const scale = chart.log ? (value) => Math.log(Math.max(value, low)) : (value) => value;
  const middle = chart.log ? Math.sqrt(low * high) : (low + high) / 2;
  const left = 34, right = 4, top = 5, bottom = 15;
  const x = (step) => left + ((step - (steps[0] || 0)) / Math.max(1, (steps.at(-1) || 0) - (steps[0] || 0))) * (width - left - right);
  const y = (value) => top + (1 - (scale(Math.min(Math.max(value, low), high)) - scale(low)) / (scale(high) - scale(low))) * (height - top - bottom);
  pen.font = '11px system-ui, sans-serif';
  pen.fillStyle = ink.faint; pen.strokeStyle = ink.line; pen.lineWidth = 1;
  pen.beginPath();
  for (const value of [low, middle, high]) {
    pen.moveTo(left, y(value)); pen.lineTo(width - right, y(value));
    pen.textAlign = 'right'; pen.textBaseline = 'middle';
    pen.fillText(short(value), left - 4, y(value));
  }
  pen.stroke();
  pen.textBaseline = 'alphabetic';
  pen.textAlign = 'left'; pen.fillText(steps.length ? 'step ' + steps[0].toLocaleString('en') : 'step 0', left, height - 2);
  if (steps.length > 1) { pen.textAlign = 'right'; pen.fillText(steps.at(-1).toLocaleString('en'), width - right, height - 2); }
  if (level !== null && level !== undefined) {
    pen.strokeStyle = ink.ink; pen.setLineDash([4, 4]);
    pen.beginPath(); pen.moveTo(left, y(level)); pen.lineTo(width - right, y(level)); pen.stroke();
    pen.setLineDash([]);
  }
  pen.lineWidth = 1.8;
  for (const [name, colour] of chart.lines) {
    const line = curve[name] || [];
    pen.strokeStyle = pen.fillStyle = ink[colour];
    pen.beginPath();
    let drawn = false;
    line.forEach((value, n) => {
      if (value === null) { drawn = false; return; }
      if (drawn) pen.lineTo(x(steps[n]), y(value)); else pen.moveTo(x(steps[n]), y(value));
      drawn = true;
    });
    pen.stroke();
    const end = line.at(-1);
    if (end !== null && end !== undefined) { pen.beginPath(); pen.arc(x(steps.at(-1)), y(end), 2.6, 0, 2 * Math.PI); pen.fill(); }
  }
}

function robustTop(values) {
  // One wild step must not flatten the whole curve.
  const sorted = [...values].sort((a, b) => a - b);
  if (!sorted.length) return 1;
  const most = sorted[Math.floor(0.97 * (sorted.length - 1))];
  return Math.min(sorted.at(-1), Math.max(1e-3, 1.5 * most));
}

function short(value) {
  if (value === null || value === undefined) return '\u2013';
  const size = Math.abs(value);
  const text = size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(size > 0 && size < 0.1 ? 3 : 2);
  return text.replace('-', '\u2212');
}
