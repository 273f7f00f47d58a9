/** What several rounds gave: the middle one, and how far they lay apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Throws when there is nothing to look at: a benchmark without a measurement has no result. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = sort(values);
  return { median: medianOf(sorted), min: at(sorted, 0), max: at(sorted, sorted.length - 1) };
}

function medianOf(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}

/** The nearest-rank percentile: the smallest value that at least `percent` of all values do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = sort(values);
  return at(sorted, Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1));
}

/** Each round has its own ratio: what disturbs a round disturbs both that were measured in it. */
export function ratiosOf(ours: readonly number[], theirs: readonly number[]): readonly number[] {
  if (ours.length !== theirs.length) throw new Error(`${ours.length} values cannot be paired with ${theirs.length}.`);
  return ours.map((value, round) => value / at(theirs, round));
}

/** The same members in an order that starts with another one each round. */
export function rotated<Member>(members: readonly Member[], round: number): readonly Member[] {
  const start = members.length === 0 ? 0 : round % members.length;
  return [...members.slice(start), ...members.slice(0, start)];
}

function sort(values: readonly number[]): readonly number[] {
  return [...values].sort((a, b) => a - b);
}

function at(values: readonly number[], index: number): number {
  const value = values[index];
  if (value === undefined) throw new Error("There are no measurements to summarise.");
  return value;
}
