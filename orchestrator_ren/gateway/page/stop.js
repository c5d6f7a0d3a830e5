/** STOP and E-STOP: sent at once, again until answered, and what became of it is said. No imports:
 * they work before the rest of the page is there, and when it has failed. */
(() => {
  /** How long an answer may take, and the pause before the next attempt [ms]. */
  const ANSWER_MS = 2500;
  const PAUSE_MS = 250;
  /** For so long a click belongs to the touch before it [ms]. */
  const TOUCH_MS = 1000;
  /** Answers that another attempt does not change; 404 is a robot that may come back. */
  const FINAL = new Set([400, 401, 403, 405, 421]);
  const NAMES = { stop: 'STOP', 'e-stop': 'E-STOP' };
  /** By what is sent: the number of the newest press. */
  const presses = { stop: 0, 'e-stop': 0 };

  const robotChosen = () => new URLSearchParams(location.hash.slice(1)).get('robot') || '';

  /** Returns the address of what is sent to that robot; empty = the gateway's default one. */
  const address = (what, robot) => {
    const path = robot.split('/').map(encodeURIComponent).join('/');
    return new URL(robot ? `../robots/${path}/${what}` : `../${what}`, location.href);
  };

  /** Says it, for all to see and hear. */
  const say = (kind, text) => {
    const said = document.getElementById('stop-said');
    if (!said) return;
    said.className = kind;
    said.hidden = false;
    if (said.textContent !== text) said.textContent = text;
  };

  /** Makes one request; returns the status, 0 where nobody answers, and what was told. */
  const request = async (url, options = {}) => {
    const control = new AbortController();
    const timer = setTimeout(() => control.abort(), ANSWER_MS);
    try {
      const answer = await fetch(url, { ...options, signal: control.signal, keepalive: true });
      return { status: answer.status, told: await answer.json().catch(() => ({})) };
    } catch {
      return { status: 0, told: { detail: 'the gateway does not answer' } };
    } finally {
      clearTimeout(timer);
    }
  };

  const post = (what, robot) =>
    request(address(what, robot), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{}',
    });

  /** Makes one attempt: at the robot that is shown; at all of several where none is. */
  const attempt = async (what) => {
    const robot = robotChosen();
    const answer = await post(what, robot);
    if (robot || answer.status !== 404) return answer;
    const { told } = await request(new URL('../robots', location.href));
    const answers = await Promise.all(
      (told.robots || []).map((each) => post(what, each.namespace)),
    );
    return answers.sort((one, other) => badness(one) - badness(other)).pop() || answer;
  };

  const isThrough = ({ status }) => status >= 200 && status < 300;
  const badness = (answer) => (isThrough(answer) ? 0 : 1);

  /** Sends until it is answered, or pressed anew. */
  const send = async (what) => {
    const press = (presses[what] += 1);
    const robot = robotChosen();
    const time = new Date().toLocaleTimeString('en-GB');
    const name = `${NAMES[what]}${robot && ` to ${robot}`} at ${time}`;
    const begunAt = performance.now();
    const seconds = () => ((performance.now() - begunAt) / 1000).toFixed(2);
    say('waits', `${name}: sent, not answered yet.`);
    for (;;) {
      const answer = await attempt(what);
      const { status, told } = answer;
      if (presses[what] !== press) return;
      if (isThrough(answer)) {
        say('through', `${name} is through, after ${seconds()} s: ${words(what, told)}`);
        return;
      }
      const why = told.detail || `answer ${status}`;
      if (FINAL.has(status)) {
        say('failed', `${name} is NOT through: ${why}. Use the robot's own e-stop.`);
        return;
      }
      say(
        'failed',
        `${name} is NOT through: ${why}. It is sent again until it is; meanwhile use the ` +
          "robot's own e-stop.",
      );
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      if (presses[what] !== press) return;
    }
  };

  const words = (what, told) => {
    if (what === 'stop') return told.message || 'done';
    return told.is_latched
      ? 'latched; nothing moves before a reset'
      : `the gate says ${told.state}`;
  };

  let touchedAt = -Infinity;
  const onButton = (event) => event.target.closest?.('[data-send]')?.dataset.send;

  // A finger that slips off the button has meant it.
  document.addEventListener('pointerdown', (event) => {
    const what = event.button === 0 && onButton(event);
    if (!what) return;
    touchedAt = performance.now();
    send(what);
  });
  // By the keyboard, or what reads the screen.
  document.addEventListener('click', (event) => {
    const what = onButton(event);
    if (what && performance.now() - touchedAt > TOUCH_MS) send(what);
  });
  document.addEventListener(
    'keydown',
    (event) => {
      if (event.key === 'Escape' && !event.repeat && !event.isComposing) send('stop');
    },
    true,
  );
})();
