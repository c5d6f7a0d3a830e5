/** STOP and E-STOP: sent at once, again until answered, and what became of it is said. No imports:
 * they work before the rest of the page is there, and when it has failed. */
(() => {
  /** How long an answer may take, and the pause before the next attempt [ms]. */
  const ANSWER_MS = 2500;
  const PAUSE_MS = 250;
  /** Answers that another attempt does not change. */
  const FINAL = new Set([400, 401, 403, 404, 405, 421]);
  const NAMES = { stop: 'STOP', 'e-stop': 'E-STOP' };
  /** By what is sent: the number of the newest press. */
  const presses = { stop: 0, 'e-stop': 0 };

  /** Returns where the robot is that the page shows. */
  const base = () => {
    const robot = new URLSearchParams(location.hash.slice(1)).get('robot') || '';
    const path = robot.split('/').map(encodeURIComponent).join('/');
    return new URL(robot ? `../robots/${path}/` : '../', location.href);
  };

  const robotName = () => {
    const robot = new URLSearchParams(location.hash.slice(1)).get('robot');
    return robot ? ` to ${robot}` : '';
  };

  /** Says it, for all to see and hear. */
  const say = (kind, text) => {
    const said = document.getElementById('stop-said');
    if (!said) return;
    said.className = kind;
    said.hidden = false;
    if (said.textContent !== text) said.textContent = text;
  };

  /** Makes one attempt; returns what the robot or the gateway answered, or why nobody did. */
  const attempt = async (what) => {
    const control = new AbortController();
    const timer = setTimeout(() => control.abort(), ANSWER_MS);
    try {
      const answer = await fetch(new URL(what, base()), {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{}',
        signal: control.signal,
        keepalive: true,
      });
      const told = await answer.json().catch(() => ({}));
      return { status: answer.status, told };
    } catch {
      return { status: 0, told: { detail: 'the gateway does not answer' } };
    } finally {
      clearTimeout(timer);
    }
  };

  /** Sends until it is answered, or pressed anew. */
  const send = async (what) => {
    const press = (presses[what] += 1);
    const name = NAMES[what] + robotName();
    const begunAt = performance.now();
    const seconds = () => ((performance.now() - begunAt) / 1000).toFixed(1);
    say('waits', `${name}: sent, not answered yet.`);
    document.dispatchEvent(new CustomEvent('stop-sent'));
    for (;;) {
      const { status, told } = await attempt(what);
      if (presses[what] !== press) return;
      if (status >= 200 && status < 300) {
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
        `${name} is NOT through: ${why}. It is sent again and again, for ${seconds()} s so far. ` +
          "Use the robot's own e-stop.",
      );
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      if (presses[what] !== press) return;
    }
  };

  const words = (what, told) => {
    if (what === 'stop') return told.message || 'done';
    return told.is_latched ? 'latched; nothing moves before a reset' : `the gate says ${told.state}`;
  };

  // pointerdown: a finger that slips off the button has meant it.
  document.addEventListener('pointerdown', (event) => {
    const button = event.target.closest?.('[data-send]');
    if (button && event.button === 0) send(button.dataset.send);
  });
  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('[data-send]');
    if (button && event.detail === 0) send(button.dataset.send); // by the keyboard, or a reader
  });
  document.addEventListener(
    'keydown',
    (event) => {
      if (event.key === 'Escape' && !event.repeat && !event.isComposing) send('stop');
    },
    true,
  );
})();
