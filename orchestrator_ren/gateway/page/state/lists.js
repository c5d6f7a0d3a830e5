/** Tickets as lists, one of them chosen; commands. */

/** Returns what is known before anything was asked. */
export function emptyLists() {
  return {
    commands: null,
    tickets: null,
    total: 0,
    filter: '',
    tokens: [''], // of the pages up to the one that is shown
    nextToken: null,
    chosen: null,
    metricNames: ['gate.silence_ms', 'store.commit_ms'],
  };
}

/** Returns what is known after an answer, or a choice. */
export function reduceLists(lists, message) {
  const step = STEPS[message.type];
  return step ? step(lists, message) : lists;
}

const STEPS = {
  commands: (lists, { commands }) => ({ ...lists, commands }),
  tickets: (lists, { page, filter, token }) => {
    const isAsked = filter === lists.filter && token === lists.tokens.at(-1);
    if (!isAsked) return lists; // something else was asked for since
    const { tickets, total, next_page_token: nextToken } = page;
    return { ...lists, tickets, total, nextToken };
  },
  filter: (lists, { filter }) => ({ ...lists, filter, tokens: [''], nextToken: null }),
  'next page': (lists) =>
    lists.nextToken ? { ...lists, tokens: [...lists.tokens, lists.nextToken] } : lists,
  'page before': (lists) =>
    lists.tokens.length > 1 ? { ...lists, tokens: lists.tokens.slice(0, -1) } : lists,
  chosen: (lists, { ticket, events }) => ({ ...lists, chosen: ticket && { ticket, events } }),
  'metric name': (lists, { index, name }) => ({
    ...lists,
    metricNames: lists.metricNames.map((each, i) => (i === index ? name : each)),
  }),
};
