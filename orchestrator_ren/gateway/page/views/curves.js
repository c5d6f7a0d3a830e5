/** Speed and metrics of the last minutes, as curves. */

import { html } from '../html.js';
import { CURVE_S } from '../state/live.js';
import { curveOf } from '../state/metrics.js';
import { Chart, lastOf } from './chart.js';
import { Panel } from './parts.js';

/** Speed while something is executed, and the metrics that were chosen. */
export function Curves({ state, actions }) {
  const { live, lists, nowMs } = state;
  const names = Object.keys(live.metrics.at(-1)?.values || {}).sort();
  const title = `Last ${CURVE_S / 60} minutes`;
  return html`<${Panel} id="curves" title=${title}>
    <p class="chart-head">
      <span>Speed of what is executed</span> <strong>${lastOf(live.speeds, 'm/s')}</strong>
    </p>
    <${Chart} id="speed" label="Speed" unit="m/s" rows=${live.speeds} nowMs=${nowMs} />
    ${lists.metricNames.map((name, index) => {
      const rows = curveOf(live.metrics, name);
      const choose = (event) =>
        actions.take({ type: 'metric name', index, name: event.target.value });
      return html`<div key=${index}>
        <div class="chart-head">
          <label
            >Metric
            <select id=${`metric-${index}`} value=${name} onChange=${choose}>
              ${(names.length ? names : [name]).map(
                (each) =>
                  html`<option key=${each} value=${each} selected=${each === name}>
                    ${each}
                  </option>`,
              )}
            </select>
          </label>
          <strong>${lastOf(known(rows), '')}</strong>
        </div>
        <${Chart}
          id=${`curve-${index}`}
          label=${name}
          unit=""
          rows=${known(rows)}
          nowMs=${nowMs}
        />
      </div>`;
    })}
  <//>`;
}

/** Returns a curve without its gaps: between two observations nothing is known to be otherwise. */
function known(rows) {
  return rows.filter(([, value]) => value !== null);
}
