import { UserDataError } from "./errors.ts";
import type { UnitFile } from "./unit-file.ts";

const TYPES = ["simple", "exec", "oneshot"];
const KILL_MODES = ["control-group", "process", "mixed"];
const RESTARTS = ["no", "on-failure", "always"];

/** Throws UserDataError for a service that systemd refuses or the twin does not model. */
export function checkService(unit: UnitFile): void {
  const type = unit.value("Service", "Type") ?? "simple";
  const restart = unit.value("Service", "Restart") ?? "no";
  demand(unit, "Type", type, TYPES);
  demand(unit, "KillMode", unit.value("Service", "KillMode") ?? "control-group", KILL_MODES);
  demand(unit, "Restart", restart, RESTARTS);
  if (unit.values("Service", "ExecStart").length === 0) throw new UserDataError(`${unit.name} has no ExecStart=.`);
  if (type === "oneshot" && restart === "always") {
    throw new UserDataError(
      `${unit.name}: Restart=always isn't allowed for Type=oneshot services; systemd refuses it.`,
    );
  }
  for (const key of ["ExecStart", "ExecStartPre"]) {
    const line = unit.values("Service", key).find((candidate) => /^[-!@:|]|^\+[-+!@:|]/.test(candidate));
    if (line !== undefined) throw new UserDataError(`${unit.name}: the prefix of ${key}=${line} is not modelled.`);
  }
  const privileged = unit.values("Service", "ExecStart").find((line) => line.startsWith("+"));
  if (privileged !== undefined) {
    throw new UserDataError(`${unit.name}: the twin knows + before ExecStartPre= only, not ExecStart=${privileged}.`);
  }
}

function demand(unit: UnitFile, key: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  throw new UserDataError(`${unit.name}: ${key}=${value} is not modelled by the twin; it has ${known.join(", ")}.`);
}
