/** Why a button cannot be pressed now; empty = it can. STOP and E-STOP are not asked. */

import { isLive, liveWord } from './live.js';
import { reasonNotToSend } from './form.js';

/** Returns why nothing at all can be asked. */
export function reasonAgainstAll(state) {
  const { session } = state;
  if (session?.needs_key) return 'sign in first';
  if (session?.role === 'viewer') return 'the role of your key, viewer, may only look';
  return isLive(state) ? '' : liveWord(state).replace(/\.$/, '');
}

/** Returns why something that is being asked already, or nothing at all, cannot be asked. */
export function reasonAgainst(state, key, ...others) {
  const all = reasonAgainstAll(state);
  if (all) return all;
  if (state.asking[key]) return 'asked a moment ago';
  return others.find(Boolean) || '';
}

/** Returns why the e-stop cannot be reset. */
export function reasonAgainstReset(state) {
  const isLatched = state.live.eStop?.is_latched;
  return reasonAgainst(state, 'reset', !isLatched && 'the e-stop is not latched');
}

/** Returns why what is filled in cannot be created, and with `queue` run. */
export function reasonAgainstCreate(state, queue) {
  const { form, nowMs } = state;
  return reasonAgainst(
    state,
    '',
    reasonNotToSend(form, nowMs),
    queue && !form.values['.robot'] && reasonAgainstMotion(state, form.command),
  );
}

/** Returns why a ticket cannot be run, or run again. */
export function reasonAgainstRun(state, ticket) {
  const isOpen = ['queued', 'executing'].includes(ticket.status);
  return reasonAgainst(
    state,
    `run ${ticket.id}`,
    isOpen && `it is ${ticket.status}`,
    reasonAgainstMotion(state, ticket.command),
  );
}

/** Returns why a ticket cannot be cancelled. */
export function reasonAgainstCancel(state, ticket) {
  const isOver = ['completed', 'failed', 'cancelled'].includes(ticket.status);
  return reasonAgainst(state, `cancel ${ticket.id}`, isOver && `it is ${ticket.status}`);
}

/** Returns why nothing moves; empty while something is executed. */
export function whyNothingMoves({ live }) {
  const { status, queue } = live;
  if (!status || status.executing_ids.length) return '';
  if (status.reason) return status.reason;
  if (status.pause_reason) return `The queue is paused: ${status.pause_reason}`;
  if (queue.length) return `${queue[0].ticket_id} waits: ${queue[0].reason}`;
  return 'Nothing is asked for.';
}

function reasonAgainstMotion({ live, lists }, command) {
  const moves = lists.commands?.find((each) => each.name === command)?.moves;
  if (!moves || !live.status || live.status.is_ready) return '';
  return live.status.reason || `the robot is ${live.status.state}`;
}
