/** How the robot is, and why nothing moves. */

import { html } from '../html.js';
import { isLive } from '../state/live.js';
import { reasonAgainst, whyNothingMoves } from '../state/reasons.js';
import { duration, plain } from '../words.js';
import { Button, Facts, Panel } from './parts.js';

/** State, e-stop, reasons. */
export function RobotState({ state, actions }) {
  const { status, eStop } = state.live;
  if (!status) return html`<${Panel} id="state" title="Robot"><p>Nothing is known yet.</p><//>`;
  const why = whyNothingMoves(state);
  return html`<${Panel} id="state" title="Robot">
    <p class=${`state ${tone(status)}`} data-state=${status.state}>
      ${isLive(state) ? '' : 'was '}<strong>${plain(status.state).toUpperCase()}</strong>
      ${status.executing_ids.length > 0 && html` <span>executing</span>`}
    </p>
    ${why && html`<p id="why">${why}</p>`}
    <${EStop} state=${state} actions=${actions} eStop=${eStop} />
    <${Facts} rows=${rowsOf(status)} />
  <//>`;
}

function tone(status) {
  if (status.state === 'standby') return 'busy'; // no trouble: another one has the robot
  if (!status.is_ready) return 'bad';
  return status.executing_ids.length ? 'busy' : 'good';
}

function EStop({ state, actions, eStop }) {
  if (!eStop) return html`<p>The e-stop's state is not known: the gate is not heard.</p>`;
  if (!eStop.is_latched) return html`<p id="e-stop-state">E-stop: free.</p>`;
  const source = eStop.source ? ` First by: ${eStop.source}.` : '';
  const pressed = eStop.is_pressed ? ' The button is pressed.' : '';
  return html`<div id="e-stop-state" class="latched" role="alert">
    <p>
      ${isLive(state) ? '' : 'Was: '}<strong>E-STOP LATCHED.</strong> Nothing moves before a
      reset.${source}${pressed}
    </p>
    ${
      eStop.is_pressed &&
      html`<${Button}
        id="release"
        label="Release the button and reset"
        reason=${reasonAgainst(state, 'reset')}
        onPress=${() => actions.reset(true)}
        onReason=${(text) => actions.tell('bad', text)}
      />`
    }
  </div>`;
}

function rowsOf(status) {
  const { tickets } = status;
  return [
    ['Odometry', status.hears_odometry ? 'heard' : 'not heard: motion is not measured'],
    ['Queue', status.pause_reason ? 'paused' : `${status.waiting} waiting`],
    ['Tickets', `${tickets.total}: ${tickets.completed} completed, ${tickets.failed} failed`],
    ['Orchestrator', `up ${duration(Math.floor(status.uptime_s))}, version ${status.version}`],
  ];
}
