/** Puts the page together: the store, what feeds it, what draws it. */

import { Actions } from './actions.js';
import { robotInAddress } from './api.js';
import { Feed } from './feed.js';
import { html, render } from './html.js';
import { isLive, liveWord } from './state/live.js';
import { Store, initialState } from './state/store.js';
import { Head, ResetButton } from './views/head.js';
import { Page } from './views/page.js';

/** How often it is looked whether what is shown is so still; how often the rest is asked [ms]. */
const CLOCK_MS = 250;
const ROBOTS_MS = 5000;
const METRICS_MS = 2000;
const LISTS_MS = 400;

const store = new Store(initialState(robotInAddress() || ''));
const actions = new Actions(store);
let feed = null;
let isDrawn = true;
let listsTimer = null;

/** Draws what is known; the beat tells grey.js that this page runs, and whether it is live. */
function draw() {
  isDrawn = true;
  const { state } = store;
  render(html`<${Head} state=${state} actions=${actions} onRobot=${show} />`, byId('head'));
  render(html`<${ResetButton} state=${state} actions=${actions} />`, byId('reset'));
  render(html`<${Page} state=${state} actions=${actions} />`, byId('main'));
  const detail = { isLive: isLive(state), word: liveWord(state) };
  document.dispatchEvent(new CustomEvent('beat', { detail }));
}

const byId = (id) => document.getElementById(id);

store.onChange = () => {
  if (!isDrawn) return;
  isDrawn = false;
  requestAnimationFrame(() => isDrawn || draw());
};

/** Takes a message of the feed, and asks for what it makes old. */
function take(message) {
  const wasOpen = store.state.live.link === 'open';
  const at = new Date().toLocaleTimeString('en-GB');
  store.take({ ...message, atMs: performance.now(), at });
  if (message.type === 'link' && message.link === 'open' && !wasOpen) load();
  if (message.type === 'event') loadListsSoon(message.event);
}

function load() {
  actions.loadSession();
  actions.loadCommands();
  actions.loadTickets();
}

function loadListsSoon(event) {
  const chosen = store.state.lists.chosen?.ticket.id;
  if (event.ticket_id && event.ticket_id === chosen) actions.choose(chosen);
  listsTimer ??= setTimeout(() => {
    listsTimer = null;
    actions.loadTickets();
  }, LISTS_MS);
}

/** Shows a robot. */
function show(robot) {
  feed?.close();
  if (robot !== store.state.robot) store.take({ type: 'robot', robot });
  if (robotInAddress() !== robot && (robot || robotInAddress() !== null)) {
    history.replaceState(null, '', robot ? `#robot=${encodeURIComponent(robot)}` : '#');
  }
  feed = new Feed(robot, take, lost);
}

function lost() {
  actions.loadSession();
  actions.loadRobots();
}

/** Chooses a robot where the address names none, and the default one is not there. */
function chooseRobot() {
  const { robots, live } = store.state;
  if (robotInAddress() || live.heardAt || !robots?.length) return;
  if (!robots.some((each) => each.namespace === '')) show(robots[0].namespace);
}

async function lookForRobots() {
  await actions.loadRobots();
  chooseRobot();
}

const whileSeen = (act) => () => document.hidden || act();
setInterval(() => {
  store.take({ type: 'clock', nowMs: performance.now() });
  draw();
}, CLOCK_MS);
setInterval(whileSeen(lookForRobots), ROBOTS_MS);
setInterval(
  whileSeen(() => isLive(store.state) && actions.loadMetrics()),
  METRICS_MS,
);
for (const name of ['online', 'visibilitychange', 'pageshow']) {
  (name === 'visibilitychange' ? document : window).addEventListener(name, () => feed?.hurry());
}
window.addEventListener('hashchange', () => show(robotInAddress() || ''));
actions.loadSession();
show(robotInAddress() || '');
lookForRobots();
