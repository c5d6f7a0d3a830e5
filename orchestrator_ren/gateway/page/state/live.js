/** What was heard of the robot, and whether it is so still. */

import { withMetrics } from './metrics.js';

/** Without a word of the orchestrator for so long, what is shown is old [ms]. */
export const SILENT_MS = 2000;

/** How far back curves go [s]. */
export const CURVE_S = 300;

const MOST_EVENTS = 50;
const MOST_POINTS = 1000;
const STEP_M = 0.02;

/** Returns what is known before anything was heard. */
export function emptyLive() {
  return {
    link: 'closed',
    isHeard: false,
    heardMs: -Infinity,
    heardAt: null,
    status: null,
    eStop: null,
    queue: [],
    progress: {},
    way: null,
    speeds: [],
    metrics: [],
    events: [],
  };
}

/** Returns what is known after a message of the feed; `atMs` and `at` say when it came. */
export function reduceLive(live, message) {
  const step = STEPS[message.type];
  return step ? step(live, message) : live;
}

/** Returns whether what is shown is so now. */
export function isLive({ live, nowMs }) {
  return live.link === 'open' && live.isHeard && nowMs - live.heardMs <= SILENT_MS;
}

/** Returns one sentence on whether what is shown is so now. */
export function liveWord(state) {
  const { live, robots, robot, session } = state;
  if (isLive(state)) return 'Live.';
  if (session?.needs_key) return 'Sign in to see the robot. STOP needs a key too.';
  const since = live.heardAt ? `Not heard since ${live.heardAt}` : 'Not heard yet';
  const old = live.heardAt ? ' What is shown is old.' : '';
  if (live.link === 'open') return `${since}: the robot says nothing.${old}`;
  if (robots && robot && !robots.some((each) => each.namespace === robot)) {
    return `${since}: there is no robot ${robot}.${old}`;
  }
  return `${since}: the gateway is not reached; trying again.${old}`;
}

const STEPS = {
  link: (live, { link }) => (live.link === link ? live : { ...live, link }),
  snapshot: (live, { atMs, at, ...told }) => {
    const next = {
      ...live,
      isHeard: told.is_heard,
      status: told.status || live.status,
      eStop: told.e_stop || live.eStop,
      queue: told.queue,
      progress: {},
      events: told.events.slice(-MOST_EVENTS),
    };
    const heard = told.is_heard ? hear(next, atMs, at) : next;
    return told.progress.reduce((now, each) => progressed(now, each, atMs), heard);
  },
  status: (live, { status, atMs, at }) =>
    dropEnded({ ...hear(live, atMs, at), isHeard: true, status }, atMs),
  e_stop: (live, told) => ({ ...live, eStop: told.e_stop }),
  progress: (live, { progress, atMs, at }) => progressed(hear(live, atMs, at), progress, atMs),
  event: (live, { event }) => ({ ...live, events: [...live.events, event].slice(-MOST_EVENTS) }),
  queue: (live, { entries }) => ({ ...live, queue: entries }),
  heard: (live, told) => ({ ...live, isHeard: told.is_heard }),
  metrics: (live, { metrics, atMs }) => {
    const rows = since(live.metrics, atMs, (each) => each.atMs);
    return { ...live, metrics: withMetrics(rows, metrics, atMs) };
  },
};

function hear(live, heardMs, heardAt) {
  return { ...live, heardMs, heardAt };
}

function progressed(live, progress, atMs) {
  const { ticket_id: id, attempt, pose, speed_mps: speed } = progress;
  const key = `${id}#${attempt}`;
  const before = live.way?.key === key ? live.way : { key, points: [], heading: 0 };
  return {
    ...live,
    progress: { ...live.progress, [id]: progress },
    way: pose ? extended(before, pose) : live.way,
    speeds: [...since(live.speeds, atMs, ([when]) => when), [atMs, speed]],
  };
}

/** Returns the way with a pose at its end; thinned out where it has become long. */
function extended(way, [x, y, heading]) {
  const last = way.points.at(-1);
  if (last && Math.hypot(x - last[0], y - last[1]) < STEP_M) return { ...way, heading };
  const points = [...way.points, [x, y]];
  const thin = points.length > MOST_POINTS;
  return { ...way, heading, points: thin ? points.filter((_, i) => i % 2 === 0) : points };
}

/** Returns what is known without the progress of what has ended: the curve of speed breaks off. */
function dropEnded(live, atMs) {
  const goesOn = Object.entries(live.progress).filter(([id]) =>
    live.status.executing_ids.includes(id),
  );
  if (goesOn.length === Object.keys(live.progress).length) return live;
  const speeds = goesOn.length ? live.speeds : [...live.speeds, [atMs, null]];
  return { ...live, progress: Object.fromEntries(goesOn), speeds };
}

function since(rows, atMs, timeOf) {
  return rows.filter((each) => atMs - timeOf(each) <= CURVE_S * 1000);
}
