/** The form that creates a ticket, made from the schema of its command. Enter sends nothing. */

import { html } from '../html.js';
import { fieldsOf } from '../schema.js';
import { sharedStore } from '../state/fleet.js';
import { isAbout } from '../state/form.js';
import { reasonAgainstCreate } from '../state/reasons.js';
import { FIELDS, Field, SHARED_FIELDS } from './field.js';
import { Button, Panel } from './parts.js';

/** Command, parameters, what any ticket can have, and the two buttons. */
export function Create({ state, actions }) {
  const { commands } = state.lists;
  if (!commands)
    return html`<${Panel} id="create" title="New ticket"
      ><p>The commands are not known yet.</p><//
    >`;
  const { form } = state;
  const general = sharedStore(state) ? [...FIELDS, ...SHARED_FIELDS] : FIELDS;
  const command = commands.find((each) => each.name === form.command);
  const choose = (event) => actions.take({ type: 'form command', command: event.target.value });
  return html`<${Panel} id="create" title="New ticket">
    <form aria-labelledby="create-title" onSubmit=${(event) => event.preventDefault()}>
      <div class="field">
        <label for="command">Command</label>
        <select id="command" value=${form.command} onChange=${choose}>
          ${commands.map(
            (each) =>
              html`<option
                key=${each.name}
                value=${each.name}
                disabled=${Boolean(each.error)}
                selected=${each.name === form.command}
              >
                ${each.name}${each.error && ' (broken)'}
              </option>`,
          )}
        </select>
        ${form.errors.command && html`<p class="error">${form.errors.command}</p>`}
      </div>
      ${command && html`<p class="small">${command.description}</p>`}
      <${Parameters} command=${command} general=${general} form=${form} actions=${actions} />
      <${Rest} form=${form} names=${namesOf(command, general)} />
      <${Buttons} state=${state} actions=${actions} />
    </form>
  <//>`;
}

function Parameters({ command, general, form, actions }) {
  const fields = command ? fieldsOf(command.params_schema) : [];
  const change = (name, value) => actions.take({ type: 'form value', name, value });
  const draw = (name, field) =>
    html`<${Field}
      key=${`${form.command} ${name}`}
      id=${`param-${name}`}
      field=${field}
      value=${form.values[name]}
      error=${errorOf(form, name)}
      onChange=${(value) => change(name, value)}
    />`;
  return html`<div class="fields">${fields.map((field) => draw(field.name, field))}</div>
    <details>
      <summary>When, how urgent, how long</summary>
      <div class="fields">${general.map((field) => draw(`.${field.name}`, field))}</div>
    </details>`;
}

/** What was refused without a field of this form being to blame. */
function Rest({ form, names }) {
  const rest = Object.entries(form.errors).filter(
    ([field]) => field !== 'command' && !names.some((name) => isAbout(field, name)),
  );
  return html`<div role="alert">
    ${rest.map(([field, text]) => html`<p class="error" key=${field}>${text}</p>`)}
  </div>`;
}

function namesOf(command, general) {
  const own = command ? fieldsOf(command.params_schema).map(({ name }) => name) : [];
  return [...own, ...general.map(({ name }) => `.${name}`)];
}

function errorOf(form, name) {
  return Object.entries(form.errors).find(([field]) => isAbout(field, name))?.[1];
}

function Buttons({ state, actions }) {
  const tell = (text) => actions.tell('bad', text);
  return html`<div class="buttons">
    <${Button}
      id="create-only"
      label="Create"
      reason=${reasonAgainstCreate(state, false)}
      onPress=${() => actions.create(false)}
      onReason=${tell}
    />
    <${Button}
      id="create-run"
      kind="go"
      label="Create and run"
      reason=${reasonAgainstCreate(state, true)}
      onPress=${() => actions.create(true)}
      onReason=${tell}
    />
  </div>`;
}
