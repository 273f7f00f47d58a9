import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { bundleOf, createInstances, type InstancesRig } from "@cloudy/twin-machines/test/instances-rig.ts";
import type { BootFault } from "@cloudy/twin-model/boot-fault.ts";
import { afterEach, describe, expect, test } from "vitest";
import { dbBoot } from "../database/db-boot.ts";
import { databaseCapacity } from "../instance/capacity.ts";
import { type CloudConfig, renderCloudConfig } from "../instance/cloud-config.ts";
import { natBoot } from "../network/nat-boot.ts";
import { parseSettings } from "../settings/settings.ts";
import { webBoot } from "../web/web-boot.ts";

/** The program's own units with stand-ins for the bundles, under the twin's systemd. */
const SPEED = 30;
/** Here a busy machine must not look like a command that hangs. */
const CALM_SPEED = 5;
const FAULT_SECONDS = 30;
const COMES_UP = { timeout: 15_000 };

let rig: InstancesRig;
afterEach(() => rig.close());

const settings = parseSettings(() => undefined, "eu-west-1");
const region = "eu-west-1";

/** Serves as long as it lives, and leaves a file where the database would have its epochs. */
const STAND_IN = `
  import fs from "node:fs";
  if (process.env.SHARED_DIR) fs.writeFileSync(process.env.SHARED_DIR + "/epoch", "1");
  console.log("bundle runs");
  setInterval(() => {}, 1000);`;

async function bundle(name: string, file: string) {
  // The monitoring script runs by a timer of its own, so it must not be taken for the service.
  const { archive, sha256 } = await bundleOf(file, name === "host-metrics" ? "" : STAND_IN);
  rig.objects.set(`/artifacts/${name}.tar.gz`, archive);
  return { name, sha256, s3Uri: `s3://artifacts/${name}.tar.gz` };
}

const CONFIGS: Readonly<Record<"web" | "database" | "nat", () => Promise<CloudConfig>>> = {
  web: async () =>
    webBoot({
      region,
      stack: "cloudy/dev",
      logGroup: "/cloudy/dev",
      api: await bundle("api", "server.mjs"),
      hostMetrics: await bundle("host-metrics", "host-metrics.mjs"),
      secretId: "secret",
      secretRegion: region,
      secretRoleArn: undefined,
      database: { host: "10.10.10.10", certificateAuthority: "a certificate", connections: 5 },
      processes: 1,
      settings: settings.web,
    }),
  database: async () =>
    dbBoot({
      region,
      stack: "cloudy/dev",
      logGroup: "/cloudy/dev",
      dbAgent: await bundle("db-agent", "agent.mjs"),
      hostMetrics: await bundle("host-metrics", "host-metrics.mjs"),
      virtualIp: "10.10.10.10",
      fileSystemId: "fs-1",
      accessPointId: "fsap-1",
      databaseSecretId: "database",
      serverSecretId: "server",
      grantSecretId: "grant",
      backupBucket: "backups",
      settings: settings.database,
      capacity: databaseCapacity({ memory_MB: 512, vcpus: 1 }),
    }),
  nat: async () =>
    natBoot({
      vpcCidr: "10.0.0.0/16",
      interfaceId: "eni-nat",
      interfaceMac: "0a:00:00:00:00:01",
      groupName: "nat-group",
      logGroup: "/cloudy/dev",
    }),
};

type Tier = keyof typeof CONFIGS;
const INSTANCES: Readonly<Record<Tier, string>> = { web: "i-web", database: "i-db1", nat: "i-nat" };

async function boot(tier: Tier, bootFaults: readonly BootFault[] = [], speed = SPEED): Promise<string> {
  rig = await createInstances(speed, { bootFaults });
  rig.state.extra = {};
  if (tier === "nat") rig.state.forwarding.clear();
  else rig.fabric.bringUp("i-nat", "10.0.0.20");
  rig.objects.set(
    "/",
    Buffer.from("<AttachNetworkInterfaceResponse><attachmentId>a</attachmentId></AttachNetworkInterfaceResponse>"),
  );
  const instanceId = INSTANCES[tier];
  await rig.boot(instanceId, renderCloudConfig(tier, await CONFIGS[tier]()));
  return instanceId;
}

const runs = (tier: Tier) => rig.journal(INSTANCES[tier]).match(/^bundle runs/gm)?.length ?? 0;
const sharedFiles = (instanceId: string) => readdirSync(join(rig.directory, `instances/${instanceId}/root/mnt/cloudy`));

/** What makes each machine of use. */
const IS_UP: Readonly<Record<Tier, () => unknown>> = {
  web: () => runs("web") > 0,
  database: () => runs("database") > 0 && (rig.state.extra["i-db1"] ?? []).includes("10.10.10.10"),
  nat: () => rig.state.forwarding.has("i-nat") && rig.calls.some((call) => call.includes("AttachNetworkInterface")),
};

