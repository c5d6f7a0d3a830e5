/** Small parts that all views use. */

import { html } from '../html.js';

/** A button that says why it cannot be pressed, if so; it stays reachable by the keyboard. */
export function Button({ id, label, name, reason, onPress, onReason, kind = '' }) {
  const press = (event) => {
    event.preventDefault();
    if (reason) onReason?.(`${name || label}: not now, ${reason}.`);
    else onPress();
  };
  return html`<button
      type="button"
      id=${id}
      class=${kind}
      aria-label=${name}
      aria-disabled=${reason ? 'true' : null}
      aria-describedby=${reason ? `${id}-why` : null}
      title=${reason || null}
      onClick=${press}
    >
      ${label}</button
    >${reason && html`<span class="unseen" id=${`${id}-why`}>not now: ${reason}</span>`}`;
}

/** A part of the page with its heading. */
export function Panel({ id, title, children, aside }) {
  return html`<section class="panel" aria-labelledby=${`${id}-title`} id=${id}>
    <div class="panel-head">
      <h2 id=${`${id}-title`}>${title}</h2>
      ${aside}
    </div>
    ${children}
  </section>`;
}

/** Names with their values. */
export function Facts({ rows }) {
  return html`<dl class="facts">
    ${rows.map(
      ([name, value]) =>
        html`<div key=${name}>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}
