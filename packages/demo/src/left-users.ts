import type { Comparison } from "@cloudy/loadtest/ledger.ts";

/** The API has no way to remove a user: what stays of a run, and how whoever wants it gone finds it. Pure. */
export function leftUsers(prefix: string, comparison: Comparison | undefined, sent: number): readonly string[] {
  const stored = comparison && comparison.acknowledged - comparison.lost.length + comparison.unansweredButStored;
  const count = stored === undefined ? `Up to ${sent} users` : `${stored} users`;
  return [
    `${count} of this run stay in the database, since the API removes none: their names begin with ${prefix}-`,
    `To remove them: DELETE FROM users WHERE username LIKE '${prefix}-%';`,
  ];
}
