import type { UnfitnessCode } from "@cloudy/contracts/agent-status.ts";
import type { AgentState } from "./state.ts";

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

/** The one judgement of whether this instance is fit to serve: everything that a writer needs, and what it lacks of that. Pure. */
export function unfitnessOf(state: AgentState): readonly Unfitness[] {
  const found: Unfitness[] = [...state.unfit];
  if (state.fileSystem === "unreachable")
    found.push({ code: "file-system-away", because: "the shared file system does not answer" });
  const version = wrongVersion(state);
  if (version !== undefined) found.push({ code: "data-version", because: version });
  if (state.isStalled)
    found.push({ code: "recovery-stalled", because: "postgres recovers, and nothing has moved in it for too long" });
  if (state.isOverdue)
    found.push({ code: "release-overdue", because: "it is to leave, and cannot release its epoch for too long" });
  return found;
}

/**
 * What keeps an instance from starting postgres at all. With a certificate that has ended it starts: if the others' has ended too,
 * this is better than nobody.
 */
export function lackedMeans({ unfit }: AgentState): readonly Unfitness[] {
  return unfit.filter(({ code }) => code !== "certificate-ended");
}

export function wrongVersion({ shared, binaryVersion }: AgentState): string | undefined {
  const data = shared?.seen.dataVersion;
  if (data === undefined || data === binaryVersion) return undefined;
  return `the data directory is of PostgreSQL ${data}, the binaries are of ${binaryVersion}: deploy postgresMajor ${data}`;
}
