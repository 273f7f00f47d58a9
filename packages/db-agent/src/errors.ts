/** Base of what the agent throws on purpose: the message says what happened, with which value, and what to do. */
export class AgentError extends Error {
  override readonly name: string = "AgentError";
}

/** The environment is wrong: the agent says so in one line and exits with 1. */
export class SettingsError extends AgentError {
  override readonly name = "SettingsError";
}

/** An operation on the shared directory failed (the file system answered with an error, or its process died). */
export class SharedFilesError extends AgentError {
  override readonly name = "SharedFilesError";
  /** The file system did answer; what it holds is wrong. */
  readonly answered: boolean;

  constructor(message: string, answered: boolean) {
    super(message);
    this.answered = answered;
  }
}

/** What an unknown thrown value says. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const nested = error instanceof AggregateError ? error.errors.map(messageOf).join("; ") : "";
  const cause = error.cause === undefined ? "" : ` (${messageOf(error.cause)})`;
  return `${error.message === "" ? nested || error.name : error.message}${cause}`;
}
