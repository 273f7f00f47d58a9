import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Instance } from "@cloudy/twin-model/instance.ts";
import type { InstanceRuntime } from "@cloudy/twin-model/instance-runtime.ts";
import type { NetworkInterface } from "@cloudy/twin-model/network.ts";
import type { CpuGovernor } from "../host/cpu-share.ts";
import { giveTo, hostUser } from "../host/host-user.ts";
import { killUnder } from "../host/processes.ts";
import { answerProcesses } from "../network/ask-server.ts";
import { type CloudConfig, type ConfigFile, parseCloudConfig } from "./cloud-config.ts";
import { runCommand } from "./commands.ts";
import { CLOUD_INIT_METADATA_MS } from "./constants.ts";
import { detach, isMounted } from "./efs-mount.ts";
import { CommandFailed, UserDataError } from "./errors.ts";
import { Machine, type Surroundings } from "./machine.ts";
import { MetadataService } from "./metadata-service.ts";
import { installPackages } from "./packages.ts";
import { Units } from "./units.ts";

interface InstanceRuntimeSettings extends Surroundings {
  readonly governor: CpuGovernor;
}

/** What stays on an instance's disk while it is stopped. */
interface Disk {
  readonly root: string;
  readonly packages: Set<string>;
  readonly enabled: Set<string>;
  hasRunUserData: boolean;
}

interface Running {
  readonly machine: Machine;
  readonly units: Units;
  /** Ends what serves the machine's processes. */
  readonly disconnect: () => void;
}

/** Directories that every Amazon Linux has. */
const DIRECTORIES = ["/etc/systemd/system", "/mnt", "/opt", "/proc", "/root", "/usr/bin", "/usr/sbin", "/var/lib"];

/** Brings instances to life: their cloud-config is interpreted, their units become real processes with a CPU share. */
export class LiveInstanceRuntime implements InstanceRuntime {
  readonly #settings: InstanceRuntimeSettings;
  readonly #disks = new Map<string, Disk>();
  readonly #running = new Map<string, Running>();
  readonly #unsubscribe: () => void;

  constructor(settings: InstanceRuntimeSettings) {
    this.#settings = settings;
    this.#unsubscribe = settings.bus.on((event) => {
      if (event.kind === "instance-state" && event.state === "terminated") this.#discard(event.instanceId);
    });
  }

  async boot(instance: Instance, primary: NetworkInterface): Promise<void> {
    const packages = this.#disks.get(instance.id)?.packages ?? new Set();
    const machine = new Machine(this.#settings, instance, primary, packages);
    const empty = { root: machine.root, packages, enabled: new Set<string>(), hasRunUserData: false };
    const disk: Disk = this.#disks.get(instance.id) ?? empty;
    this.#disks.set(instance.id, disk);
    prepareDisk(machine);
    const { units } = await this.#powerOn(machine, primary, disk);
    try {
      if (disk.hasRunUserData) {
        units.reload();
        units.startEnabled();
      } else {
        disk.hasRunUserData = true;
        await runUserData(machine, units);
      }
    } catch (error) {
      if (!(error instanceof CommandFailed)) {
        throw new UserDataError(`${instance.id}: ${error instanceof Error ? error.message : String(error)}`);
      }
      // As after cloud-init: the machine is up, whatever of its user data failed.
      if (!machine.off.signal.aborted) machine.say(`user data failed: ${error.message}`);
    }
    machine.journal("boot finished");
  }

  async halt(instanceId: string, how: "shutdown" | "power-off"): Promise<void> {
    const running = this.#running.get(instanceId);
    if (running === undefined) return;
    const { machine, units } = running;
    if (how === "shutdown") await units.stopAll();
    machine.off.abort();
    units.abandon();
    // Silent first, dead then: nobody sees the processes of a lost machine say goodbye.
    this.#settings.fabric.bringDown(instanceId);
    await killUnder(machine.directory);
    running.disconnect();
    this.#settings.governor.release(instanceId);
    this.#running.delete(instanceId);
  }

  cpu(instanceId: string): { readonly used_s: number; readonly wall_s: number; readonly share: number } {
    return this.#settings.governor.usage(instanceId);
  }

  /** Switches all instances off. */
  async stop(): Promise<void> {
    this.#unsubscribe();
    await Promise.all([...this.#running.keys()].map((instanceId) => this.halt(instanceId, "power-off")));
  }

  async #powerOn(machine: Machine, primary: NetworkInterface, disk: Disk): Promise<Running> {
    const { fabric, governor, clock, identity, region } = this.#settings;
    const { instance, hostName } = machine;
    const metadata = new MetadataService({
      ...{ instance, primary, hostName, region, clock, identity },
      isAway: () => machine.lacks("metadata"),
    });
    const closeDoor = await answerProcesses(fabric, machine.fabricPath, machine.origin, metadata.serve);
    const { share, vcpus, memory_MB } = machine.type;
    governor.manage(instance.id, { share, vcpus, memory_mb: memory_MB, procDir: machine.path("/proc") });
    const units = new Units(machine, disk.enabled, (pids) => governor.setProcesses(instance.id, pids));
    const disconnect = () => {
      closeDoor();
      metadata.close();
    };
    const running = { machine, units, disconnect };
    this.#running.set(instance.id, running);
    fabric.bringUp(instance.id, machine.address);
    fabric.withoutNames(instance.id, machine.lackTime_ms("dns"));
    return running;
  }

  /** A terminated instance's disk is gone; its journal stays to be read. */
  #discard(instanceId: string): void {
    const root = this.#disks.get(instanceId)?.root;
    this.#disks.delete(instanceId);
    if (root !== undefined) rmSync(root, { recursive: true, force: true });
  }
}

