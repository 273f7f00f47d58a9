/** Something the user can put right: shown as one message, without a stack. */
export class UserError extends Error {
  override readonly name: string = "UserError";
}

/** The command was ended from outside (Ctrl-C, SIGTERM). */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
