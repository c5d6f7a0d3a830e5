/** All tickets, page by page, and the history of one. */

import { html } from '../html.js';
import { sharedStore, whose } from '../state/fleet.js';
import { reasonAgainstCancel, reasonAgainstRun } from '../state/reasons.js';
import { paramsLine, timeOf } from '../words.js';
import { History } from './history.js';
import { Button, Panel } from './parts.js';

const STATUSES = ['pending', 'queued', 'executing', 'completed', 'failed', 'cancelled'];

/** The list, with its filter. */
export function Tickets({ state, actions }) {
  const { tickets, chosen } = state.lists;
  return html`<${Panel}
    id="tickets"
    title="Tickets"
    aside=${html`<${Filter} state=${state} actions=${actions} />`}
  >
    ${!tickets && html`<p>The tickets are not known yet.</p>`}
    ${tickets?.length === 0 && html`<p>There are none.</p>`}
    <ul class="rows">
      ${(tickets || []).map(
        (each) => html`<${Row} key=${each.id} ticket=${each} state=${state} actions=${actions} />`,
      )}
    </ul>
    <${Pages} state=${state} actions=${actions} />
    ${chosen && html`<${History} chosen=${chosen} actions=${actions} />`}
  <//>`;
}

function Filter({ state, actions }) {
  const { filter } = state.lists;
  const change = (event) => actions.turn({ type: 'filter', filter: event.target.value });
  return html`<label
    >Status
    <select id="filter" value=${filter} onChange=${change}>
      <option value="">all</option>
      ${STATUSES.map(
        (each) =>
          html`<option key=${each} value=${each} selected=${each === filter}>${each}</option>`,
      )}
    </select>
  </label>`;
}

function Row({ ticket, state, actions }) {
  const { id, command, status, params, error, capabilities } = ticket;
  const isOther = ticket.is_for_any || ticket.robot !== state.live.status?.robot;
  const owner = sharedStore(state) && isOther && whose(ticket);
  const needs = capabilities?.length ? `, needs ${capabilities.join(', ')}` : '';
  const isOver = ['completed', 'failed', 'cancelled'].includes(status);
  const tell = (text) => actions.tell('bad', text);
  const run = isOver ? 'Run again' : 'Run';
  return html`<li data-ticket=${id}>
    <div class="ticket-head">
      <span class="what">
        <span class=${`status ${status}`}>${status}</span>
        <strong>${command}</strong>
        <code>${id}</code>
        <span class="small">${timeOf(ticket.created_at)}</span>
      </span>
      <span class="buttons">
        <${Button}
          id=${`show-${id}`}
          label="Show"
          name=${`Show ${id}`}
          onPress=${() => actions.choose(id)}
        />
        ${
          !isOver &&
          html`<${Button}
            id=${`drop-${id}`}
            label="Cancel"
            name=${`Cancel ${id}`}
            reason=${reasonAgainstCancel(state, ticket)}
            onPress=${() => actions.cancel(id)}
            onReason=${tell}
          />`
        }
        <${Button}
          id=${`run-${id}`}
          label=${run}
          name=${`${run} ${id}`}
          reason=${reasonAgainstRun(state, ticket)}
          onPress=${() => actions.run(id, isOver)}
          onReason=${tell}
        />
      </span>
    </div>
    <p class="small">
      ${paramsLine(params)}${owner && html` <span class="owner">for ${owner}${needs}</span>`}
      ${error && html` <span class="error">${error}</span>`}
    </p>
  </li>`;
}

function Pages({ state, actions }) {
  const { tokens, nextToken, total } = state.lists;
  return html`<div class="buttons pages">
    <${Button}
      id="page-before"
      label="Newer"
      name="Newer tickets"
      reason=${tokens.length < 2 && 'these are the newest'}
      onPress=${() => actions.turn({ type: 'page before' })}
    />
    <${Button}
      id="page-next"
      label="Older"
      name="Older tickets"
      reason=${!nextToken && 'there are no older ones'}
      onPress=${() => actions.turn({ type: 'next page' })}
    />
    <span class="small">page ${tokens.length}, ${total} in all</span>
  </div>`;
}
