/** Requests to the gateway, about one robot. */

/** How long an answer may take [ms]. */
const ANSWER_MS = 5000;

/** An answer that says no: problem+json, or nobody answered (status 0). */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail || `the gateway answered ${status}`);
    this.status = status;
    this.code = problem.code;
    this.field = problem.field || '';
  }
}

/** Returns the address of something of the robot, relative to the page. */
export function address(robot, path) {
  const names = robot.split('/').map(encodeURIComponent).join('/');
  return new URL(robot ? `../robots/${names}/${path}` : `../${path}`, location.href);
}

/** Returns the robot that the address of the page names; null = none. */
export function robotInAddress() {
  return new URLSearchParams(location.hash.slice(1)).get('robot');
}

/** Returns what is answered to GET. */
export function get(url) {
  return ask(url, {});
}

/** Returns what is answered to POST with a JSON body. */
export function post(url, body = {}, headers = {}) {
  return ask(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

async function ask(url, options) {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), ANSWER_MS);
  try {
    const answer = await fetch(url, { ...options, signal: control.signal });
    const told = answer.status === 204 ? {} : await answer.json();
    if (!answer.ok) throw new Refusal(answer.status, told);
    return told;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(0, { detail: 'the gateway does not answer' });
  } finally {
    clearTimeout(timer);
  }
}
