import { expect, test } from "vitest";
import type { Sample } from "../src/driver-contract.ts";
import { createProgress } from "../src/progress.ts";
import { type Field, measureRounds, type Rounds } from "../src/rounds.ts";
import { type Peer, ROWS, type Row, type RowKey } from "../src/rows.ts";
import { placeOf, type Turn } from "../src/voids.ts";

const SAMPLE: Sample = {
  cost: { seconds: 1, cores_s: 1, cpu_s: 1, others_s: 0, driver_cpu_s: 0, driver_waited_s: 0 },
  completed: 1,
  perSecond: 1,
  doneInAll: 1,
  unexpected: {},
  latency: undefined,
  health_ms: [],
};

const rowOf = (key: RowKey, ...peers: readonly Peer[]): Row => ({ ...ROWS.find((row) => row.key === key)!, peers });
const ROOT = rowOf("root", "cloudy", "express");
const LOAD = rowOf("load", "cloudy", "loop");

/** `reasonOf` says why a window of a turn is void, by how often it has been tried. */
async function run(options: {
  readonly reasonOf: (turn: Turn, tries: number) => string | undefined;
  readonly rows?: readonly Row[];
  readonly rounds?: number;
  readonly isFinal?: (error: unknown) => boolean;
  readonly heal?: (turn: Turn) => Promise<void>;
}) {
  const { reasonOf, rows = [ROOT, LOAD], rounds = 2, isFinal = () => false, heal = async () => {} } = options;
  const log: string[] = [];
  const said: string[] = [];
  const tries = new Map<string, number>();
  const name = ({ row, peer, round }: Turn) => `${row.key} ${peer} ${round}`;
  const field: Field = {
    warmUp: async (turn) => {
      if (turn.round === "before") log.push(`warm ${name(turn)}`);
    },
    measure: async (turn) => {
      const count = (tries.get(name(turn)) ?? 0) + 1;
      tries.set(name(turn), count);
      const reason = reasonOf(turn, count);
      log.push(`${reason === undefined ? "measure" : "void"} ${name(turn)}`);
      if (reason !== undefined) throw new Error(reason);
      return SAMPLE;
    },
    heal: async (turn) => {
      log.push(`heal ${name(turn)}`);
      await heal(turn);
    },
    isFinal,
  };
  const progress = createProgress({ write: (text) => said.push(text), isLive: false, now_ms: () => 0 });
  const shown: Rounds[] = [];
  const plan = { rows, rounds, warmUp_ms: 6000, window_ms: 2500 };
  const ended = (async () => {
    for await (const latest of measureRounds(field, plan, progress)) shown.push(latest);
  })();
  const error = await ended.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const measured = (rounds: Rounds | undefined) => rounds?.measurements.map((one) => name(one)) ?? [];
  return { log, said, shown, last: shown.at(-1), measured, error };
}

test("a window without an answer is void and tried again, and the run goes on", async () => {
  const reason = "GET /load of loop gave no answer in the window: give more --seconds.";
  const isVoid = ({ peer, round }: Turn, tries: number) => peer === "loop" && round === 1 && tries === 1;
  const { log, last, measured, error } = await run({
    reasonOf: (turn, tries) => (isVoid(turn, tries) ? reason : undefined),
  });
  expect(error).toBeUndefined();
  const at = log.indexOf("void load loop 1");
  expect(log.slice(at, at + 3)).toEqual(["void load loop 1", "heal load loop 1", "measure load loop 1"]);
  expect(measured(last)).toHaveLength(8);
  expect(last?.voids).toEqual([{ row: "load", peer: "loop", round: 1, reason }]);
  expect(last?.givenUp).toEqual([]);
});

test("where the windows stay void that peer is given up in that row, and all others stand", async () => {
  const { log, last, measured } = await run({
    rounds: 3,
    reasonOf: ({ peer, round }) => (peer === "express" && round === 1 ? "Express ended with SIGKILL:" : undefined),
  });
  // Once and twice again.
  expect(log.filter((line) => line === "void root express 1")).toHaveLength(3);
  expect(log).not.toContain("measure root express 2");
  expect(last?.givenUp.map(placeOf)).toEqual(["GET / of Express 5, round 2"]);
  expect(last?.rounds).toBe(3);
  expect(measured(last).filter((one) => one.includes("express"))).toEqual(["root express 0"]);
  expect(measured(last).filter((one) => !one.includes("express"))).toHaveLength(9);
});

test("without Cloudy nobody is measured in a row: there would be nothing to compare", async () => {
  const { log } = await run({
    reasonOf: ({ row, peer }) => (row.key === "root" && peer === "cloudy" ? "no" : undefined),
  });
  expect(log.filter((line) => line.startsWith("measure root"))).toEqual([]);
  expect(log.filter((line) => line.startsWith("measure load"))).toHaveLength(4);
});

test("a row that fails now and again is tried again six times in all", async () => {
  const { log, last } = await run({
    rounds: 10,
    rows: [ROOT],
    reasonOf: ({ peer }, tries) => (peer === "express" && tries === 1 ? "now and again" : undefined),
  });
  expect(log.filter((line) => line.startsWith("heal"))).toHaveLength(6);
  expect(last?.givenUp).toEqual([{ row: "root", peer: "express", round: 6, reason: "now and again" }]);
});

test("who can't be started anew makes the next try void, too", async () => {
  const { last, error } = await run({
    reasonOf: ({ peer }) => (peer === "loop" ? "died" : undefined),
    heal: () => Promise.reject(new Error("could not be started")),
  });
  expect(error).toBeUndefined();
  expect(last?.voids.map(({ reason }) => reason)).toEqual(["died", "could not be started", "could not be started"]);
});

test("each round is shown as it ends, and stays when a later one ends the run", async () => {
  const lost = "users were lost";
  const { shown, measured, error } = await run({
    rounds: 3,
    reasonOf: ({ peer, round }) => (peer === "loop" && round === 2 ? lost : undefined),
    isFinal: (reason) => reason instanceof Error && reason.message === lost,
  });
  expect(error).toEqual(new Error(lost));
  expect(shown.map((rounds) => [rounds.rounds, measured(rounds).length])).toEqual([
    [1, 4],
    [2, 8],
  ]);
});

test("progress tells the time that is left from the first line on, and each void window as it comes", async () => {
  const { said } = await run({
    reasonOf: ({ peer, round }, tries) => (peer === "loop" && round === 1 && tries === 1 ? "It died." : undefined),
  });
  expect(said).toEqual([
    // 4 × (6 + 2 × 2.5) s
    "warming up, 44 s left\n",
    "round 1 of 2, 0 s left\n",
    "round 2 of 2, 0 s left\n",
    "void: GET /load of bare loop, round 2: It died. Repeated.\n",
    "",
  ]);
});
