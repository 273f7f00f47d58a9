/** A mistake in the program, its configuration or the command line: shown as one message, without a stack. */
export class UserError extends Error {
  override readonly name: string = "UserError";
}
