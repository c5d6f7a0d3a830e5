/** What happens on the robot, live: a WebSocket that comes back by itself. */

import { address } from './api.js';

/** First and longest pause before another attempt [ms]. */
const PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4000;

/** How long a connection may take, and how long it may be silent: it ticks each 10 s [ms]. */
const CONNECT_MS = 5000;
const SILENT_MS = 25_000;

/** Follows a robot until it is closed. */
export class Feed {
  /**
   * @param {string} robot Namespace; empty = the default one.
   * @param {(message: object) => void} take Takes each message.
   * @param {() => void} onLost Told of each end of a connection.
   */
  constructor(robot, take, onLost) {
    this.url = address(robot, 'live');
    this.url.protocol = this.url.protocol.replace('http', 'ws');
    this.url.hash = '';
    this.take = take;
    this.onLost = onLost;
    this.pauseMs = PAUSE_MS;
    this.isClosed = false;
    this.connect();
  }

  /** Lets go. */
  close() {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.socket.close();
  }

  /** Tries again at once where it waits: the network is back, or somebody looks. */
  hurry() {
    if (this.isClosed || this.socket.readyState !== WebSocket.CLOSED) return;
    clearTimeout(this.timer);
    this.connect();
  }

  connect() {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.expect(CONNECT_MS);
    socket.onmessage = ({ data }) => {
      if (socket !== this.socket || this.isClosed) return;
      this.expect(SILENT_MS);
      this.pauseMs = PAUSE_MS;
      this.take({ type: 'link', link: 'open' });
      this.take(JSON.parse(data));
    };
    socket.onclose = () => {
      if (socket === this.socket) this.lose();
    };
  }

  /** Gives the connection up unless something comes in time. */
  expect(withinMs) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.socket.close();
      this.lose();
    }, withinMs);
  }

  lose() {
    if (this.isClosed) return;
    clearTimeout(this.timer);
    this.socket.onclose = null;
    this.take({ type: 'link', link: 'closed' });
    this.onLost();
    this.timer = setTimeout(() => this.connect(), this.pauseMs);
    this.pauseMs = Math.min(LONGEST_PAUSE_MS, this.pauseMs * 2);
  }
}
