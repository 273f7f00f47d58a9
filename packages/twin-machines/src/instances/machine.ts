import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { BootFault } from "@cloudy/twin-model/boot-fault.ts";
import type { Bus } from "@cloudy/twin-model/bus.ts";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { FileSystemView } from "@cloudy/twin-model/file-system.ts";
import type { Identity } from "@cloudy/twin-model/identity.ts";
import type { Instance } from "@cloudy/twin-model/instance.ts";
import type { InstanceHooks } from "@cloudy/twin-model/instance-runtime.ts";
import { INSTANCE_TYPES, type InstanceType } from "@cloudy/twin-model/instance-types.ts";
import type { ChildModules } from "../host/child-modules.ts";
import type { Fabric } from "../network/fabric.ts";
import type { Origin } from "../network/resolve.ts";

/** What all instances of a twin share. */
export interface Surroundings {
  readonly twinDirectory: string;
  /** The Node.js that stands for the packaged one. */
  readonly node: string;
  readonly modules: ChildModules;
  readonly fabric: Fabric;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly identity: Identity;
  readonly region: string;
  readonly hooks: InstanceHooks;
  readonly fileSystems: FileSystemView;
  /** Units that stay in wall time; the processes of all others live in cloud time. */
  readonly realTimeUnits: readonly string[];
  /** What every instance lacks at the beginning of each of its boots. */
  readonly bootFaults: readonly BootFault[];
}

/** One booted operating system; what is on its disk lies below `root`. */
export class Machine {
  readonly surroundings: Surroundings;
  readonly instance: Instance;
  readonly address: string;
  readonly hostName: string;
  readonly origin: Origin;
  readonly directory: string;
  readonly root: string;
  /** Where its processes ask for connections. */
  readonly fabricPath: string;
  readonly packages: Set<string>;
  readonly bootTime_ms: number;
  /** Aborts when the machine is switched off. */
  readonly off = new AbortController();
  /** The two halves of a NAT instance: forwarding and masquerading. */
  readonly kernel = { forwards: false, masquerades: false };

  constructor(
    surroundings: Surroundings,
    instance: Instance,
    nic: { readonly id: string; readonly privateIp: string },
    packages: Set<string>,
  ) {
    this.surroundings = surroundings;
    this.instance = instance;
    this.address = nic.privateIp;
    this.hostName = `ip-${nic.privateIp.replaceAll(".", "-")}`;
    this.origin = { name: instance.id, interfaceId: nic.id };
    this.directory = join(surroundings.twinDirectory, "instances", instance.id);
    this.root = join(this.directory, "root");
    this.fabricPath = join(this.directory, "net.sock");
    this.packages = packages;
    this.bootTime_ms = surroundings.clock.now();
  }

  /** The program was refused before if it asked for a type that is not known. */
  get type(): InstanceType {
    const { id, instanceType } = this.instance;
    const type = INSTANCE_TYPES.get(instanceType);
    if (type === undefined) throw new Error(`${id} is a ${instanceType}, which the twin does not know.`);
    return type;
  }

  /** Whether a fault of the boot keeps this from the machine now. */
  lacks(what: BootFault["what"]): boolean {
    return this.lackTime_ms(what) > 0;
  }

  /** For how long from now on, of cloud time. */
  lackTime_ms(what: BootFault["what"]): number {
    const { bootFaults, clock } = this.surroundings;
    const ends_ms = bootFaults
      .filter((fault) => fault.what === what)
      .map((fault) => this.bootTime_ms + fault.seconds * 1000);
    return Math.max(0, ...ends_ms.map((end_ms) => end_ms - clock.now()));
  }

  get journalPath(): string {
    return join(this.directory, "journal.log");
  }

  /** Where an absolute path of the instance lies on this machine. */
  path(absolute: string): string {
    return join(this.root, absolute);
  }

  /** The loopback address on which its processes listen. */
  get back(): string {
    return this.surroundings.fabric.back(this.instance.id, this.address);
  }

  /** A line for the instance's own journal. Without power nothing is written: what was under way ends without a word. */
  journal(line: string): void {
    if (this.off.signal.aborted) return;
    const time = new Date(this.surroundings.clock.now()).toISOString();
    appendFileSync(this.journalPath, `${time} ${line}\n`);
  }

  /** A sentence for people, and for the journal. */
  say(sentence: string): void {
    if (this.off.signal.aborted) return;
    this.journal(sentence);
    this.surroundings.bus.emit({ kind: "trace", source: this.instance.id, sentence });
  }
}