function prepareDisk(machine: Machine): void {
  // What was mounted when the power went is not mounted any more.
  const mounts = machine.path("/mnt");
  for (const name of existsSync(mounts) ? readdirSync(mounts) : []) {
    if (isMounted(join(mounts, name))) detach(join(mounts, name));
  }
  for (const directory of DIRECTORIES) mkdirSync(machine.path(directory), { recursive: true });
  for (const directory of ["/tmp", "/var/tmp"]) {
    mkdirSync(machine.path(directory), { recursive: true });
    chmodSync(machine.path(directory), 0o1777);
  }
}

/** Waits for the metadata service as long as cloud-init does. */
async function findsMetadata(machine: Machine): Promise<boolean> {
  const wait_ms = machine.lackTime_ms("metadata");
  if (wait_ms === 0) return true;
  const { clock } = machine.surroundings;
  const isLate = wait_ms > CLOUD_INIT_METADATA_MS;
  await new Promise<void>((resolve) => {
    const cancel = clock.after(Math.min(wait_ms, CLOUD_INIT_METADATA_MS), resolve);
    machine.off.signal.addEventListener("abort", () => {
      cancel();
      resolve();
    });
  });
  return !isLate && !machine.off.signal.aborted;
}

/** As cloud-init: files, packages, deferred files, then the commands, of which `set -e` makes the first failure the last. */
async function runUserData(machine: Machine, units: Units): Promise<void> {
  if (!(await findsMetadata(machine))) {
    machine.say("cloud-init found no metadata service, so the user data is not run");
    return;
  }
  const config: CloudConfig = parseCloudConfig(machine.instance.userData, machine.instance.id);
  for (const file of config.files.filter((candidate) => !candidate.isDeferred)) write(machine, file);
  await installPackages(machine, config.packages).catch((error: unknown) => {
    // A module of cloud-init that fails does not keep the next ones from running.
    if (!(error instanceof CommandFailed)) throw error;
    machine.say(error.message);
  });
  for (const file of config.files.filter((candidate) => candidate.isDeferred)) write(machine, file);
  let stopsAtFailure = false;
  for (const argv of config.commands) {
    if (machine.off.signal.aborted) return;
    if (argv.join(" ") === "set -e") {
      stopsAtFailure = true;
      continue;
    }
    machine.journal(`runcmd: ${argv.join(" ")}`);
    try {
      await runCommand(argv, machine, units);
    } catch (error) {
      if (stopsAtFailure || !(error instanceof CommandFailed)) throw error;
      machine.say(`${argv.join(" ")} failed: ${error.message}`);
    }
  }
}

function write(machine: Machine, file: ConfigFile): void {
  const path = machine.path(file.path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, file.content);
  chmodSync(path, file.mode);
  giveTo(path, hostUser(file.user));
}
