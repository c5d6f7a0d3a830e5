/** All that the page knows: one value, changed by messages alone. Pure; the clock comes in. */

import { emptyFleet, reduceFleet } from './fleet.js';
import { emptyForm, reduceForm } from './form.js';
import { emptyLists, reduceLists } from './lists.js';
import { emptyLive, reduceLive } from './live.js';

/** Returns what is known before anything was heard. */
export function initialState(robot = '') {
  return {
    robot,
    robots: null,
    fleet: emptyFleet(),
    session: null,
    asking: {},
    notice: null,
    nowMs: 0,
    live: emptyLive(),
    lists: emptyLists(),
    form: emptyForm(),
  };
}

/** Returns the state after a message. */
export function reduce(state, message) {
  const own = OWN[message.type];
  const next = own ? own(state, message) : state;
  const live = reduceLive(next.live, message);
  const lists = reduceLists(next.lists, message);
  const form = reduceForm(next.form, message);
  const fleet = reduceFleet(next.fleet, message);
  const parts = { live, lists, form, fleet };
  const isSame = Object.entries(parts).every(([name, part]) => part === next[name]);
  return isSame ? next : { ...next, ...parts };
}

const OWN = {
  clock: (state, { nowMs }) => ({ ...state, nowMs }),
  robots: (state, { robots }) => ({ ...state, robots }),
  session: (state, { session }) => ({ ...state, session }),
  robot: (state, { robot }) => ({
    ...initialState(robot),
    robots: state.robots,
    fleet: state.fleet,
    session: state.session,
    nowMs: state.nowMs,
  }),
  asking: (state, { key }) => ({ ...state, asking: { ...state.asking, [key]: true } }),
  answered: (state, { key, notice = null }) => {
    const { [key]: _, ...asking } = state.asking;
    return { ...state, asking, notice: notice || state.notice };
  },
  notice: (state, { notice }) => ({ ...state, notice }),
};

/** Keeps a state; tells whoever wants to know that it has changed. */
export class Store {
  constructor(state) {
    this.state = state;
    this.onChange = () => {};
  }

  /** Takes a message. */
  take(message) {
    const next = reduce(this.state, message);
    if (next === this.state) return;
    this.state = next;
    this.onChange();
  }
}
