import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand, type SystemControl } from "./commands.ts";
import { CommandFailed, UserDataError } from "./errors.ts";
import { daemonOf } from "./log-daemons.ts";
import type { Machine } from "./machine.ts";
import { Mount } from "./mount.ts";
import { Service } from "./service.ts";
import { Timer } from "./timer.ts";
import type { Unit } from "./unit.ts";
import { parseUnitFile, type UnitFile } from "./unit-file.ts";

const UNIT_DIRECTORY = "/etc/systemd/system";

/** A small systemd: the units of one machine, their dependencies and order. */
export class Units implements SystemControl {
  readonly #machine: Machine;
  readonly #onProcesses: (pids: readonly number[]) => void;
  /** Kept over a reboot by whoever made it: the links that `systemctl enable` puts on the disk. */
  readonly #enabled: Set<string>;
  readonly #files = new Map<string, UnitFile>();
  readonly #units = new Map<string, Unit>();
  /** Starts under way, whoever asked for them: what comes after a unit waits for its start, however that ends. */
  readonly #jobs = new Map<string, Promise<void>>();
  readonly #stopping = new Map<string, Promise<void>>();

  constructor(machine: Machine, enabled: Set<string>, onProcesses: (pids: readonly number[]) => void) {
    this.#machine = machine;
    this.#enabled = enabled;
    this.#onProcesses = onProcesses;
  }

