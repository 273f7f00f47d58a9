import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { promisify } from "node:util";
import { giveTo, hostUser } from "../host/host-user.ts";
import { runAwsCli } from "./aws-cli.ts";
import { CommandFailed, UserDataError } from "./errors.ts";
import type { Machine } from "./machine.ts";
import { installPackages } from "./packages.ts";

/** What `systemctl` needs of the unit manager. */
export interface SystemControl {
  reload(): void;
  enable(names: readonly string[]): void;
  start(names: readonly string[]): Promise<void>;
  startInBackground(names: readonly string[]): void;
  isActive(name: string): boolean;
  stop(names: readonly string[]): Promise<void>;
}

type Command = (args: readonly string[], machine: Machine, systemd: SystemControl) => void | Promise<void>;

/** Commands of runcmd and of oneshot units, by name. */
const COMMANDS: Readonly<Record<string, Command>> = {
  aws: runAwsCli,
  dnf: installByDnf,
  install: installDirectory,
  ip: addAddress,
  iptables: masquerade,
  mkdir: makeDirectory,
  networkctl: (args) => demand(args.join(" ") === "reload", "networkctl", args),
  sha256sum: checkSums,
  sysctl: forward,
  systemctl: controlUnits,
  tar: unpack,
  test: checkExistence,
  touch: makeFile,
};

/** Runs one command; throws CommandFailed when it fails as it would on the machine, UserDataError when it is not modelled. */
export async function runCommand(argv: readonly string[], machine: Machine, systemd: SystemControl): Promise<void> {
  const [name = "", ...args] = argv;
  const command = commandOf(name);
  if (command === undefined) {
    throw new UserDataError(
      `The command "${name}" is not modelled by the twin; it has ${Object.keys(COMMANDS).join(", ")}.`,
    );
  }
  await command(args, machine, systemd);
}

/** The command behind a name or a path in a binary directory. */
function commandOf(name: string): Command | undefined {
  if (name.includes("/") && !/^\/(usr\/)?s?bin\//.test(name)) return undefined;
  return Object.hasOwn(COMMANDS, basename(name)) ? COMMANDS[basename(name)] : undefined;
}

export function isModelledCommand(name: string): boolean {
  return commandOf(name) !== undefined;
}

function makeDirectory(args: readonly string[], machine: Machine): void {
  const [flag, ...paths] = args;
  demand(flag === "-p" && paths.length > 0 && paths.every(isAbsolute), "mkdir", args);
  for (const path of paths) mkdirSync(machine.path(path), { recursive: true });
}

/** `dnf install -y PACKAGE...` */
async function installByDnf(args: readonly string[], machine: Machine): Promise<void> {
  const [verb, flag, ...names] = args;
  demand(verb === "install" && flag === "-y" && names.length > 0, "dnf", args);
  await installPackages(machine, names);
}

/** `test -e PATH` */
function checkExistence(args: readonly string[], machine: Machine): void {
  const [flag, path = ""] = args;
  demand(flag === "-e" && isAbsolute(path) && args.length === 2, "test", args);
  existing(machine, path);
}

function makeFile(args: readonly string[], machine: Machine): void {
  demand(args.length > 0 && args.every(isAbsolute), "touch", args);
  for (const path of args) closeSync(openSync(machine.path(path), "a"));
}

/** `install -d [-o USER] [-g GROUP] [-m MODE] DIRECTORY...` */
function installDirectory(args: readonly string[], machine: Machine): void {
  const settings: Record<string, string> = {};
  const paths: string[] = [];
  let isDirectory = false;
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? "";
    if (argument === "-d") isDirectory = true;
    else if (["-o", "-g", "-m"].includes(argument)) {
      index += 1;
      settings[argument] = args[index] ?? "";
    } else paths.push(argument);
  }
  demand(isDirectory && paths.length > 0 && paths.every(isAbsolute), "install", args);
  for (const path of paths.map((absolute) => machine.path(absolute))) {
    mkdirSync(path, { recursive: true });
    chmodSync(path, Number.parseInt(settings["-m"] ?? "755", 8));
    giveTo(path, hostUser(settings["-o"]));
  }
}

