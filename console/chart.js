/** A day's transfers by hour as a bar chart: an inline SVG, whose text alternative is its label. */

import { svg } from './dom.js';
import { hourOf } from './format.js';

const [WIDTH, HEIGHT, FOOT] = [480, 96, 18];
const STEP = WIDTH / 24;

/** The chart. `label` is its text alternative. */
export function hourlyChart(transfers, label) {
  const counts = Array(24).fill(0);
  for (const each of transfers) counts[hourOf(each.createdAt)] += 1;
  const most = Math.max(1, ...counts);
  const bars = counts.map((count, hour) => {
    const height = count ? Math.max(2, (count / most) * HEIGHT) : 0;
    return svg('rect', { x: hour * STEP + 2, y: HEIGHT - height, width: STEP - 4, height, rx: 2 });
  });
  const text = (content, x, y, anchor = 'start') => {
    const element = svg('text', { x, y, 'text-anchor': anchor });
    element.textContent = content;
    return element;
  };
  const hours = [0, 6, 12, 18].map((hour) => text(`${String(hour).padStart(2, '0')}:00`, hour * STEP + 2, HEIGHT + FOOT - 4));
  const peak = text(String(most), (counts.indexOf(most) + 0.5) * STEP, -4, 'middle');
  const line = svg('path', { d: `M0 ${HEIGHT + 0.5}H${WIDTH}` });
  return svg('svg', { class: 'chart', viewBox: `0 0 ${WIDTH} ${HEIGHT + FOOT}`, role: 'img', 'aria-label': label }, ...bars, line, ...hours, peak);
}
