import { parseEnv } from "node:util";
import { readSettings as readApi } from "@cloudy/api/settings.ts";
import { readSettings as readDbAgent } from "@cloudy/db-agent/settings.ts";
import { readFailoverSettings, readProbeSettings } from "@cloudy/failover/settings.ts";
import { readSettings as readHostMetrics } from "@cloudy/host-metrics/settings.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { CloudConfig } from "../instance/cloud-config.ts";
import { parseSettings } from "../settings/settings.ts";
import { devConfig, projectSchema, type Recording, record, userDataOf } from "./record.ts";

type Config = Readonly<Record<string, string>>;
type Environment = Readonly<Record<string, string | undefined>>;

/** What the parser says of a value that nothing could be: a range, or values to choose from. */
function refusalOf(key: string, config: Config): string {
  try {
    parseSettings((name) => (name === key ? "no number" : config[name]), "eu-west-1");
  } catch (error) {
    return String(error);
  }
  return "";
}

const schema = Object.entries(await projectSchema());
const integers = schema.filter(([, { type }]) => type === "integer").map(([key]) => key);

/** The bounds that the parser names for a key, beside the keys that are set before it. */
function boundsOf(key: string, config: Config): { readonly min: string; readonly max: string } {
  const sentence = refusalOf(key, config);
  const [, min, max] = /a whole number from (\d+) to (\d+)/.exec(sentence) ?? [];
  if (min !== undefined && max !== undefined) return { min, max };
  const choices = /one of (\d[\d, ]*\d)/.exec(sentence)?.[1]?.split(", ") ?? [];
  const [first, last] = [choices[0], choices.at(-1)];
  if (first === undefined || last === undefined)
    throw new Error(`${key} has neither bounds nor choices: "${sentence}"`);
  return { min: first, max: last };
}

/** Every integer at one end of its range. */
function allAt(end: "min" | "max"): Record<string, string> {
  const config: Record<string, string> = {};
  for (const key of integers) config[key] = boundsOf(key, config)[end];
  return config;
}

const WORLDS = {
  lowest: allAt("min"),
  default: Object.fromEntries(schema.map(([key, declared]) => [key, String(declared.default)])),
  highest: allAt("max"),
} as const;

/** The five environments as the processes find them: files on the instances, variables of the functions. */
function environmentsOf(program: Recording) {
  const file = (name: string, path: string): Environment => {
    const config: CloudConfig = parse(userDataOf(program, name));
    const found = config.write_files.find((candidate) => candidate.path === path);
    return parseEnv(found?.content ?? "");
  };
  const variables = (name: string): Environment => {
    const { environment } = program.one("aws:lambda/function:Function", name).inputs;
    return (environment as { readonly variables: Environment }).variables;
  };
  // This file lies on the instance only; the API's own tests are about it.
  const api: Environment = { ...file("web", "/etc/cloudy/api.env"), DATABASE_CA_FILE: undefined };
  return {
    api,
    dbAgent: file("database", "/etc/cloudy/db-agent.env"),
    webMetrics: file("web", "/etc/cloudy/host-metrics.env"),
    databaseMetrics: file("database", "/etc/cloudy/host-metrics.env"),
    failover: variables("failover"),
    probe: variables("probe"),
  };
}
type Process = keyof ReturnType<typeof environmentsOf>;

const READERS: Readonly<Record<Process, (environment: Environment) => unknown>> = {
  api: readApi,
  dbAgent: readDbAgent,
  webMetrics: readHostMetrics,
  databaseMetrics: readHostMetrics,
  failover: readFailoverSettings,
  probe: readProbeSettings,
};

/** Each setting of the stack that a process reads, and what the process makes of its environment. */
const READ: readonly (readonly [key: string, Process, variable: string, read: (environment: Environment) => number])[] =
  [
    ["loadWorkers", "api", "LOAD_WORKERS", (environment) => readApi(environment).loadWorkers],
    ["loadQueue", "api", "LOAD_QUEUE", (environment) => readApi(environment).loadQueue],
    ["shutdownSeconds", "api", "SHUTDOWN_SECONDS", (environment) => readApi(environment).shutdown_ms / 1_000],
    ["requestsPerMinute", "api", "REQUESTS_PER_MINUTE", (environment) => readApi(environment).requestsPerMinute ?? 0],
    ["backupHours", "dbAgent", "BACKUP_HOURS", (environment) => readDbAgent(environment).backup.hours],
    [
      "backupRetentionDays",
      "dbAgent",
      "BACKUP_RETENTION_DAYS",
      (environment) => readDbAgent(environment).backup.retentionDays,
    ],
    [
      "failoverRoundSeconds",
      "failover",
      "ROUND_SECONDS",
      (environment) => readFailoverSettings(environment).round_ms / 1_000,
    ],
    [
      "probeTimeoutSeconds",
      "probe",
      "PROBE_TIMEOUT_SECONDS",
      (environment) => readProbeSettings(environment).timeout_ms / 1_000,
    ],
  ];

describe("a setting is the same everywhere", () => {
  const environments: Record<string, ReturnType<typeof environmentsOf>> = {};
  beforeAll(async () => {
    for (const [world, config] of Object.entries(WORLDS)) {
      const given = Object.fromEntries(integers.map((key) => [`cloudy:${key}`, config[key] ?? ""]));
      // A nano has no memory for the connections of the biggest web group.
      if (world === "highest") given["cloudy:databaseInstanceType"] = "m7g.2xlarge";
      environments[world] = environmentsOf(await record(await devConfig(given)));
    }
  });

  test.each(integers)("%s: its default in Pulumi.yaml is within the range that the program allows", (key) => {
    const { min, max } = boundsOf(key, {});
    expect(Number(WORLDS.default[key])).toBeGreaterThanOrEqual(Number(min));
    expect(Number(WORLDS.default[key])).toBeLessThanOrEqual(Number(max));
  });

  test.each(Object.keys(WORLDS))("with every setting at its %s, each process accepts its environment", (world) => {
    const refusals = Object.entries(environments[world] ?? {}).flatMap(([name, environment]) => {
      try {
        READERS[name as Process](environment);
        return [];
      } catch (error) {
        return [`${name}: ${error}`];
      }
    });
    expect(refusals).toEqual([]);
  });

  describe.each(READ)("%s", (key, process, variable, read) => {
    // 0 workers of /load are one a core: the variable is left out then.
    const isLeftOut = (value: string) => key === "loadWorkers" && value === "0";

    test.each(Object.entries(WORLDS))("arrives in the process: %s", (world, config) => {
      const value = config[key] ?? "";
      const environment = environments[world]?.[process] ?? {};
      if (isLeftOut(value)) expect(environment[variable]).toBeUndefined();
      else expect(read(environment)).toBe(Number(value));
    });

    test("has the same default in the process", () => {
      const value = WORLDS.default[key] ?? "";
      const { [variable]: _, ...others } = environments["default"]?.[process] ?? {};
      if (!isLeftOut(value)) expect(read(others)).toBe(Number(value));
    });

    test("is refused by the process where the program refuses it", () => {
      const environment = environments["default"]?.[process];
      // With the others at their ends, which narrow this one least.
      const [{ min }, { max }] = [boundsOf(key, WORLDS.lowest), boundsOf(key, WORLDS.highest)];
      for (const value of [Number(min) - 1, Number(max) + 1]) {
        expect(() => read({ ...environment, [variable]: String(value) }), `${variable}=${value}`).toThrow(variable);
      }
    });
  });
});