  /** Reads the unit files; those of units that run already take effect when they are started again. */
  reload(): void {
    const directory = this.#machine.path(UNIT_DIRECTORY);
    for (const name of existsSync(directory) ? readdirSync(directory) : []) {
      if (name.endsWith(".d")) continue;
      const file = parseUnitFile(name, unitText(directory, name));
      this.#files.set(name, file);
      if (!(this.#units.get(name)?.isActive ?? false)) this.#units.set(name, this.#create(file));
    }
  }

  enable(names: readonly string[]): void {
    for (const name of names) {
      this.#file(name);
      this.#enabled.add(name);
    }
  }

  /** Starts units with all they need, each as soon as what it comes after was tried. Fails if one of them fails. */
  async start(names: readonly string[]): Promise<void> {
    const results = await Promise.allSettled(names.map((name) => this.#startOne(name)));
    const failures = results.filter((result) => result.status === "rejected").map((result) => result.reason as Error);
    const mistake = failures.find((failure) => !(failure instanceof CommandFailed)) ?? failures[0];
    if (mistake !== undefined) throw mistake;
  }

  /** The same without waiting; what fails tells so itself. */
  startInBackground(names: readonly string[]): void {
    this.start(names).catch((error: Error) => {
      if (!(error instanceof CommandFailed)) this.#machine.say(error.message);
    });
  }

  /** What systemd does at every boot, and nobody waits for. */
  startEnabled(): void {
    this.startInBackground([...this.#enabled]);
  }

  /** In systemd's sense: a service that is still on its way up is not. */
  isActive(name: string): boolean {
    return this.#units.get(name)?.isActive === true && !this.#jobs.has(name);
  }

  async stop(names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.#stopOne(name)));
  }

  /** Everything, in the reverse of the order of starting. */
  async stopAll(): Promise<void> {
    await this.stop([...this.#units.keys()]);
  }

  abandon(): void {
    for (const unit of this.#units.values()) unit.abandon();
  }

  #startOne(name: string): Promise<void> {
    if (name.endsWith(".target")) return Promise.resolve();
    let started = this.#jobs.get(name);
    if (started === undefined) {
      // Known before anything it waits for is, so that circles end.
      started = Promise.resolve()
        .then(() => this.#startNow(this.#file(name)))
        .finally(() => this.#jobs.delete(name));
      this.#jobs.set(name, started);
    }
    return started;
  }

  async #startNow(file: UnitFile): Promise<void> {
    const mounts = this.#mountsFor(file);
    const after = new Set([...file.names("Unit", "After"), ...mounts]);
    const requirements = new Map(
      [...file.names("Unit", "Requires"), ...mounts].map((name) => [name, this.#startOne(name)]),
    );
    for (const wish of file.names("Unit", "Wants").map((name) => this.#startOne(name))) wish.catch(() => {});
    await Promise.allSettled([...after].flatMap((name) => this.#jobs.get(name) ?? []));
    const needs = await Promise.allSettled([...requirements].map(([name, started]) => after.has(name) && started));
    const missing = [...requirements.keys()].find((_name, index) => needs[index]?.status === "rejected");
    if (missing !== undefined) {
      // As in systemd this is the end of it: the unit is not started when its requirement comes later.
      const sentence = `${file.name}: Dependency failed: ${missing}`;
      this.#machine.say(sentence);
      throw new CommandFailed(sentence);
    }
    await this.#units.get(file.name)?.start();
  }

  #stopOne(name: string): Promise<void> {
    const unit = this.#units.get(name);
    if (unit === undefined) return Promise.resolve();
    let stopped = this.#stopping.get(name);
    if (stopped === undefined) {
      stopped = (async () => {
        await Promise.all(this.#dependants(name).map((dependant) => this.#stopOne(dependant)));
        await unit.stop();
      })().finally(() => this.#stopping.delete(name));
      this.#stopping.set(name, stopped);
    }
    return stopped;
  }

  /** Units that were started after this one, or can't be without it. */
  #dependants(name: string): string[] {
    const needs = (file: UnitFile) =>
      file.names("Unit", "After").includes(name) ||
      this.#files.get(name)?.names("Unit", "Before").includes(file.name) ||
      file.names("Unit", "Requires").includes(name) ||
      this.#mountsFor(file).includes(name);
    return [...this.#files.values()].filter((file) => file.name !== name && needs(file)).map((file) => file.name);
  }

  #mountsFor(file: UnitFile): string[] {
    const paths = file.names("Unit", "RequiresMountsFor");
    const mounts = [...this.#files.values()].filter((other) => other.name.endsWith(".mount"));
    return mounts
      .filter((mount) => paths.some((path) => `${path}/`.startsWith(`${mount.value("Mount", "Where")}/`)))
      .map((mount) => mount.name);
  }

  #file(name: string): UnitFile {
    const file = this.#files.get(name);
    if (file !== undefined) return file;
    throw new CommandFailed(`Failed to start ${name}: Unit ${name} not found.`);
  }

  #create(file: UnitFile): Unit {
    const daemon = daemonOf(file, this.#machine);
    if (daemon !== undefined) return daemon;
    const type = file.name.split(".").at(-1);
    if (type === "mount") return new Mount(file, this.#machine);
    if (type === "timer") {
      const service = file.value("Timer", "Unit") ?? file.name.replace(/\.timer$/, ".service");
      return new Timer(file, this.#machine, () => this.start([service]));
    }
    if (type === "service") {
      return new Service(file, this.#machine, {
        command: (argv) => runCommand(argv, this.#machine, this),
        startAgain: () => this.startInBackground([file.name]),
        onProcesses: () => this.#onProcesses(this.#pids()),
      });
    }
    throw new UserDataError(`${file.name}: units of type .${type} are not modelled by the twin.`);
  }

  #pids(): number[] {
    return [...this.#units.values()].flatMap((unit) => (unit instanceof Service ? (unit.pid ?? []) : []));
  }
}

/** A unit file with its drop-ins behind it: a later line counts. Drop-ins of a unit that the twin does not have change nothing. */
function unitText(directory: string, name: string): string {
  const folder = join(directory, `${name}.d`);
  const dropIns = existsSync(folder) ? readdirSync(folder).sort() : [];
  const paths = [join(directory, name), ...dropIns.map((dropIn) => join(folder, dropIn))];
  return paths.map((path) => readFileSync(path, "utf8")).join("\n");
}
