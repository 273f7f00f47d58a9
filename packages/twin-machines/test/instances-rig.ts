import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { BootFault } from "@cloudy/twin-model/boot-fault.ts";
import { createBus } from "@cloudy/twin-model/bus.ts";
import { liveClock } from "@cloudy/twin-model/clock.ts";
import type { FileSystemView } from "@cloudy/twin-model/file-system.ts";
import type { Identity } from "@cloudy/twin-model/identity.ts";
import type { Instance } from "@cloudy/twin-model/instance.ts";
import { pack } from "tar-stream";
import { stringify } from "yaml";
import { writeChildModules } from "../src/host/child-modules.ts";
import { CpuGovernor } from "../src/host/cpu-share.ts";
import { LiveInstanceRuntime } from "../src/instances/instance-runtime.ts";
import { Fabric } from "../src/network/fabric.ts";
import { claimLoopback } from "../src/network/loopback.ts";
import { interfaceOf, viewOf, type World, world } from "./network-world.ts";

export interface InstancesRig {
  readonly state: World;
  readonly fabric: Fabric;
  readonly instances: LiveInstanceRuntime;
  readonly sentences: string[];
  readonly directory: string;
  /** Objects that S3 has, by `/bucket/key`. */
  readonly objects: Map<string, Uint8Array>;
  /** What the instances asked of AWS, as `METHOD /path body`. */
  readonly calls: string[];
  readonly denied: Set<string>;
  /** The cloud-config as an object, or the user data as it is. */
  boot(instanceId: string, config: object | string): Promise<void>;
  /** GET through the network from an interface; rejects as the connection does. */
  get(from: string, url: string): Promise<string>;
  journal(instanceId: string): string;
  changed(): void;
  close(): Promise<void>;
}

const FILE_SYSTEM = "arn:aws:elasticfilesystem:eu-west-1:123456789012:file-system/fs-1";

