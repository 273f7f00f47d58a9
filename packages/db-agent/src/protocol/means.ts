import type { UnfitnessCode } from "@cloudy/contracts/agent-status.ts";

/** One reason why this instance should not be the one that serves. */
export interface Unfitness {
  readonly code: UnfitnessCode;
  /** The same for people. */
  readonly because: string;
}

/** What the agent brings to a start, besides the shared directory. */
export interface Means {
  /** Read, or kept from an earlier time. */
  readonly grantKey: string | undefined;
  readonly certificate: { readonly beginsAt_ms: number; readonly endsAt_ms: number } | undefined;
}

export const SECRETS_MISSING: Unfitness = { code: "secrets-missing", because: "its secrets are not loaded yet" };

/** Pure: what its means say of an instance by its clock. */
export function judgeMeans({ grantKey, certificate }: Means, now_ms: number): readonly Unfitness[] {
  if (grantKey === undefined || certificate === undefined) return [SECRETS_MISSING];
  const { beginsAt_ms, endsAt_ms } = certificate;
  if (now_ms >= beginsAt_ms && now_ms < endsAt_ms) return [];
  const [verb, at_ms] = now_ms < beginsAt_ms ? ["does not begin before", beginsAt_ms] : ["ended on", endsAt_ms];
  const because = `its certificate ${verb} ${new Date(at_ms).toISOString()} by its clock: see the clock, or run pulumi up`;
  return [{ code: "certificate-ended", because }];
}
