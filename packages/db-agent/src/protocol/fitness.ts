import type { Unfitness } from "./means.ts";
import type { AgentState } from "./state.ts";

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
    found.push({
      code: "release-overdue",
      because: "for too long its postgres cannot be ended, or its epoch not be released",
    });
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
