/** What people can do: ask the gateway, and tell the store what came of it. */

import { Refusal, address, get, post } from './api.js';
import { fieldsOf, paramsOf } from './schema.js';
import { whose } from './state/fleet.js';
import { askedField } from './state/form.js';
import { timeOf } from './words.js';

/** Tickets on a page of the list. */
const PAGE = 20;

/** Makes the requests of one page. */
export class Actions {
  constructor(store) {
    this.store = store;
  }

  to(path) {
    return address(this.store.state.robot, path);
  }

  take(message) {
    this.store.take(message);
  }

  tell(kind, text) {
    this.take({ type: 'notice', notice: noticeOf(kind, text) });
  }

  /** Asks for something, not twice at once; says what was answered. */
  async ask(key, request, wordsOf) {
    if (this.store.state.asking[key]) return;
    this.take({ type: 'asking', key });
    try {
      const told = await request();
      this.take({ type: 'answered', key, notice: noticeOf('good', wordsOf(told)) });
    } catch (error) {
      this.take({ type: 'answered', key, notice: this.refused(error) });
    }
    this.loadTickets();
  }

  refused(error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === 401) this.loadSession();
    const code = error.code ? ` (${error.code})` : '';
    return noticeOf('bad', `Refused: ${error.message}${code}`);
  }

  /** Returns what is answered to GET, to be taken as a message; nothing where nobody answers. */
  async load(path, messageOf) {
    const { robot } = this.store.state;
    const url = this.to(path);
    try {
      const told = await get(url);
      if (robot === this.store.state.robot) this.take(messageOf(told));
    } catch (error) {
      const { kind, text } = this.refused(error);
      if (error.status && error.status !== 504 && error.status !== 401) this.tell(kind, text);
    }
  }

  pause() {
    return this.ask(
      'pause',
      () => post(this.to('queue/pause')),
      ({ message }) => message,
    );
  }

  resume() {
    return this.ask(
      'resume',
      () => post(this.to('queue/resume')),
      ({ message }) => message,
    );
  }

  reset(release) {
    const words = ({ is_latched: isLatched }) =>
      isLatched ? 'The e-stop is latched still.' : 'The e-stop is reset; nothing moves by that.';
    return this.ask('reset', () => post(this.to('e-stop/reset'), { release }), words);
  }

  cancel(id) {
    const url = this.to(`ticket/${encodeURIComponent(id)}/cancel`);
    return this.ask(
      `cancel ${id}`,
      () => post(url),
      () => `${id}: its cancellation is asked for.`,
    );
  }

  run(id, force) {
    const body = { ticket_id: id, force, wait_seconds: 0 };
    return this.ask(
      `run ${id}`,
      () => post(this.to('execute'), body),
      ({ message }) => `${id} ${message}.`,
    );
  }

  /** Creates what is filled in. The key makes it one ticket, however often it is sent. */
  async create(queue) {
    const { form, lists } = this.store.state;
    if (form.isSending) return;
    const schema = lists.commands.find((each) => each.name === form.command).params_schema;
    const { params, errors } = paramsOf(fieldsOf(schema), form.values);
    if (Object.keys(errors).length) {
      this.take({ type: 'form refused', errors: asked(errors) });
      return;
    }
    const key = form.key || newKey();
    this.take({ type: 'form sent', key });
    try {
      const body = { command: form.command, params, queue, ...generalOf(form.values) };
      const headers = { 'Idempotency-Key': `${key}-${queue ? 'run' : 'create'}` };
      const ticket = await post(this.to('ticket'), body, headers);
      this.take({ type: 'form done', nowMs: performance.now() });
      const owner = form.values['.robot'] ? ` for ${whose(ticket)}` : '';
      this.tell('good', `${ticket.id} is created${owner}${queue ? ' and asked for' : ''}.`);
    } catch (error) {
      const { text } = this.refused(error);
      this.take({ type: 'form refused', errors: { [error.field]: text } });
    }
    this.loadTickets();
  }

  loadCommands() {
    return this.load('commands', ({ commands }) => ({ type: 'commands', commands }));
  }

  loadTickets() {
    const { filter, tokens } = this.store.state.lists;
    const token = tokens.at(-1);
    const query = new URLSearchParams({ limit: PAGE });
    if (filter) query.set('status', filter);
    if (token) query.set('page_token', token);
    return this.load(`tickets?${query}`, (page) => ({ type: 'tickets', page, filter, token }));
  }

  /** Shows other tickets. */
  turn(message) {
    this.take(message);
    return this.loadTickets();
  }

  /** Loads a ticket with its history, to be shown. */
  async choose(id) {
    const path = `ticket/${encodeURIComponent(id)}`;
    const ticket = await get(this.to(path)).catch((error) =>
      this.take({ type: 'notice', notice: this.refused(error) }),
    );
    if (ticket) {
      await this.load(`${path}/history`, ({ events }) => ({ type: 'chosen', ticket, events }));
    }
  }

  loadMetrics() {
    return this.load('telemetry/metrics', ({ metrics }) => ({
      type: 'metrics',
      metrics,
      atMs: performance.now(),
    }));
  }

  async loadRobots() {
    const told = await get(address('', 'robots')).catch(() => ({ robots: null }));
    this.take({ type: 'robots', robots: told.robots, stores: told.stores });
  }

  /** Asks who we are; a gateway without keys has no sessions. */
  async loadSession() {
    const session = await get(address('', 'session')).catch(({ status }) =>
      status === 404 ? { needs_key: false } : this.store.state.session,
    );
    this.take({ type: 'session', session });
  }

  async signIn(key) {
    await this.ask(
      'sign in',
      () => post(address('', 'login'), { key }),
      ({ name }) => `Signed in as ${name}.`,
    );
    await this.loadSession();
  }

  async signOut() {
    await this.ask(
      'sign in',
      () => post(address('', 'logout')),
      () => 'Signed out.',
    );
    await this.loadSession();
  }
}

function asked(errors) {
  return Object.fromEntries(
    Object.entries(errors).map(([name, text]) => [askedField(name), text]),
  );
}

/** Returns what any ticket can have, where it is filled in. */
function generalOf(values) {
  const general = {};
  if (values['.priority']) general.priority = values['.priority'];
  if (values['.timeout_seconds']) general.timeout_seconds = Number(values['.timeout_seconds']);
  if (values['.dry_run']) general.dry_run = true;
  if (values['.robot']?.trim()) general.robot = values['.robot'].trim();
  const capabilities = (values['.capabilities'] || '').split(',').map((each) => each.trim());
  if (capabilities.some(Boolean)) general.capabilities = capabilities.filter(Boolean);
  for (const name of ['not_before', 'deadline']) {
    const local = values[`.${name}`];
    if (local) general[name] = new Date(local).toISOString();
  }
  return general;
}

/** Returns what is said of an answer, and when it came. */
function noticeOf(kind, text) {
  return { kind, text, at: timeOf(new Date()) };
}

/** Returns a random key; `crypto.randomUUID` is only there over HTTPS and on localhost. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `page-${[...bytes].map((each) => each.toString(16).padStart(2, '0')).join('')}`;
}
