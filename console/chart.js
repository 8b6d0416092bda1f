/** Charts as inline SVG, whose text alternative is their label. */

import { svg } from './dom.js';
import { hourOf, rupiah, timeOfDay } from './format.js';

const [WIDTH, HEIGHT, FOOT] = [480, 96, 18];
const STEP = WIDTH / 24;

/** A day's transfers by hour. */
export function hourlyChart(transfers, label) {
  const counts = Array(24).fill(0);
  for (const each of transfers) counts[hourOf(each.createdAt)] += 1;
  const most = Math.max(1, ...counts);
  const bars = counts.map((count, hour) => {
    const height = count ? Math.max(2, (count / most) * HEIGHT) : 0;
    return svg('rect', { x: hour * STEP + 2, y: HEIGHT - height, width: STEP - 4, height, rx: 2 });
  });
  const hours = [0, 6, 12, 18].map((hour) => text(`${String(hour).padStart(2, '0')}:00`, hour * STEP + 2, HEIGHT + FOOT - 4));
  const peak = text(String(most), (counts.indexOf(most) + 0.5) * STEP, -4, 'middle');
  const line = svg('path', { d: `M0 ${HEIGHT + 0.5}H${WIDTH}` });
  return svg('svg', { class: 'chart', viewBox: `0 0 ${WIDTH} ${HEIGHT + FOOT}`, role: 'img', 'aria-label': label }, ...bars, line, ...hours, peak);
}

/** The balance by time, and the alert limit as a dashed line if it is known. Heights are exact to a thousandth. */
export function balanceChart(readings, limit, label) {
  const sen = ({ value }) => BigInt(value.replace('.', ''));
  const amounts = readings.map((each) => sen(each.available));
  const levels = limit ? [...amounts, sen(limit)] : amounts;
  const most = levels.reduce((one, other) => (one > other ? one : other), 1n);
  const height = (amount) => HEIGHT - (Number((amount * 1000n) / most) / 1000) * HEIGHT;
  const times = readings.map((each) => new Date(each.at).getTime());
  const span = Math.max(1, times.at(-1) - times[0]);
  const points = amounts.map((amount, index) => `${((times[index] - times[0]) / span) * WIDTH},${height(amount)}`);
  const line = svg('polyline', { points: points.join(' ') });
  const alert = limit ? [svg('path', { class: 'limit', d: `M0 ${height(sen(limit))}H${WIDTH}` })] : [];
  const ends = [text(timeOfDay(readings[0].at), 0, HEIGHT + FOOT - 4), text(timeOfDay(readings.at(-1).at), WIDTH, HEIGHT + FOOT - 4, 'end')];
  const foot = svg('path', { d: `M0 ${HEIGHT + 0.5}H${WIDTH}` });
  const peak = text(rupiah({ value: `${most / 100n}.${String(most % 100n).padStart(2, '0')}` }), 0, -4);
  return svg('svg', { class: 'chart', viewBox: `0 -14 ${WIDTH} ${HEIGHT + FOOT + 14}`, role: 'img', 'aria-label': label }, foot, ...alert, line, ...ends, peak);
}

function text(content, x, y, anchor = 'start') {
  const element = svg('text', { x, y, 'text-anchor': anchor });
  element.textContent = content;
  return element;
}
