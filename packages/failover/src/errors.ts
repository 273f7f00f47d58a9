/** Base of what the functions throw on purpose: what happened, with which value, and what to do. */
export class FailoverError extends Error {
  override readonly name: string = "FailoverError";
}

/** The function's environment is wrong. */
export class SettingsError extends FailoverError {
  override readonly name = "SettingsError";
}

/** The probe function could not be asked or answered something else: this round is blind. */
export class ProbeError extends FailoverError {
  override readonly name = "ProbeError";
}

/** What an unknown thrown value says. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error instanceof AggregateError ? error.errors.map(messageOf).join("; ") : error.message;
  return error.cause === undefined ? text || error.name : `${text} (${messageOf(error.cause)})`;
}
