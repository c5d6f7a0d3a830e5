/** The way that was driven, from above: x to the right, y up, as the odometry has them. */

import { html } from '../html.js';

const WIDTH = 320;
const HEIGHT = 160;
const MARGIN = 16;

/** The way as a picture. */
export function Way({ way, isNow }) {
  const { points, heading } = way;
  const [x, y] = points.at(-1);
  const { toX, toY, metre, scale } = scaleOf(points);
  const line = points.map(([px, py]) => `${toX(px).toFixed(1)},${toY(py).toFixed(1)}`).join(' ');
  const turn = `translate(${toX(x)} ${toY(y)}) rotate(${(-heading * 180) / Math.PI})`;
  const place = `x ${x.toFixed(2)} m, y ${y.toFixed(2)} m`;
  const words = `${isNow ? 'The robot is' : 'The last ticket ended'} at ${place}`;
  return html`<figure class="way">
    <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label=${`Way driven. ${words}.`}>
      <polyline points=${line} class="line" />
      <circle cx=${toX(points[0][0])} cy=${toY(points[0][1])} r="3" class="start" />
      <path d="M9 0 -6 -5.5 -3 0 -6 5.5Z" transform=${turn} class="robot" />
      <path d=${`M8 ${HEIGHT - 6}v-4h${metre * scale}v4`} class="rule" />
      <text x=${14 + metre * scale} y=${HEIGHT - 6}>${metre} m</text>
    </svg>
    <figcaption>${words}.</figcaption>
  </figure>`;
}

/** Returns how metres become places in the picture, and a length for the rule [m]. */
function scaleOf(points) {
  const range = (axis) => {
    const all = points.map((each) => each[axis]);
    return [Math.min(...all), Math.max(...all)];
  };
  const [[left, right], [bottom, top]] = [range(0), range(1)];
  const scale = Math.min(
    (WIDTH - 2 * MARGIN) / Math.max(right - left, 1),
    (HEIGHT - 2.5 * MARGIN) / Math.max(top - bottom, 1),
  );
  const toX = (x) => WIDTH / 2 + (x - (left + right) / 2) * scale;
  const toY = (y) => HEIGHT / 2 - MARGIN / 4 - (y - (bottom + top) / 2) * scale;
  const metre = [0.5, 1, 2, 5, 10, 20, 50, 100].findLast((each) => each * scale <= 80) || 0.2;
  return { toX, toY, metre, scale };
}
