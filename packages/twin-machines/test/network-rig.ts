import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { CloudEvent } from "@cloudy/twin-model/bus.ts";
import { createBus } from "@cloudy/twin-model/bus.ts";
import { liveClock } from "@cloudy/twin-model/clock.ts";
import { writeChildModules } from "../src/host/child-modules.ts";
import { answerProcesses, type ServeMetadata } from "../src/network/ask-server.ts";
import { Fabric } from "../src/network/fabric.ts";
import { claimLoopback } from "../src/network/loopback.ts";
import { viewOf, type World, world } from "./network-world.ts";

export interface Rig {
  readonly state: World;
  readonly fabric: Fabric;
  readonly sentences: string[];
  readonly directory: string;
  /** Tells the fabric that the world has changed. */
  changed(): void;
  emit(event: CloudEvent): void;
  /** Runs JavaScript as a process of an instance; what it prints comes out of `lines`. */
  run(instanceId: string, script: string, env?: Record<string, string>): Promise<Guest>;
  close(): Promise<void>;
}

export interface Guest {
  readonly child: ChildProcess;
  /** The next line that the process prints. */
  line(): Promise<string>;
}

/** A real fabric over the small world, with processes that load the real preload. */
export async function createRig(
  options: { endpointPort?: number; speed?: number; serveMetadata?: ServeMetadata } = {},
): Promise<Rig> {
  const directory = mkdtempSync(join(tmpdir(), "twin-net-"));
  const { preload } = writeChildModules(join(directory, "lib"));
  const state = world();
  const bus = createBus();
  const sentences: string[] = [];
  bus.on((event) => event.kind === "trace" && sentences.push(event.sentence));
  const loopback = await claimLoopback(["vpc-1"]);
  const clock = liveClock(options.speed ?? 1);
  const fabric = new Fabric({
    loopback,
    clock,
    bus,
    view: viewOf(state),
    endpointPort: options.endpointPort ?? 9,
  });
  const closers: (() => void)[] = [];
  const children: ChildProcess[] = [];
  for (const { attachment, id, privateIp } of state.interfaces) {
    if (attachment === undefined) continue;
    const { instanceId } = attachment;
    fabric.bringUp(instanceId, privateIp);
    const origin = { name: instanceId, interfaceId: id };
    closers.push(await answerProcesses(fabric, join(directory, `${instanceId}.sock`), origin, options.serveMetadata));
  }
  return {
    state,
    fabric,
    sentences,
    directory,
    changed: () => bus.emit({ kind: "network-changed" }),
    emit: (event) => bus.emit(event),
    async run(instanceId, script, env = {}) {
      const own = state.interfaces.find((candidate) => candidate.attachment?.instanceId === instanceId);
      const address = own?.privateIp ?? "";
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
        stdio: ["ignore", "pipe", "inherit"],
        env: {
          NODE_OPTIONS: `--import ${preload}`,
          TWIN_FABRIC: join(directory, `${instanceId}.sock`),
          TWIN_ADDRESS: address,
          TWIN_BACK: loopback.back("vpc-1", address),
          TWIN_HOSTNAME: `ip-${address.replaceAll(".", "-")}`,
          ...fabric.awsEnvironment(),
          ...env,
        },
      });
      children.push(child);
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      return { child, line: async () => (await lines.next()).value ?? "(ended)" };
    },
    async close() {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill("SIGKILL");
        await once(child, "exit");
      }
      for (const close of closers) close();
      fabric.close();
      await loopback.release();
      rmSync(directory, { recursive: true });
    },
  };
}
