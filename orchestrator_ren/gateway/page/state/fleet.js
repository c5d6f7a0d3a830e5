/** The robots of the stores, alive or not, as their orchestrators have told it. */

/** Returns what is known before anything was told. */
export function emptyFleet() {
  return { stores: [], isOld: false };
}

/** Returns what is known after an answer; where no store has told, it is what was told before. */
export function reduceFleet(fleet, { type, stores }) {
  if (type !== 'robots') return fleet;
  if (stores?.length) return { stores, isOld: false };
  return fleet.stores.length ? { ...fleet, isOld: true } : fleet;
}

/** Returns the store of the robot that is shown, where it has several; else undefined. */
export function sharedStore({ fleet, live }) {
  const mine = live.status?.robot;
  const store = fleet.stores.find(({ robots }) => robots.some(({ name }) => name === mine));
  return store?.robots.length > 1 || store?.waiting_for_any > 0 ? store : undefined;
}

/** Returns whose a ticket is, in words. */
export function whose({ robot, is_for_any: isForAny }) {
  if (!isForAny) return robot || '';
  return robot ? `${robot} (for any)` : 'any robot, none has taken it yet';
}
