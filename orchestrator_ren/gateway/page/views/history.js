/** One ticket: as it is, and all that happened to it. */

import { html } from '../html.js';
import { whose } from '../state/fleet.js';
import { plain, timeOf } from '../words.js';
import { Button } from './parts.js';

/** The ticket that was chosen. */
export function History({ chosen, actions }) {
  const { ticket, events } = chosen;
  return html`<article id="history" aria-label=${`History of ${ticket.id}`}>
    <div class="ticket-head">
      <h3 class="what">
        ${ticket.command} <code>${ticket.id}</code>
        <span class=${`status ${ticket.status}`}>${ticket.status}</span>
      </h3>
      <${Button}
        id="close-history"
        label="Close"
        name="Close history"
        onPress=${() => actions.take({ type: 'chosen' })}
      />
    </div>
    <pre tabindex="0" aria-label="Parameters and result">
${JSON.stringify(shownOf(ticket), null, 1)}</pre>
    <ol class="rows">
      ${events.map(
        (each) =>
          html`<li key=${each.number}>
            <span class="small">${timeOf(each.at)}</span> ${plain(each.type)}
            ${each.status && html` <span class=${`status ${each.status}`}>${each.status}</span>`}
            <span class="small">
              ${each.message} ${each.requested_by && `by ${each.requested_by}`}</span
            >
          </li>`,
      )}
    </ol>
  </article>`;
}

function shownOf(ticket) {
  const { params, result, error, attempt, priority, requested_by: by, deadline } = ticket;
  const needs = ticket.capabilities?.length ? ticket.capabilities : null;
  const robot = whose(ticket);
  const asked = { priority, 'requested by': by, deadline, robot, needs };
  const all = { params, result, error, attempt, ...asked };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== null && value !== ''),
  );
}
