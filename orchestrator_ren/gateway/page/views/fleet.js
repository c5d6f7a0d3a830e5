/** The robots of the store: who is alive, and since when somebody is not. */

import { html } from '../html.js';
import { sharedStore } from '../state/fleet.js';
import { timeOf } from '../words.js';
import { Panel } from './parts.js';

/** All of them, where there are several. */
export function Fleet({ state }) {
  const store = sharedStore(state);
  if (!store) return null;
  const { robots, waiting_for_any: waitingForAny } = store;
  return html`<${Panel} id="fleet" title="Robots of the store">
    ${state.fleet.isOld && html`<p class="warn">The store was not heard of lately: this is old.</p>`}
    <ul class="rows">
      ${robots.map((each) => html`<${Row} key=${each.name} robot=${each} />`)}
    </ul>
    ${waitingForAny > 0 && html`<p class="small">${waitingForAny} waiting for any robot.</p>`}
  <//>`;
}

function Row({ robot }) {
  const { name, host, term, lease_s: lease, capabilities, executing_ids: ids, waiting } = robot;
  const { kind, word } = stateOf(robot);
  const facts = [
    host && `on ${host}`,
    `term ${term}`,
    lease > 0 && `lease ${lease.toFixed(1)} s`,
    capabilities.length > 0 && `has ${capabilities.join(', ')}`,
    ids.length > 0 && `executing ${ids.join(', ')}`,
    waiting > 0 && `${waiting} waiting`,
  ];
  return html`<li data-robot=${name}>
    <span class="what"><strong>${name}</strong> <span class=${`status ${kind}`}>${word}</span></span>
    <p class="small">${facts.filter(Boolean).join(', ')}</p>
    ${kind === 'failed' && html`<p class="small">${ADVICE} <code>${DECLARE} ${name}</code></p>`}
  </li>`;
}

const ADVICE = 'Nobody knows whether it moves. Once somebody has seen that it stands:';
const DECLARE = 'ren robots --declare-stopped';

function stateOf({ is_alive: isAlive, unreachable_since: since, last_seen: seen }) {
  if (isAlive) return { kind: 'completed', word: 'alive' };
  if (since) return { kind: 'failed', word: `unreachable since ${timeOf(since)}` };
  return { kind: '', word: seen ? `shut down, last seen ${timeOf(seen)}` : 'shut down' };
}
