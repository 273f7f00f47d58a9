import type { AgentState } from "@cloudy/db-agent";

/** The same knowledge, but for the number of the look it comes from. */
export function isSame(before: AgentState, after: AgentState): boolean {
  const [a, b] = [before.shared, after.shared];
  if (a === undefined || b === undefined) return false;
  if (JSON.stringify(a.seen) !== JSON.stringify(b.seen)) return false;
  return Object.keys(after).every((key) => key === "shared" || Reflect.get(before, key) === Reflect.get(after, key));
}
