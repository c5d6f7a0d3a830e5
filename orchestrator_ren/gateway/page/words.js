/** Numbers, times and names as people read them. */

const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false };

/** Returns the time of day of an instant, with the date where it is not today. */
export function timeOf(instant) {
  if (!instant) return '–';
  const when = new Date(instant);
  const time = when.toLocaleTimeString('en-GB', CLOCK);
  const isToday = when.toDateString() === new Date().toDateString();
  return isToday ? time : `${when.toLocaleDateString('en-CA')} ${time}`;
}

/** Returns a number with its unit; a dash where it is not known. */
export function amount(value, unit, digits = 2) {
  return value === null || value === undefined ? '–' : `${value.toFixed(digits)} ${unit}`;
}

/** Returns a duration [s] in the largest units that matter. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return '–';
  const whole = Math.round(seconds);
  if (whole < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

/** Returns the parameters of a ticket on one line. */
export function paramsLine(params) {
  return Object.entries(params || {})
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ');
}

/** Returns a word with spaces for underscores. */
export function plain(word) {
  return (word || '').replaceAll('_', ' ');
}

/** Returns the name of a robot. */
export function robotName(namespace) {
  return namespace || 'the robot';
}