/** Real instances in the small world of network-world.ts; AWS's API is a server that has S3's objects. */
export async function createInstances(
  speed = 1,
  given: {
    readonly realTimeUnits?: readonly string[];
    readonly startAt_ms?: number;
    readonly bootFaults?: readonly BootFault[];
    /** An endpoint in place of the server that has S3's objects, and who may do what there. */
    readonly cloud?: { readonly endpointPort: number; readonly identity: Identity };
  } = {},
): Promise<InstancesRig> {
  const { realTimeUnits = [], startAt_ms, bootFaults = [] } = given;
  const directory = mkdtempSync(join(tmpdir(), "twin-vm-"));
  chmodSync(directory, 0o711);
  const state = world();
  const bus = createBus();
  const sentences: string[] = [];
  bus.on((event) => event.kind === "trace" && sentences.push(`${event.source}: ${event.sentence}`));
  const objects = new Map<string, Uint8Array>();
  const calls: string[] = [];
  const denied = new Set<string>();
  const aws = createServer(async (request, response) => {
    const body = (await request.toArray()).join("");
    calls.push(`${request.method} ${request.url}${body === "" ? "" : ` ${body}`}`);
    const object = objects.get((request.url ?? "").split("?")[0] ?? "");
    if (object === undefined) response.writeHead(404).end();
    else response.end(object);
  });
  await new Promise<void>((resolve) => aws.listen(0, "127.0.0.1", resolve));
  const clock = liveClock(speed, startAt_ms);
  const loopback = await claimLoopback(["vpc-1"]);
  const endpointPort = given.cloud?.endpointPort ?? (aws.address() as AddressInfo).port;
  const fabric = new Fabric({ loopback, clock, bus, view: viewOf(state), endpointPort });
  const governor = new CpuGovernor();
  const identity: Identity = given.cloud?.identity ?? {
    credentialsFor: (roleArn) => ({
      accessKeyId: `AKIA${roleArn}`,
      secretAccessKey: "secret",
      sessionToken: "token",
      expiration_ms: clock.now() + 6 * 3_600_000,
    }),
    roleMay: (_roleArn, { action }) => ({ allowed: !denied.has(action), because: `the test says so of ${action}` }),
  };
  const fileSystems: FileSystemView = {
    mountTarget: () => ({ ip: "10.0.1.50", interfaceId: "eni-efs" }),
    accessPoint: (id) =>
      id === "fsap-1"
        ? { arn: "ap", fileSystemArn: FILE_SYSTEM, path: "/cloudy", ownerUid: 26, ownerGid: 26, permissions: "0700" }
        : undefined,
    fileSystemArn: () => FILE_SYSTEM,
    policy: () => ({}),
  };
  const instances = new LiveInstanceRuntime({
    twinDirectory: directory,
    node: process.execPath,
    modules: writeChildModules(join(directory, "lib")),
    fabric,
    clock,
    bus,
    identity,
    region: "eu-west-1",
    hooks: {
      addAddress: (id, address) => {
        state.extra[id] = [...(state.extra[id] ?? []), address];
      },
      enableForwarding: (id) => state.forwarding.add(id),
    },
    fileSystems,
    realTimeUnits,
    bootFaults,
    governor,
  });
  return {
    state,
    fabric,
    instances,
    sentences,
    directory,
    objects,
    calls,
    denied,
    boot: (instanceId, config) => instances.boot(instanceOf(instanceId, config), nicOf(state, instanceId)),
    get: async (from, url) => {
      const { hostname, port, pathname } = new URL(url);
      const socket = await fabric.connect({ name: from, interfaceId: from }, hostname, Number(port));
      socket.end(`GET ${pathname} HTTP/1.0\r\n\r\n`);
      return (await socket.setEncoding("utf8").toArray()).join("").split("\r\n\r\n")[1] ?? "";
    },
    journal: (instanceId) => readFileSync(join(directory, "instances", instanceId, "journal.log"), "utf8"),
    changed: () => bus.emit({ kind: "network-changed" }),
    async close() {
      await instances.stop();
      await governor.close();
      fabric.close();
      await loopback.release();
      aws.closeAllConnections();
      aws.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function nicOf(state: World, instanceId: string) {
  const own = state.interfaces.find((candidate) => candidate.attachment?.instanceId === instanceId);
  return interfaceOf(state, own?.id ?? instanceId);
}

function instanceOf(id: string, config: object | string): Instance {
  return {
    id,
    instanceType: "t2.large",
    imageId: "ami-1",
    launchTemplateId: "lt-1",
    launchTemplateVersion: "1",
    subnetId: "public",
    availabilityZone: "eu-west-1a",
    userData: typeof config === "string" ? config : `#cloud-config\n${stringify(config)}`,
    roleArn: "arn:aws:iam::123456789012:role/CloudyRole",
    instanceProfileArn: undefined,
    tags: {},
    detailedMonitoring: true,
    metadata: { tokensRequired: true, hopLimit: 1, tagsEnabled: false },
    launchTime_ms: Date.now(),
    state: "pending",
    stateReason: "",
    status: "initializing",
  };
}

/** A tar.gz of one file, and its SHA-256. */
export async function bundleOf(name: string, content: string): Promise<{ archive: Uint8Array; sha256: string }> {
  const tar = pack();
  tar.entry({ name }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(Buffer.from(chunk as Uint8Array));
  const archive = gzipSync(Buffer.concat(chunks));
  return { archive, sha256: createHash("sha256").update(archive).digest("hex") };
}

/** A unit file of systemd. */
export function unitFile(name: string, sections: Record<string, Record<string, string | readonly string[]>>) {
  const text = Object.entries(sections).map(
    ([section, keys]) =>
      `[${section}]\n${Object.entries(keys)
        .flatMap(([key, values]) => [values].flat().map((value) => `${key}=${value}\n`))
        .join("")}`,
  );
  return { path: `/etc/systemd/system/${name}`, content: text.join("\n") };
}
