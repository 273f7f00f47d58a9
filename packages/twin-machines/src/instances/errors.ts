/** The user data asks for something that the twin does not model, or that makes no sense: the instance can't boot. */
export class UserDataError extends Error {
  override readonly name = "UserDataError";
}

/** A command or unit failed as it would on the machine: the boot goes on as cloud-init and systemd go on. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}
