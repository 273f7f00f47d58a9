/** Something the user can put right: shown as one message, without a stack. */
export class UserError extends Error {
  override readonly name: string = "UserError";
}

/** The command was ended from outside (Ctrl-C, SIGTERM). */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** What went wrong, with its cause: fetch, for one, says "fetch failed" and keeps the reason to itself. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // The sentence of a UserError has its cause in it.
  if (error instanceof UserError || !(error.cause instanceof Error)) return error.message;
  return `${error.message}: ${error.cause.message}`;
}
