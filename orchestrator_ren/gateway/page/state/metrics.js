/** Metrics over the last minutes; of a histogram, the mean of what was new at each look. */

/** Returns the rows with what was told now; a row has `values` and, of histograms, `totals`. */
export function withMetrics(rows, metrics, atMs) {
  const before = rows.at(-1)?.totals || {};
  const values = {};
  const totals = {};
  for (const [name, { kind, value, count }] of Object.entries(metrics)) {
    if (kind === 'histogram') {
      totals[name] = { sum: value, count };
      values[name] = meanSince(before[name] || { sum: 0, count: 0 }, totals[name]);
    } else values[name] = value;
  }
  return [...rows, { atMs, values, totals }];
}

/** Returns the curve of a metric, `[[when [ms], value or null], …]`. */
export function curveOf(rows, name) {
  return rows.map(({ atMs, values }) => [atMs, values[name] ?? null]);
}

function meanSince(before, now) {
  const isNew = now.count < before.count; // the robot has started anew
  const [sum, count] = isNew ? [0, 0] : [before.sum, before.count];
  return now.count > count ? (now.sum - sum) / (now.count - count) : null;
}
