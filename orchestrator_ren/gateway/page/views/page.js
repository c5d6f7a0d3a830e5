/** All of the page below its head. */

import { html } from '../html.js';
import { Create } from './create.js';
import { Curves } from './curves.js';
import { Events } from './events.js';
import { Fleet } from './fleet.js';
import { Queue } from './queue.js';
import { RobotState } from './robot_state.js';
import { Running } from './running.js';
import { Tickets } from './tickets.js';

/** The panels, in the order in which they are read. */
export function Page({ state, actions }) {
  const { notice } = state;
  return html`
    <p id="told" role="status" class=${notice ? `notice ${notice.kind}` : 'notice'}>
      ${notice ? `${notice.at} ${notice.text}` : ''}
    </p>
    <div class="columns">
      <div class="column">
        <${RobotState} state=${state} actions=${actions} />
        <${Running} state=${state} actions=${actions} />
        <${Queue} state=${state} actions=${actions} />
        <${Fleet} state=${state} />
      </div>
      <div class="column">
        <${Create} state=${state} actions=${actions} />
        <${Curves} state=${state} actions=${actions} />
      </div>
      <div class="column wide">
        <${Tickets} state=${state} actions=${actions} />
        <${Events} state=${state} />
      </div>
    </div>
  `;
}
