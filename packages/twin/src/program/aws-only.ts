/**
 * What the program declares and only AWS can do. Each entry is shown by `twin up` and in docs/twin.md; anything that is
 * neither here nor acted on by a service is refused by name.
 * `whole`: the type as such; otherwise property -> why the twin leaves it out.
 */
export const AWS_ONLY: Readonly<Record<string, "whole" | Readonly<Record<string, string>>>> = {
  "aws:efs/backupPolicy:BackupPolicy": "whole",
};
