/** What waits, in the order of its turns, and why. */

import { html } from '../html.js';
import { reasonAgainst, reasonAgainstCancel } from '../state/reasons.js';
import { timeOf } from '../words.js';
import { Button, Panel } from './parts.js';

/** The queue, with pause and resume. */
export function Queue({ state, actions }) {
  const { queue, status } = state.live;
  const paused = status?.pause_reason;
  return html`<${Panel}
    id="queue"
    title="Queue"
    aside=${html`<${Switch} state=${state} actions=${actions} />`}
  >
    ${paused && html`<p id="paused" class="warn">Paused: ${paused}</p>`}
    ${queue.length === 0 && html`<p>Nothing waits.</p>`}
    <ol class="rows">
      ${queue.map(
        (each) =>
          html`<${Entry} key=${each.ticket_id} entry=${each} state=${state} actions=${actions} />`,
      )}
    </ol>
  <//>`;
}

function Switch({ state, actions }) {
  const isPaused = Boolean(state.live.status?.pause_reason);
  const tell = (text) => actions.tell('bad', text);
  return html`<span class="buttons">
    <${Button}
      id="pause"
      label="Pause"
      name="Pause queue"
      reason=${reasonAgainst(state, 'pause', isPaused && 'it is paused')}
      onPress=${() => actions.pause()}
      onReason=${tell}
    />
    <${Button}
      id="resume"
      label="Resume"
      name="Resume queue"
      reason=${reasonAgainst(state, 'resume', !isPaused && 'it is not paused')}
      onPress=${() => actions.resume()}
      onReason=${tell}
    />
  </span>`;
}

function Entry({ entry, state, actions }) {
  const { ticket_id: id, command, priority, reason, estimated_start: start } = entry;
  return html`<li>
    <p class="ticket-head">
      <span><strong>${command}</strong> <code>${id}</code> ${priority}</span>
      <${Button}
        id=${`cancel-${id}`}
        label="Cancel"
        name=${`Cancel ${id}`}
        reason=${reasonAgainstCancel(state, { id, status: 'queued' })}
        onPress=${() => actions.cancel(id)}
        onReason=${(text) => actions.tell('bad', text)}
      />
    </p>
    <p class="small">${reason}${start && `; starts about ${timeOf(start)}`}</p>
  </li>`;
}
