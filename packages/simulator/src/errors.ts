/** The user's mistake: shown without a stack. */
export class UserError extends Error {
  override readonly name = "UserError";
}
