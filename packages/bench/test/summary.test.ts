import { describe, expect, test } from "vitest";
import type { Sample } from "../src/driver-contract.ts";
import { exitCodeOf } from "../src/exit-code.ts";
import { type Outcome, verdictsOf } from "../src/goals.ts";
import type { Measurement } from "../src/measure.ts";
import { type Peer, ROWS, type RowKey } from "../src/rows.ts";
import { summarize } from "../src/summary.ts";

const rowOf = (key: RowKey) => ROWS.find((row) => row.key === key)!;

interface Given {
  readonly perSecond: number;
  /** The share of one core that the server uses; the rest of the window it is idle. */
  readonly cpu?: number;
  readonly others?: number;
  readonly generator?: number;
  readonly health_ms?: readonly number[];
}

function sample({ perSecond, cpu = 1, others = 0, generator = 0.5, health_ms = [] }: Given): Sample {
  const seconds = 2;
  return {
    cost: {
      seconds,
      cores_s: seconds,
      cpu_s: cpu * seconds,
      others_s: others * seconds,
      driver_cpu_s: generator * seconds,
      driver_waited_s: 0,
    },
    completed: perSecond * seconds,
    perSecond,
    doneInAll: perSecond * seconds,
    unexpected: {},
    latency: undefined,
    health_ms,
  };
}

/** The rounds of each peer, in disorder as they might come. Given up: from the round after its last one on. */
function row(key: RowKey, rounds: Partial<Record<Peer, readonly Given[]>>, givenUp: readonly Peer[] = []) {
  const measurements: Measurement[] = rowOf(key).peers.flatMap((peer) =>
    (rounds[peer] ?? []).map((given, round) => ({ row: rowOf(key), peer, round, sample: sample(given) })).toReversed(),
  );
  return summarize(
    rowOf(key),
    measurements,
    givenUp.map((peer) => ({ row: key, peer, round: rounds[peer]?.length ?? 0, reason: "It died." })),
  );
}

const withPeer = (result: ReturnType<typeof row>, peer: Peer) =>
  result.comparisons.find((comparison) => comparison.peer === peer);
const outcomes = (result: ReturnType<typeof row>) => verdictsOf([result]).map(({ outcome }) => outcome);
const same = (given: Given) => [given, given, given];

describe("a goal", () => {
  test("compares each round with its own: a machine that slows down between rounds changes no ratio", () => {
    const result = row("root", {
      cloudy: [{ perSecond: 800 }, { perSecond: 400 }, { perSecond: 80 }],
      express: [{ perSecond: 400 }, { perSecond: 200 }, { perSecond: 40 }],
      "node:http": [{ perSecond: 1000 }, { perSecond: 500 }, { perSecond: 100 }],
    });
    expect(withPeer(result, "node:http")?.throughput).toEqual({ median: 0.8, min: 0.8, max: 0.8 });
    expect(withPeer(result, "express")?.throughput.median).toBe(2);
    expect(outcomes(result)).toEqual(["held", "held"]);
  });

  test("is missed just below it and held at it", () => {
    const at = (perSecond: number) =>
      outcomes(
        row("root", {
          cloudy: same({ perSecond }),
          express: same({ perSecond: 1 }),
          "node:http": same({ perSecond: 100 }),
        }),
      )[0];
    expect([at(79), at(80)]).toEqual(["missed", "held"]);
  });

  test("is held by throughput and by CPU time, or not at all", () => {
    const result = row("list", {
      // As fast as the floor, but only because the floor was idle half of the time.
      cloudy: same({ perSecond: 100, cpu: 1 }),
      express: same({ perSecond: 50, cpu: 1 }),
      "http-pg": same({ perSecond: 100, cpu: 1 }),
      pg: same({ perSecond: 100, cpu: 0.5 }),
    });
    expect(withPeer(result, "pg")).toMatchObject({ throughput: { median: 1 }, cpu: { median: 0.5 }, value: 0.5 });
    expect(outcomes(result)).toEqual(["missed", "held"]);
  });

  test("is decided by CPU time alone when other programs used the servers' core", () => {
    const result = row("list", {
      cloudy: same({ perSecond: 50, cpu: 0.5, others: 0.5 }),
      express: same({ perSecond: 50, cpu: 1 }),
      "http-pg": same({ perSecond: 50, cpu: 1 }),
      pg: same({ perSecond: 100, cpu: 1 }),
    });
    expect(result.othersShare).toBeCloseTo(0.5 / 4);
    expect(outcomes(result)).toEqual(["held", "held"]);
  });

  test("is decided by throughput alone where CPU time is not what limits it, and by nothing when that was disturbed", () => {
    const commit = (others: number) =>
      outcomes(
        row("commit", {
          cloudy: same({ perSecond: 90, cpu: 0.6, others }),
          express: same({ perSecond: 80, cpu: 0.5, others }),
          pg: same({ perSecond: 100, cpu: 0.3, others }),
        }),
      );
    // Others do not matter as long as there is time left for all.
    expect([commit(0), commit(0.3), commit(0.5)]).toEqual([
      ["held", "held"],
      ["held", "held"],
      ["void", "void"],
    ]);
  });

  test("is void when the generator was saturated in most rounds while the server was not", () => {
    const fast: Given = { perSecond: 100, cpu: 0.7, generator: 0.99 };
    const rounds = (floor: readonly Given[]) =>
      row("root", { cloudy: same({ perSecond: 90 }), express: same({ perSecond: 50 }), "node:http": floor });
    expect(outcomes(rounds([fast, fast, { perSecond: 100 }]))).toEqual(["void", "void"]);
    expect(outcomes(rounds([fast, { perSecond: 100 }, { perSecond: 100 }]))).toEqual(["held", "held"]);
    expect(outcomes(rounds(same({ perSecond: 100, cpu: 0.95, generator: 0.99 })))).toEqual(["held", "held"]);
  });
});

