/** One curve over the last minutes, drawn by uPlot. */

import { Component, createRef, html } from '../html.js';
import { CURVE_S } from '../state/live.js';
import UPlot from '../vendor/uplot.js';

const HEIGHT = 110;
const DARK = window.matchMedia('(prefers-color-scheme: dark)');

/** Draws `rows`, `[[when [ms], value or null], …]`; its last value is told in words, too. */
export class Chart extends Component {
  constructor() {
    super();
    this.box = createRef();
    this.begin = () => {
      this.plot?.destroy();
      this.plot = new UPlot(
        options(this.box.current, this.props.label),
        this.data(),
        this.box.current,
      );
    };
    this.fit = () => this.plot.setSize({ width: this.box.current.clientWidth, height: HEIGHT });
  }

  componentDidMount() {
    this.begin();
    DARK.addEventListener('change', this.begin);
    window.addEventListener('resize', this.fit);
  }

  componentWillUnmount() {
    DARK.removeEventListener('change', this.begin);
    window.removeEventListener('resize', this.fit);
    this.plot.destroy();
  }

  componentDidUpdate(before) {
    if (before.label !== this.props.label) this.begin();
    else if (before.rows.at(-1)?.[0] !== this.props.rows.at(-1)?.[0] || this.isOld()) {
      this.drawnMs = this.props.nowMs;
      this.plot.setData(this.data());
    }
  }

  /** The curve moves on each second, also where nothing is added. */
  isOld() {
    return !(this.props.nowMs - this.drawnMs < 1000);
  }

  /** Returns the curve, with seconds before now to the left. */
  data() {
    const { rows, nowMs } = this.props;
    const shown = [[nowMs - CURVE_S * 1000, null], ...rows, [nowMs, null]];
    return [shown.map(([when]) => (when - nowMs) / 1000), shown.map(([, value]) => value)];
  }

  render({ id, label, rows, unit }) {
    const words = `${label}: ${lastOf(rows, unit)}`;
    return html`<figure
      class="chart"
      id=${id}
      role="img"
      aria-label=${words}
      ref=${this.box}
    ></figure>`;
  }
}

/** Returns the last value in words. */
export function lastOf(rows, unit) {
  const last = rows.at(-1)?.[1];
  return last === null || last === undefined ? '–' : `${Number(last.toPrecision(3))} ${unit}`;
}

function options(box, label) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => () => style.getPropertyValue(name).trim();
  const line = { stroke: colour('--line'), width: 1 };
  const axis = { stroke: colour('--soft'), grid: line, ticks: line };
  return {
    width: box.clientWidth || 300,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: [-CURVE_S, 0] }, y: { range: rangeOf } },
    axes: [
      {
        ...axis,
        size: 28,
        values: (_, ticks) => ticks.map((each) => (each ? `${each} s` : 'now')),
      },
      { ...axis, size: 48 },
    ],
    series: [
      {},
      { label, stroke: colour('--accent'), width: 1.5, spanGaps: false, points: { show: false } },
    ],
  };
}

/** Returns what is shown of the values: zero too, and something above the highest. */
function rangeOf(_, least, most) {
  return [Math.min(0, least ?? 0), most > 0 ? most * 1.1 : 1];
}
