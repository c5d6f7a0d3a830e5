/** The robots of the stores, alive or not, as their orchestrators have told it. */

/** Returns what is known before anything was told. */
export function emptyFleet() {
  return { robots: [], waitingForAny: 0, isOld: false };
}

/** Returns what is known after an answer; where no store has told, it is what was told before. */
export function reduceFleet(fleet, { type, stored, waitingForAny }) {
  if (type !== 'robots') return fleet;
  if (stored) return { robots: stored, waitingForAny, isOld: false };
  return fleet.robots.length ? { ...fleet, isOld: true } : fleet;
}

/** Returns whether a ticket may be that of another robot. */
export function isShared({ fleet }) {
  return fleet.robots.length > 1 || fleet.waitingForAny > 0;
}

/** Returns whose a ticket is, in words. */
export function whose({ robot, is_for_any: isForAny }) {
  if (!isForAny) return robot || '';
  return robot ? `${robot} (for any)` : 'any robot, none has taken it yet';
}
