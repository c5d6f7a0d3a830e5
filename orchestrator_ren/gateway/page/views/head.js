/** Which robot, who looks on, and the reset of the e-stop. */

import { html } from '../html.js';
import { reasonAgainstReset } from '../state/reasons.js';
import { robotName } from '../words.js';
import { Button } from './parts.js';

/** Robot and session. */
export function Head({ state, actions, onRobot }) {
  return html`<div class="head">
    <${Robots} state=${state} onRobot=${onRobot} />
    <${Session} state=${state} actions=${actions} />
  </div>`;
}

/** The reset, beside what it resets; the rest only where somebody holds a button. */
export function ResetButton({ state, actions }) {
  return html`<${Button}
    id="reset-button"
    label="Reset"
    name="Reset e-stop"
    reason=${reasonAgainstReset(state)}
    onPress=${() => actions.reset(false)}
    onReason=${(text) => actions.tell('bad', text)}
  />`;
}

function Robots({ state, onRobot }) {
  const { robot, robots } = state;
  const names = new Set([robot, ...(robots || []).map((each) => each.namespace)]);
  const word = (name) => {
    const found = robots?.find((each) => each.namespace === name);
    return found?.status ? found.status.state.replaceAll('_', ' ') : 'not heard';
  };
  if (names.size < 2) return html`<span class="robot">${robotName(robot)}</span>`;
  return html`<label class="robot"
    >Robot
    <select id="robot" value=${robot} onChange=${(event) => onRobot(event.target.value)}>
      ${[...names]
        .sort()
        .map(
          (name) =>
            html`<option value=${name} key=${name} selected=${name === robot}>
              ${name || '(no namespace)'}: ${word(name)}
            </option>`,
        )}
    </select>
  </label>`;
}

function Session({ state, actions }) {
  const { session } = state;
  if (session?.name) {
    return html`<span class="session"
      >${session.name} (${session.role})
      <${Button} id="sign-out" label="Sign out" onPress=${() => actions.signOut()}
    /></span>`;
  }
  if (!session?.needs_key) return null;
  const signIn = (event) => {
    event.preventDefault();
    const input = event.target.elements.key;
    const key = input.value.trim();
    input.value = '';
    if (key && !reasonToWait) actions.signIn(key);
  };
  const reasonToWait = state.asking['sign in'];
  return html`<form class="session" onSubmit=${signIn}>
    <label
      >Key <input name="key" id="key" type="password" autocomplete="current-password" required
    /></label>
    <button type="submit">Sign in</button>
  </form>`;
}