/** `sha256sum --check --status FILE`: every file named in FILE must have its sum. */
function checkSums(args: readonly string[], machine: Machine): void {
  const file = args.at(-1) ?? "";
  demand(args.slice(0, -1).join(" ") === "--check --status" && isAbsolute(file), "sha256sum", args);
  for (const line of readFile(machine, file).split("\n").filter(Boolean)) {
    const [, sum, path = ""] = /^([0-9a-f]{64}) [ *](\/.*)$/.exec(line) ?? [];
    const actual = createHash("sha256")
      .update(readFileSync(existing(machine, path)))
      .digest("hex");
    if (actual !== sum) throw new CommandFailed(`sha256sum: ${path} has the sum ${actual}, not ${sum}`);
  }
}

async function unpack(args: readonly string[], machine: Machine): Promise<void> {
  const [flags, file = "", change, directory = ""] = args;
  demand(
    flags === "-xzf" && change === "-C" && isAbsolute(file) && isAbsolute(directory) && args.length === 4,
    "tar",
    args,
  );
  const places = ["-xzf", existing(machine, file), "-C", existing(machine, directory), "--no-same-owner"];
  await promisify(execFile)("tar", places).catch((error: Error) => {
    throw new CommandFailed(error.message);
  });
}

async function controlUnits(args: readonly string[], _machine: Machine, systemd: SystemControl): Promise<void> {
  const [verb, ...names] = args;
  if (verb === "daemon-reload" && names.length === 0) systemd.reload();
  else if (verb === "enable" && names[0] === "--now") {
    const isBackground = names[1] === "--no-block";
    const units = names.slice(isBackground ? 2 : 1);
    systemd.enable(units);
    if (isBackground) systemd.startInBackground(units);
    else await systemd.start(units);
  } else if (verb === "enable") systemd.enable(names);
  else if (verb === "start") await systemd.start(names);
  else if (verb === "stop") await systemd.stop(names);
  else if (verb === "is-active" && names[0] === "--quiet" && names.length === 2) {
    const [, name = ""] = names;
    if (!systemd.isActive(name)) throw new CommandFailed(`${name} is not active`);
  } else demand(false, "systemctl", args);
}

/** `ip addr replace ADDRESS/32 dev lo`: the operating system answers to the address from now on. */
function addAddress(args: readonly string[], machine: Machine): void {
  const address = args[2] ?? "";
  demand(args.join(" ") === `addr replace ${address} dev lo` && /^[\d.]+\/32$/.test(address), "ip", args);
  machine.surroundings.hooks.addAddress(machine.instance.id, address.replace("/32", ""));
}

function forward(args: readonly string[], machine: Machine): void {
  demand(args.join(" ") === "-w net.ipv4.ip_forward=1", "sysctl", args);
  machine.kernel.forwards = true;
  becomeNat(machine);
}

function masquerade(args: readonly string[], machine: Machine): void {
  const line = args.join(" ");
  demand(line.startsWith("-t nat -A POSTROUTING ") && line.endsWith(" -j MASQUERADE"), "iptables", args);
  if (!machine.packages.has("iptables-nft"))
    throw new CommandFailed("iptables: command not found (package iptables-nft)");
  machine.kernel.masquerades = true;
  becomeNat(machine);
}

function becomeNat(machine: Machine): void {
  const { forwards, masquerades } = machine.kernel;
  if (forwards && masquerades) machine.surroundings.hooks.enableForwarding(machine.instance.id);
}

function readFile(machine: Machine, path: string): string {
  return readFileSync(existing(machine, path), "utf8");
}

function existing(machine: Machine, path: string): string {
  const place = machine.path(path);
  if (!existsSync(place)) throw new CommandFailed(`${path}: No such file or directory`);
  return place;
}

function demand(holds: boolean, name: string, args: readonly string[]): void {
  if (!holds) throw new UserDataError(`"${name} ${args.join(" ")}" is not a form of ${name} that the twin models.`);
}

const isAbsolute = (path: string): boolean => path.startsWith("/");