const FAULTS: readonly (readonly [Tier, BootFault["what"]])[] = [
  ["web", "packages"],
  ["web", "dns"],
  ["web", "metadata"],
  ["database", "mount"],
  ["database", "packages"],
  ["database", "dns"],
  ["database", "metadata"],
  ["nat", "packages"],
  ["nat", "dns"],
  ["nat", "metadata"],
];

describe("every step of a boot is tried until it works", () => {
  test.each(FAULTS)("R2: %s comes up by itself after its %s was away", async (tier, what) => {
    await boot(tier, [{ what, seconds: FAULT_SECONDS }]);
    expect(IS_UP[tier]()).toBe(false);
    await expect.poll(IS_UP[tier], COMES_UP).toBe(true);
    expect(rig.sentences.join("\n")).not.toMatch(/stays failed|Dependency failed|user data failed/);
  });

  test.each(Object.keys(CONFIGS) as Tier[])("R2: a healthy boot of %s needs one attempt a step", async (tier) => {
    await boot(tier, [], CALM_SPEED);
    await expect.poll(IS_UP[tier], COMES_UP).toBe(true);
    expect(rig.sentences.join("\n")).not.toMatch(/started again/);
  });

  test("R2: a download with another SHA-256 is fetched until it is the right one, and never unpacked before", async () => {
    await boot("web", [{ what: "packages", seconds: FAULT_SECONDS }]);
    const good = rig.objects.get("/artifacts/api.tar.gz");
    rig.objects.set("/artifacts/api.tar.gz", (await bundleOf("server.mjs", "process.exit(1)")).archive);
    await expect.poll(() => rig.sentences.join("\n"), COMES_UP).toMatch(/sha256sum: .* has the sum .* started again/);
    expect(existsSync(join(rig.directory, "instances/i-web/root/opt/cloudy/api/server.mjs"))).toBe(false);
    rig.objects.set("/artifacts/api.tar.gz", good ?? Buffer.from(""));
    await expect.poll(IS_UP.web, COMES_UP).toBe(true);
  });
});

describe("the agent and the shared directory", () => {
  test("R2, D2: the agent never runs where the file system is not mounted", async () => {
    const instanceId = await boot("database", [{ what: "mount", seconds: 100_000 }]);
    await expect
      .poll(() => rig.sentences.filter((sentence) => sentence.includes("the file system is away")).length, COMES_UP)
      .toBeGreaterThan(5);
    expect(runs("database")).toBe(0);
    expect(sharedFiles(instanceId)).toEqual([]);
  });

  test("R2, D2: nor after a reboot, with all its steps done long ago", async () => {
    const instanceId = await boot("database");
    await expect.poll(IS_UP.database, COMES_UP).toBe(true);
    await rig.instances.halt(instanceId, "power-off");
    rig.denied.add("elasticfilesystem:ClientMount");
    await rig.boot(instanceId, "");
    await expect.poll(() => rig.sentences.join("\n"), COMES_UP).toMatch(/cloudy-mount\.service: .*started again/);
    await expect
      .poll(() => rig.journal(instanceId).match(/cloudy-db-agent\.service: .*started again/g)?.length, COMES_UP)
      .toBeGreaterThanOrEqual(6);
    expect(runs("database")).toBe(1);
    expect(sharedFiles(instanceId)).toEqual([]);
    rig.denied.clear();
    await expect.poll(() => runs("database"), COMES_UP).toBe(2);
    await expect.poll(() => sharedFiles(instanceId), COMES_UP).toEqual(["epoch"]);
  });
});

describe("a reboot, after which the user data does not run again", () => {
  test.each(Object.keys(CONFIGS) as Tier[])(
    "R2: %s comes up again, without package source or downloads",
    async (tier) => {
      const instanceId = await boot(tier);
      await expect.poll(IS_UP[tier], COMES_UP).toBe(true);
      await rig.instances.halt(instanceId, "power-off");
      const before = runs(tier);
      rig.state.forwarding.delete("i-nat");
      if (tier !== "nat") rig.state.forwarding.add("i-nat");
      rig.objects.clear();
      rig.calls.length = 0;
      await rig.boot(instanceId, "");
      if (tier === "nat") await expect.poll(() => rig.state.forwarding.has("i-nat"), COMES_UP).toBe(true);
      else await expect.poll(() => runs(tier), COMES_UP).toBeGreaterThan(before);
      expect(rig.calls).toEqual([]);
    },
  );

  test.each(Object.keys(CONFIGS) as Tier[])(
    "R2: %s that lost its power in the middle of its steps does them then",
    async (tier) => {
      const instanceId = await boot(tier, [{ what: "packages", seconds: FAULT_SECONDS }]);
      await rig.instances.halt(instanceId, "power-off");
      expect(IS_UP[tier]()).toBe(false);
      await rig.boot(instanceId, "");
      await expect.poll(IS_UP[tier], COMES_UP).toBe(true);
    },
  );
});
