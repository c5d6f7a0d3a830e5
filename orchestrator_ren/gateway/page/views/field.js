/** A field of a form: its label, its unit and limits, and what is wrong with it. */

import { html } from '../html.js';
import { defaultOf, limitsOf } from '../schema.js';

/** What any ticket can have, as the schemas of commands say it. */
export const FIELDS = [
  {
    name: 'priority',
    kind: 'enum',
    options: ['low', 'normal', 'high', 'critical'],
    preset: 'normal',
  },
  {
    name: 'timeout_seconds',
    kind: 'number',
    unit: 's',
    help: 'Longest that it may execute.',
    min: 0,
    isAbove: true,
  },
  { name: 'not_before', kind: 'datetime', help: 'Earliest start.' },
  { name: 'deadline', kind: 'datetime', help: 'It fails if it has not ended by then.' },
  { name: 'dry_run', kind: 'boolean', help: 'Plan and check, move nothing.' },
];

/** What it can have besides where several robots share a store. */
export const SHARED_FIELDS = [
  { name: 'robot', kind: 'text', help: 'Of the same store, or any: the first that is free.' },
  { name: 'capabilities', kind: 'text', help: 'What the robot must have, such as lift, scan.' },
];

/** One field. */
export function Field({ id, field, value, error, onChange }) {
  const given = value ?? defaultOf(field);
  const unit = field.unit ? ` [${field.unit}]` : '';
  const limits = limitsOf(field);
  const range = limits && `${limits[0].toUpperCase()}${limits.slice(1)} ${field.unit}`.trim();
  const help = [field.help, range && `${range}.`].filter(Boolean).join(' ');
  const described = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(' ');
  const common = {
    id,
    'aria-describedby': described || null,
    'aria-invalid': error ? 'true' : null,
    'aria-required': field.isRequired ? 'true' : null,
  };
  return html`<div class=${`field ${field.kind}`}>
    <label for=${id}>
      ${field.name.replaceAll('_', ' ')}${unit}
      ${field.isRequired && html`<span class="required"> required</span>`}
    </label>
    ${INPUTS[field.kind](field, given, common, onChange)}
    ${error && html`<p class="error" id=${`${id}-error`} role="alert">${error}</p>`}
    ${help && html`<p class="small" id=${`${id}-help`}>${help}</p>`}
  </div>`;
}

const onInput = (onChange) => (event) => onChange(event.target.value);

const number = (field, given, common, onChange) =>
  html`<input
    ...${common}
    type="text"
    inputmode="decimal"
    autocomplete="off"
    value=${given}
    onInput=${onInput(onChange)}
  />`;

const INPUTS = {
  number,
  integer: number,
  text: (field, given, common, onChange) =>
    html`<input
      ...${common}
      type="text"
      autocomplete="off"
      value=${given}
      onInput=${onInput(onChange)}
    />`,
  datetime: (field, given, common, onChange) =>
    html`<input
      ...${common}
      type="datetime-local"
      step="1"
      value=${given}
      onInput=${onInput(onChange)}
    />`,
  boolean: (field, given, common, onChange) =>
    html`<input
      ...${common}
      type="checkbox"
      checked=${given}
      onChange=${(event) => onChange(event.target.checked)}
    />`,
  json: (field, given, common, onChange) =>
    html`<textarea
      ...${common}
      rows="3"
      spellcheck="false"
      value=${given}
      onInput=${onInput(onChange)}
    ></textarea>`,
  enum: (field, given, common, onChange) =>
    html`<select ...${common} value=${given} onChange=${onInput(onChange)}>
      ${!field.isRequired && field.preset === undefined && html`<option value="">–</option>`}
      ${field.isRequired && field.preset === undefined && html`<option value="">choose</option>`}
      ${field.options.map(
        (each) =>
          html`<option key=${each} value=${each} selected=${String(each) === given}>
            ${String(each)}
          </option>`,
      )}
    </select>`,
};