describe("a peer that was given up", () => {
  const measured = { cloudy: same({ perSecond: 90 }), "node:http": same({ perSecond: 100 }) };

  test("voids what it is compared for, and nothing else; its rounds so far are paired with the same ones", () => {
    const express: readonly Given[] = [{ perSecond: 30 }, { perSecond: 45 }];
    const result = row("root", { ...measured, express }, ["express"]);
    expect(outcomes(result)).toEqual(["held", "void"]);
    expect(withPeer(result, "express")?.throughput).toEqual({ median: 2.5, min: 2, max: 3 });
    expect(result.peers.map(({ peer, rounds }) => [peer, rounds.length])).toEqual([
      ["cloudy", 3],
      ["express", 2],
      ["node:http", 3],
    ]);
  });

  test("has no figures when none of its windows gave one, and Cloudy takes the whole row with it", () => {
    const without = (peer: Peer) => row("root", { ...measured, express: same({ perSecond: 30 }), [peer]: [] }, [peer]);
    expect(outcomes(without("node:http"))).toEqual(["void", "held"]);
    expect(outcomes(without("cloudy"))).toEqual(["void", "void"]);
    expect(without("cloudy").comparisons).toEqual([]);
    const healthz = row("healthz", { express: [{ perSecond: 1, health_ms: [400] }] }, ["cloudy"]);
    expect(verdictsOf([healthz]).map(({ outcome, measured }) => [outcome, measured])).toEqual([
      ["void", "nothing"],
      ["void", "nothing"],
    ]);
  });

  test("makes the exit code 1, goals or not", () => {
    const givenUp = [{ row: "root", peer: "flask", round: 0, reason: "It died." }] as const;
    const verdict = (outcome: Outcome) => [{ goal: "", measured: "", outcome }];
    expect(exitCodeOf({ givenUp, verdicts: verdict("held") }, false)).toBe(1);
    expect(exitCodeOf({ givenUp: [], verdicts: verdict("missed") }, false)).toBe(0);
    expect(exitCodeOf({ givenUp: [], verdicts: verdict("missed") }, true)).toBe(1);
    expect(exitCodeOf({ givenUp: [], verdicts: verdict("held") }, true)).toBe(0);
  });
});

test("a tie with Express is not ahead of it, and not behind", () => {
  const against = (perSecond: number) =>
    outcomes(
      row("load", { cloudy: same({ perSecond }), express: same({ perSecond: 100 }), loop: same({ perSecond }) }),
    );
  expect([97, 99, 100, 101, 103].map(against)).toEqual([
    ["held", "missed"],
    ["held", "tie"],
    ["held", "tie"],
    ["held", "tie"],
    ["held", "held"],
  ]);
});

test("the p99 of /healthz is that of all rounds together, against the limit and against Express", () => {
  const quiet = Array.from({ length: 99 }, () => 2);
  const given = (worst_ms: number, theirs_ms: number) =>
    row("healthz", {
      cloudy: [
        { perSecond: 10, health_ms: [...quiet, worst_ms] },
        { perSecond: 10, health_ms: [...quiet, worst_ms, worst_ms] },
      ],
      express: [
        { perSecond: 10, health_ms: [theirs_ms] },
        { perSecond: 10, health_ms: [theirs_ms] },
      ],
    });
  expect(given(20, 400).peers[0]?.health).toMatchObject({ p50_ms: 2, p99_ms: 20, requests: 201 });
  expect(outcomes(given(20, 400))).toEqual(["held", "held"]);
  expect(outcomes(given(20, 399))).toEqual(["held", "missed"]);
  expect(outcomes(given(31, 10_000))).toEqual(["missed", "held"]);
});
