import { parseEnv } from "node:util";
import { readSettings as readDbAgent } from "@cloudy/db-agent/settings.ts";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  databaseCapacity,
  idleCoresWarning,
  RESERVED_CONNECTIONS,
  webConnections,
  webInstancesAtPeak,
  webProcesses,
} from "../instance/capacity.ts";
import type { CloudConfig } from "../instance/cloud-config.ts";
import type { MachineType } from "../instance/machine-type.ts";
import { instanceType } from "./instance-types.ts";
import { devConfig, type Recording, record, stackConfig, userDataOf } from "./record.ts";

function machine(name: string): MachineType {
  const { memorySize, defaultVcpus } = instanceType(name);
  return { name, memory_MB: memorySize, vcpus: defaultVcpus, architecture: "arm64" };
}

function environmentOf(program: Recording, name: string, file: string) {
  const config: CloudConfig = parse(userDataOf(program, name));
  return parseEnv(config.write_files.find(({ path }) => path === `/etc/cloudy/${file}`)?.content ?? "");
}

describe("what PostgreSQL may take of its machine", () => {
  // Megabytes, connections, workers.
  test.each([
    // type, connections, buffers, cache, work_mem, maintenance, parallel, autovacuum
    ["t2.nano", 51, 96, 256, 2, 32, 0, 1],
    ["t4g.nano", 51, 96, 256, 2, 32, 1, 2],
    ["t4g.micro", 121, 256, 512, 2, 64, 1, 2],
    ["t4g.small", 275, 512, 1024, 2, 128, 1, 2],
    ["t4g.medium", 500, 1024, 2048, 2, 256, 1, 2],
    ["m7g.large", 500, 2048, 4096, 4, 512, 1, 2],
    ["t4g.xlarge", 500, 4096, 8192, 9, 1024, 2, 3],
    ["m7g.2xlarge", 500, 8192, 16_384, 19, 1024, 4, 3],
  ])("R5: %s", (type, connections, buffers, cache, workMem, maintenance, parallel, autovacuum) => {
    const capacity = databaseCapacity(machine(type));
    expect(capacity).toEqual({
      maxConnections: connections,
      sharedBuffers_MB: buffers,
      effectiveCacheSize_MB: cache,
      workMem_MB: workMem,
      maintenanceWorkMem_MB: maintenance,
      parallelWorkers: parallel,
      autovacuumWorkers: autovacuum,
    });
    // All connections with a sort each, all buffers, and 100 MB for the system at least, are in memory at once.
    const busy = capacity.sharedBuffers_MB + capacity.maxConnections * capacity.workMem_MB;
    expect(busy).toBeLessThan(machine(type).memory_MB - 100);
  });

  test("R5: an agent that is told nothing takes what the smallest machine has", () => {
    const required = { SECRET_ID: "a", GRANT_SECRET_ID: "b", SERVER_SECRET_ID: "c", AWS_REGION: "eu-west-1" };
    expect(readDbAgent(required).capacity).toEqual(databaseCapacity(machine("t2.nano")));
  });
});

describe("the budget of connections", () => {
  test.each([
    [3, 5],
    [9, 14],
    [100, 150],
  ])("R5: of a web group of at most %i up to %i run while a change rolls through it", (webMax, peak) => {
    expect(webInstancesAtPeak(webMax)).toBe(peak);
  });

  test.each(["dev", "prod"] as const)(
    "R5: %s: all web instances at their peak have their connections, and the rest is left",
    async (stack) => {
      const program = await record(await stackConfig(stack));
      const group = program.one("aws:autoscaling/group:Group", "web").inputs;
      const pool = Number(environmentOf(program, "web", "api.env").DATABASE_CONNECTIONS);
      const { capacity } = readDbAgent(environmentOf(program, "database", "db-agent.env"));
      const taken = webInstancesAtPeak(Number(group["maxSize"])) * pool;
      expect(pool).toBe(stack === "dev" ? 5 : 10);
      expect(taken + RESERVED_CONNECTIONS).toBeLessThanOrEqual(capacity.maxConnections);
    },
  );

  test("R5: for all sizes of the group, either it fits or it is refused, and pools get smaller before that", () => {
    for (const type of ["t2.nano", "t4g.micro", "t4g.small", "m7g.2xlarge"]) {
      const { maxConnections } = databaseCapacity(machine(type));
      for (let webMax = 1; webMax <= 100; webMax += 1) {
        let pool: number;
        try {
          pool = webConnections(webMax, machine("t4g.small"), machine(type));
        } catch {
          expect(webInstancesAtPeak(webMax) * 2 + RESERVED_CONNECTIONS).toBeGreaterThan(maxConnections);
          continue;
        }
        expect(pool).toBeGreaterThanOrEqual(2);
        expect(pool).toBeLessThanOrEqual(10);
        expect(webInstancesAtPeak(webMax) * pool + RESERVED_CONNECTIONS).toBeLessThanOrEqual(maxConnections);
      }
    }
  });

  test.each([
    // type, connections, processes
    ["t2.nano", 5, 1],
    ["t4g.nano", 10, 1],
    ["t4g.micro", 10, 2],
    ["t4g.small", 10, 2],
    ["t4g.small", 3, 1],
    ["m7g.2xlarge", 20, 8],
    ["m7g.2xlarge", 6, 3],
  ])(
    "R5: a %s with %i connections has %i processes of the API: one a vCPU, as far as memory and connections carry them",
    (type, connections, expected) => {
      expect(webProcesses(machine(type), connections)).toBe(expected);
    },
  );

  test.each([
    // type, processes, grows above, what is said
    ["t2.nano", 1, 60, undefined],
    ["t4g.small", 2, 60, undefined],
    ["t4g.nano", 1, 45, undefined],
    ["t4g.nano", 1, 60, /2 vCPUs, but .* one process .* some 50 % CPU at most, and the group grows above 60 %/],
    ["t4g.nano", 1, 50, /bigger type/],
    ["m7g.2xlarge", 3, 60, /8 vCPUs, but .* 3 processes .* some 38 %/],
  ])("W5: a %s with %i processes, in a group that grows above %i % CPU: %s", (type, processes, percent, said) => {
    const warning = idleCoresWarning(machine(type), processes, percent);
    if (said === undefined) expect(warning).toBeUndefined();
    else expect(warning).toMatch(said);
  });

  test.each(["dev", "prod"] as const)(
    "R5: %s: the API takes the number of processes that it is given",
    async (stack) => {
      const environment = environmentOf(await record(await stackConfig(stack)), "web", "api.env");
      expect(environment.PROCESSES).toBe(stack === "dev" ? "1" : "2");
    },
  );

  test("R5: what does not fit is refused with the settings' names, before anything is created", async () => {
    await expect(record(await devConfig({ "cloudy:webMax": "20" }))).rejects.toThrow(
      "[cloudy:webMax] is 20: up to 30 web instances run while a change rolls through them. With 2 connections each, and 8 for " +
        "the database's own needs, they need 68, but [cloudy:databaseInstanceType] t2.nano has memory for 51. Lower webMax, or " +
        "choose a bigger type.",
    );
  });

  test("R5: a bigger type of the database gives PostgreSQL more of everything", async () => {
    const small = readDbAgent(environmentOf(await record(await devConfig()), "database", "db-agent.env")).capacity;
    const bigger = await record(await devConfig({ "cloudy:databaseInstanceType": "m7g.2xlarge" }));
    const big = readDbAgent(environmentOf(bigger, "database", "db-agent.env")).capacity;
    for (const key of Object.keys(small) as (keyof typeof small)[]) expect(big[key], key).toBeGreaterThan(small[key]);
  });
});
