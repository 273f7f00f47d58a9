import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { childEnvironment } from "../host/child-environment.ts";
import { giveTo, hostUser } from "../host/host-user.ts";
import { CommandFailed, UserDataError } from "./errors.ts";
import type { Machine } from "./machine.ts";
import { parseEnvironmentFile, splitWords, type UnitFile } from "./unit-file.ts";

/** The command line of an ExecStart, with specifiers filled in. */
export function commandLine(line: string, machine: Machine): readonly string[] {
  return splitWords(line).map((word) => expand(word, machine));
}

/**
 * Starts a command of a service as a process of its own group, with the environment that systemd would give it; a privileged
 * one is root's, whoever the service is.
 */
export async function spawnService(
  unit: UnitFile,
  argv: readonly string[],
  machine: Machine,
  isPrivileged: boolean,
): Promise<ChildProcess> {
  const [executable = "", ...args] = argv.map((word) => below(word, machine));
  if (!existsSync(executable)) {
    throw new CommandFailed(`${unit.name}: Failed at step EXEC spawning ${argv[0]}: No such file or directory`);
  }
  const user = hostUser(isPrivileged ? "root" : userOf(unit));
  const env = serviceEnvironment(unit, machine);
  const journal = openSync(machine.journalPath, "a");
  try {
    const child = spawn(executable, args, {
      cwd: machine.root,
      env,
      stdio: ["ignore", journal, journal],
      detached: true,
      ...(user ?? {}),
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error) => reject(new CommandFailed(`${unit.name}: Failed at step EXEC: ${error.message}`)));
    });
    return child;
  } finally {
    closeSync(journal);
  }
}

function userOf(unit: UnitFile): string {
  return unit.value("Service", "User") ?? (unit.isTrue("Service", "DynamicUser") ? unit.name : "root");
}

function serviceEnvironment(unit: UnitFile, machine: Machine): Record<string, string> {
  const { surroundings } = machine;
  const user = userOf(unit);
  const temporary = machine.path("/tmp");
  return {
    PATH: process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
    LANG: "C.UTF-8",
    USER: user,
    LOGNAME: user,
    TMPDIR: temporary,
    INVOCATION_ID: randomUUID().replaceAll("-", ""),
    ...stateDirectoryVariable(unit, machine),
    ...declaredEnvironment(unit, machine),
    ...surroundings.fabric.awsEnvironment(),
    ...childEnvironment({
      preload: surroundings.modules.preload,
      twinDirectory: surroundings.twinDirectory,
      fabricPath: machine.fabricPath,
      own: { address: machine.address, back: machine.back },
      hostName: machine.hostName,
      type: machine.type,
      ...(surroundings.realTimeUnits.includes(unit.name) ? {} : { clock: surroundings.clock }),
    }),
  };
}

/** What StateDirectory= names is there, and the service's own, before its first command. */
export function makeStateDirectories(unit: UnitFile, machine: Machine): void {
  for (const directory of stateDirectories(unit, machine)) {
    mkdirSync(directory, { recursive: true });
    giveTo(directory, hostUser(userOf(unit)));
  }
}

function stateDirectories(unit: UnitFile, machine: Machine): readonly string[] {
  return unit.names("Service", "StateDirectory").map((name) => machine.path(`/var/lib/${name}`));
}

function stateDirectoryVariable(unit: UnitFile, machine: Machine): Record<string, string> {
  const directories = stateDirectories(unit, machine);
  return directories.length === 0 ? {} : { STATE_DIRECTORY: directories.join(":") };
}

/** Environment= and EnvironmentFile=; a file wins, as in systemd. */
function declaredEnvironment(unit: UnitFile, machine: Machine): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const assignment of unit.values("Service", "Environment").flatMap(splitWords)) {
    const at = assignment.indexOf("=");
    if (at < 1) throw new UserDataError(`${unit.name}: Environment=${assignment} is not an assignment.`);
    variables[assignment.slice(0, at)] = expand(assignment.slice(at + 1), machine);
  }
  for (const declared of unit.values("Service", "EnvironmentFile")) {
    const isOptional = declared.startsWith("-");
    const file = isOptional ? declared.slice(1) : declared;
    const path = machine.path(file);
    if (existsSync(path)) Object.assign(variables, parseEnvironmentFile(readFileSync(path, "utf8")));
    else if (!isOptional) throw new CommandFailed(`${unit.name}: Failed to load environment files: ${file} is missing`);
  }
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, below(value, machine)]));
}

function expand(word: string, machine: Machine): string {
  return word.replaceAll(/%(.)/g, (specifier, letter: string) => {
    if (letter === "H") return machine.hostName;
    if (letter === "%") return "%";
    throw new UserDataError(`The specifier ${specifier} in "${word}" is not modelled by the twin; it has %H and %%.`);
  });
}

/** Absolute paths lie below the instance's root directory. */
function below(word: string, machine: Machine): string {
  return word.startsWith("/") ? machine.path(word) : word;
}
