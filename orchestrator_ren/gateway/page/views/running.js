/** What is executed now: how far, how fast, how long still, and the way. */

import { html } from '../html.js';
import { reasonAgainstCancel } from '../state/reasons.js';
import { amount, duration } from '../words.js';
import { Button, Facts, Panel } from './parts.js';
import { Way } from './way.js';

const ENDS = ['completed', 'failed', 'cancelled'];

/** The tickets that are executed, and the way of the last one. */
export function Running({ state, actions }) {
  const { status, progress, way, events } = state.live;
  const ids = status?.executing_ids || [];
  return html`<${Panel} id="running" title="Running">
    ${ids.length === 0 && html`<p>Nothing is executed. ${lastEnd(events)}</p>`}
    ${ids.map(
      (id) =>
        html`<${Ticket}
          key=${id}
          id=${id}
          progress=${progress[id]}
          state=${state}
          actions=${actions}
        />`,
    )}
    ${way && html`<${Way} way=${way} isNow=${ids.some((id) => way.key.startsWith(`${id}#`))} />`}
  <//>`;
}

/** Returns how the last one ended, in words. */
function lastEnd(events) {
  const end = events.findLast((each) => ENDS.includes(each.status));
  if (!end) return '';
  const why = end.status === 'completed' ? '' : `: ${end.message}`;
  return `The last was ${end.command} ${end.ticket_id}, ${end.status}${why}.`;
}

function Ticket({ id, progress, state, actions }) {
  const ticket = { id, status: 'executing' };
  const share = progress?.progress ?? null;
  return html`<article class="ticket" aria-label=${`Ticket ${id}`}>
    <p class="ticket-head">
      <span><strong>${progress?.command || ''}</strong> <code>${id}</code></span>
      <${Button}
        id=${`cancel-${id}`}
        label="Cancel"
        name=${`Cancel ${id}`}
        reason=${reasonAgainstCancel(state, ticket)}
        onPress=${() => actions.cancel(id)}
        onReason=${(text) => actions.tell('bad', text)}
      />
    </p>
    <progress max="1" value=${share} aria-label=${`Progress of ${id}`}></progress>
    ${progress && html`<${Facts} rows=${rowsOf(progress)} />`}
    ${progress?.message && html`<p>${progress.message}</p>`}
  </article>`;
}

function rowsOf(progress) {
  const share = progress.progress === null ? '–' : `${Math.round(progress.progress * 100)} %`;
  return [
    ['Done', share],
    ['Speed', amount(progress.speed_mps, 'm/s')],
    ['Distance', amount(progress.distance_m, 'm')],
    ['Remaining', progress.remaining_s ? duration(progress.remaining_s) : 'not known'],
    ['Elapsed', duration(progress.elapsed_s)],
  ];
}
