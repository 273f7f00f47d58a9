import { describe, expect, test } from "vitest";
import { API_ENVIRONMENT } from "../src/environment/api.ts";
import { DB_AGENT_ENVIRONMENT } from "../src/environment/db-agent.ts";
import { FAILOVER_ENVIRONMENT } from "../src/environment/failover.ts";
import { HOST_METRICS_ENVIRONMENT } from "../src/environment/host-metrics.ts";
import { PROBE_ENVIRONMENT } from "../src/environment/probe.ts";
import { environmentReader, type Fault } from "../src/environment/read.ts";
import { allowedBy, parseValue, type Variables } from "../src/environment/variable.ts";
import { environmentOf } from "../src/environment/write.ts";

const DECLARED = {
  WORKERS: { type: "whole number", min: 1, max: 8, otherwise: "one a core", description: "threads" },
  QUEUE: { type: "whole number", default: 4, min: 0, max: 10, description: "what may wait" },
  ROUND: { type: "positive number", default: 3, max: 60, unit: "seconds", description: "pause" },
  LEVEL: { type: "choice", default: "info", choices: ["info", "debug"], description: "how much is said" },
  DIRECTORY: { type: "text", shape: { pattern: /^\//, words: "an absolute path" }, description: "where it is" },
} as const satisfies Variables;

function read(environment: Readonly<Record<string, string>>) {
  const faults: Fault[] = [];
  const value = environmentReader(DECLARED, environment, (fault) => faults.push(fault));
  const values = {
    workers: value("WORKERS"),
    queue: value("QUEUE"),
    round: value("ROUND"),
    level: value("LEVEL"),
    directory: value("DIRECTORY"),
  };
  return { values, faults: faults.map(({ name, text, declared }) => `${name}=${text}: ${allowedBy(declared)}`) };
}

describe("an environment is read by its declarations", () => {
  test("values are of their types, without the blanks around them", () => {
    expect(read({ WORKERS: "2", QUEUE: " 0 ", ROUND: "0.5", LEVEL: "debug", DIRECTORY: " /srv" })).toEqual({
      values: { workers: 2, queue: 0, round: 0.5, level: "debug", directory: "/srv" },
      faults: [],
    });
  });

  test("without a variable, or with an empty one, its default holds, or what is said to hold otherwise", () => {
    const values = { workers: undefined, queue: 4, round: 3, level: "info", directory: "/srv" };
    expect(read({ DIRECTORY: "/srv" })).toEqual({ values, faults: [] });
    expect(read({ DIRECTORY: "/srv", WORKERS: "", QUEUE: " ", ROUND: "", LEVEL: "" })).toEqual({ values, faults: [] });
  });

  test("every fault is told, in the order of reading", () => {
    expect(read({ WORKERS: "9", QUEUE: "1e1", ROUND: "61", LEVEL: "loud" }).faults).toEqual([
      "WORKERS=9: a whole number from 1 to 8",
      "QUEUE=1e1: a whole number from 0 to 10",
      "ROUND=61: a positive number up to 60",
      "LEVEL=loud: one of info, debug",
      "DIRECTORY=undefined: an absolute path",
    ]);
  });

  test.each(["-1", "11", "1.5", "0x1", "one", "Infinity"])("%s is no whole number from 0 to 10", (text) => {
    expect(parseValue(DECLARED.QUEUE, text)).toBeUndefined();
  });
  test.each(["0", "-1", "soon", "Infinity", "60.1"])("%s is no positive number up to 60", (text) => {
    expect(parseValue(DECLARED.ROUND, text)).toBeUndefined();
  });
});

describe("an environment is written by its declarations", () => {
  const all = { WORKERS: 2, QUEUE: 0, ROUND: 1, LEVEL: "debug", DIRECTORY: "/srv" } as const;

  test("as texts, in the order of the declarations; what is undefined is left to the process", () => {
    expect(Object.entries(environmentOf(DECLARED, { ...all, QUEUE: undefined, WORKERS: undefined }))).toEqual([
      ["ROUND", "1"],
      ["LEVEL", "debug"],
      ["DIRECTORY", "/srv"],
    ]);
  });

  test.each([
    [{ QUEUE: 11 }, '[QUEUE] would be "11", but must be a whole number from 0 to 10.'],
    [{ WORKERS: 0 }, '[WORKERS] would be "0", but must be a whole number from 1 to 8.'],
    [{ QUEUE: 1.5 }, '[QUEUE] would be "1.5", but must be a whole number from 0 to 10.'],
    [{ DIRECTORY: "srv" }, '[DIRECTORY] would be "srv", but must be an absolute path.'],
    [{ DIRECTORY: "" }, '[DIRECTORY] would be "", but must be an absolute path.'],
  ])("%j is refused, as the process would", (wrong, message) => {
    expect(() => environmentOf(DECLARED, { ...all, ...wrong })).toThrow(message);
  });

  test("a text that comes later is passed on as it is", () => {
    const later = Promise.resolve("/srv");
    const written = environmentOf<typeof DECLARED, Promise<string>>(DECLARED, { ...all, DIRECTORY: later });
    expect(written["DIRECTORY"]).toBe(later);
  });

  test("what is missing, misspelt or of another type does not type-check", () => {
    const { QUEUE: _, ...withoutQueue } = all;
    const { DIRECTORY, ...withoutDirectory } = all;
    // @ts-expect-error QUEUE is missing.
    environmentOf(DECLARED, withoutQueue);
    // @ts-expect-error DIRECTORY must be set.
    environmentOf(DECLARED, { ...withoutDirectory, DIRECTORY: undefined });
    // @ts-expect-error QEUE is misspelt.
    environmentOf(DECLARED, { ...all, QEUE: 1 });
    // @ts-expect-error Only a text may come later.
    environmentOf<typeof DECLARED, Promise<string>>(DECLARED, { ...all, QUEUE: Promise.resolve("1") });
    expect(() => {
      // @ts-expect-error No such level.
      environmentOf(DECLARED, { ...all, LEVEL: "loud" });
    }).toThrow("LEVEL");
    expect(DIRECTORY).toBe("/srv");
  });
});

test.each(
  Object.entries({
    api: API_ENVIRONMENT,
    dbAgent: DB_AGENT_ENVIRONMENT,
    failover: FAILOVER_ENVIRONMENT,
    hostMetrics: HOST_METRICS_ENVIRONMENT,
    probe: PROBE_ENVIRONMENT,
  } satisfies Record<string, Variables>),
)("every default of %s is a value that its declaration allows", (_process, variables: Variables) => {
  for (const [name, declared] of Object.entries(variables)) {
    if (declared.default === undefined) continue;
    expect(parseValue(declared, String(declared.default)), name).toBe(declared.default);
  }
});
