/** Something the user can put right: shown as one message, without a stack. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** The run was ended from outside (Ctrl-C, SIGTERM). */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // fetch says "fetch failed" and keeps the reason to itself.
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
