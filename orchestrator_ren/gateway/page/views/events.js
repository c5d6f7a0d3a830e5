/** What happened last, newest first. */

import { html } from '../html.js';
import { plain, timeOf } from '../words.js';
import { Panel } from './parts.js';

const SHOWN = 15;

/** The last events. */
export function Events({ state }) {
  const events = [...state.live.events]
    .sort((one, other) => (one.at < other.at ? 1 : -1))
    .slice(0, SHOWN);
  return html`<${Panel} id="events" title="Last events">
    ${events.length === 0 && html`<p>None is known.</p>`}
    <ol class="rows">
      ${events.map(
        (each, index) =>
          html`<li key=${each.number || `${each.at} ${index}`}>
            <span class="small">${timeOf(each.at)}</span> ${plain(each.type)}
            ${each.ticket_id && html` <code>${each.ticket_id}</code>`}
            <span class="small"> ${each.message}</span>
          </li>`,
      )}
    </ol>
  <//>`;
}
