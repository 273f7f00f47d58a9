import { describe, expect, test } from "vitest";
import { judgeOrder } from "../src/orders.ts";
import { type AgentState, type Effect, type Epoch, type Event, initialState, type Shared } from "../src/state.ts";
import { statusOf } from "../src/status.ts";
import { step } from "../src/step.ts";
import { judgeGrant } from "../src/succession.ts";

const held = (number: number, holder: string): Epoch => ({ number, holder, token: `t${number}`, released: false });
const released = (number: number, holder: string): Epoch => ({ ...held(number, holder), released: true });
const see = (epoch: Epoch | undefined, more: Partial<Shared> = {}): Shared => ({
  epoch,
  dataVersion: epoch === undefined ? undefined : "17",
  initialized: epoch !== undefined,
  restored: false,
  system: epoch === undefined ? { data: undefined, recorded: undefined } : { data: "7", recorded: "7" },
  ...more,
});
const read = (order: number, epoch: Epoch | undefined, more: Partial<Shared> = {}): Event => ({
  kind: "shared-read",
  order,
  seen: see(epoch, more),
});

/** Runs the events through the core and returns the state and the sentences of what it wants done since the last event. */
function after(...events: readonly Event[]): { state: AgentState; wants: readonly string[] } {
  let state = initialState("i-me", "17");
  let effects: readonly Effect[] = [];
  for (const event of events) [state, effects] = step(state, event);
  return { state, wants: effects.map(sentence) };
}

function sentence(effect: Effect): string {
  const what = "number" in effect ? ` ${effect.number}` : "epoch" in effect ? ` ${effect.epoch}` : "";
  const how = "how" in effect ? ` ${effect.how}` : "";
  return `${effect.do}${what}${how}${"because" in effect ? `: ${effect.because}` : ""}`;
}

const FIT: Event = { kind: "fitness", unfit: [] };
const LOCK: Event = { kind: "lock-acquired", order: 1 };
const standingBy = (epoch: Epoch | undefined, more: Partial<Shared> = {}): readonly Event[] => [
  { kind: "started" },
  FIT,
  LOCK,
  read(1, epoch, more),
];
const running = (epoch: number): readonly Event[] => [
  ...standingBy(epoch === 1 ? undefined : released(epoch - 1, "i-other")),
  { kind: "epoch-made", epoch: held(epoch, "i-me") },
];
/** The crash number `n`: the postmaster goes, then its last process, then the shared directory is looked at. */
const crash = (n: number): readonly Event[] => [
  { kind: "postgres-exited", how: "SIGKILL" },
  { kind: "lock-acquired", order: n * 10 },
  read(n * 10, held(1, "i-me")),
];

describe("step: taking an epoch", () => {
  test.each([
    ["no epoch yet", undefined, ["make-epoch 1: no epoch exists yet"]],
    ["released by another", released(4, "i-other"), ["make-epoch 5: i-other released epoch 4"]],
    ["released by itself", released(4, "i-me"), ["make-epoch 5: i-me released epoch 4"]],
    ["held by another", held(4, "i-other"), []],
    [
      "held by a former life of this agent",
      held(4, "i-me"),
      ["make-epoch 5: it holds epoch 4 and no process of it is left"],
    ],
  ])("D4: %s", (_, epoch, wants) => {
    expect(after(...standingBy(epoch)).wants).toEqual(wants);
  });

  test("D4: nothing is decided on a look that began before the lock was held", () => {
    expect(after({ kind: "started" }, FIT, { kind: "lock-acquired", order: 5 }, read(4, undefined)).wants).toEqual([]);
    expect(after({ kind: "started" }, FIT, { kind: "lock-acquired", order: 5 }, read(5, undefined)).wants).toHaveLength(
      1,
    );
  });

  test("D4: nothing is made while orphans hold the lock, not even with the epoch its own", () => {
    const { state, wants } = after(
      { kind: "started" },
      FIT,
      { kind: "lock-held-by-orphans" },
      read(1, held(1, "i-me")),
    );
    expect(wants).toEqual([]);
    expect(statusOf(state)).toMatchObject({ role: "primary", postgres: "starting" });
  });

  test("D4: one change of the directory at a time", () => {
    expect(after(...standingBy(undefined), read(2, undefined)).wants).toEqual([]);
  });

  test("D4: the lost race for an epoch leads to another look, not to a start", () => {
    expect(after(...standingBy(undefined), { kind: "epoch-not-made" }).wants).toEqual(["read-shared"]);
    expect(after(...standingBy(undefined), { kind: "epoch-not-made" }, read(2, held(1, "i-other"))).wants).toEqual([]);
  });

  test("D4: postgres starts only in an epoch that this process made", () => {
    expect(after(...running(1)).wants).toEqual(["start-postgres 1: made epoch 1"]);
  });

  test("D4: an unfit standby leaves a released epoch alone", () => {
    const { state, wants } = after(...standingBy(released(4, "i-other"), { dataVersion: "16" }));
    expect(wants).toEqual([]);
    expect(statusOf(state).notReady).toEqual([
      "the data directory is of PostgreSQL 16, the binaries are of 17: deploy postgresMajor 16",
    ]);
  });

  test.each([
    [{ dataVersion: undefined }, "pgdata was initialized once and is missing now: restore it, it is never made anew"],
    [
      { system: { data: "8", recorded: "7" } },
      "pgdata is of the database system 8, but 7 was put in place here: put that back, or restore a backup",
    ],
  ])(
    "D4: with missing or foreign data the epoch is taken, so that a restore can be ordered, but not postgres started (%o)",
    (data, because) => {
      const standby = after(...standingBy(released(4, "i-other"), data));
      expect(statusOf(standby.state)).toMatchObject({ ready: false, notReady: [because] });
      expect(standby.wants).toEqual(["make-epoch 5: i-other released epoch 4"]);
      const holder = after(
        ...standingBy(released(4, "i-other"), data),
        { kind: "epoch-made", epoch: held(5, "i-me") },
        read(2, held(5, "i-me"), data),
      );
      expect(holder.wants).toEqual([]);
      expect(statusOf(holder.state)).toMatchObject({ role: "primary", notReady: ["its role is primary", because] });
      expect(step(holder.state, read(3, held(5, "i-me")))[1].map(sentence)).toEqual(["start-postgres 5: made epoch 5"]);
    },
  );

  test("D4: nothing is decided on an epoch that is not readable; the status says why", () => {
    const unreadable: Event = { kind: "shared-unreadable", because: "epoch-4.json is not the record", answered: true };
    const { state, wants } = after({ kind: "started" }, FIT, LOCK, unreadable);
    expect(wants).toEqual([]);
    expect(statusOf(state).notReady).toEqual(["epoch-4.json is not the record"]);
    expect(step(state, { kind: "stop-requested" })[1].map(sentence)).toEqual(["exit: no process of postgres is left"]);
    const running5 = after(...running(5), unreadable);
    expect(running5.wants).toEqual([]);
    expect(step(running5.state, { kind: "postgres-exited", how: "SIGKILL" })[1].map(sentence)).toEqual(["take-lock"]);
  });

  test("D4: data without epochs is nobody's", () => {
    const { wants, state } = after({ kind: "started" }, FIT, LOCK, read(1, undefined, { dataVersion: "17" }));
    expect(wants).toEqual([]);
    expect(statusOf(state).notReady).toEqual([
      "pgdata exists but no epoch does: restore epochs/ together with pgdata/",
    ]);
  });
});

describe("step: grants", () => {
  const grant = { epoch: 4, deadHolder: "i-other", successor: "i-me" };
  test("D4: a grant for the current epoch makes the next one", () => {
    const { wants } = after(...standingBy(held(4, "i-other")), { kind: "grant", grant });
    expect(wants).toEqual(["make-epoch 5: i-other, the holder of epoch 4, is terminated"]);
  });

  test.each([
    [{ epoch: 3 }, "the grant is for epoch 3, the current one is 4"],
    [{ epoch: 5 }, "the grant is for epoch 5, the current one is 4"],
    [{ deadHolder: "i-third" }, "the grant calls i-third dead, epoch 4 is held by i-other"],
    [{ successor: "i-third" }, "the grant is for i-third, this is i-me"],
  ])("D4: any other grant changes nothing (%o)", (change, because) => {
    const { state } = after(...standingBy(held(4, "i-other")));
    expect(judgeGrant(state, { ...grant, ...change })).toEqual({ accepted: false, because });
    expect(step(state, { kind: "grant", grant: { ...grant, ...change } })).toEqual([state, []]);
  });

  test("D4: a grant is forgotten with its epoch", () => {
    const unfit: Event = { kind: "fitness", unfit: ["busy"] };
    const events = [...standingBy(held(4, "i-other")), unfit, { kind: "grant", grant } as const];
    expect(after(...events).state.grant).toEqual(grant);
    expect(after(...events, read(2, held(5, "i-third")), FIT).wants).toEqual([]);
  });
});

describe("step: a running postgres", () => {
  test("D4: a crash is answered by a start in the same epoch, once its last process is gone", () => {
    const exited: Event = { kind: "postgres-exited", how: "SIGKILL" };
    expect(after(...running(1), exited).wants).toEqual(["take-lock"]);
    expect(after(...running(1), exited, read(8, held(1, "i-me"))).wants).toEqual([]);
    expect(after(...running(1), ...crash(1)).wants).toEqual(["start-postgres 1: still holds epoch 1"]);
  });

  test("D4: the fourth crash in a row releases the epoch and rests", () => {
    const crashes = [...crash(1), ...crash(2), ...crash(3)];
    expect(after(...running(1), ...crashes).wants).toEqual(["start-postgres 1: still holds epoch 1"]);
    const fourth = after(...running(1), ...crashes, ...crash(4));
    expect(fourth.state).toMatchObject({ pending: "release", ownEpoch: undefined });
    const rest = after(
      ...running(1),
      ...crashes,
      ...crash(4),
      { kind: "epoch-released" },
      read(50, released(1, "i-me")),
    );
    expect(rest.wants).toEqual(["rest: leaves the next epoch to another instance"]);
    const [, wants] = step(rest.state, { kind: "rest-over" });
    expect(wants.map(sentence)).toEqual(["make-epoch 2: i-me released epoch 1"]);
  });

  test("D4: a postgres that proved stable has its crashes forgotten", () => {
    const stable: Event = { kind: "postgres-stable" };
    expect(after(...running(1), ...crash(1), ...crash(2), ...crash(3), stable, ...crash(4)).wants).toEqual([
      "start-postgres 1: still holds epoch 1",
    ]);
  });

  test.each([
    [held(2, "i-other"), "epoch 2 is held by i-other"],
    [released(1, "i-me"), "epoch 1 is released"],
    [held(2, "i-me"), "the shared directory shows epoch 2, postgres was started in epoch 1"],
    [undefined, "the shared directory shows no epoch any more"],
  ])("D4: superseded, it stops at once (%o)", (epoch, because) => {
    expect(after(...running(1), read(5, epoch)).wants).toEqual([`stop-postgres immediate: ${because}`]);
  });

  test("D4: a file system that is away ends postgres at once; the epoch is released as soon as it can be", () => {
    const away = [...running(1), { kind: "file-system-unreachable" }] as const;
    expect(after(...away).wants).toEqual(["stop-postgres immediate: the shared file system does not answer"]);
    expect(after(...away, { kind: "postgres-hung" }).wants).toEqual([]);
    expect(statusOf(after(...away).state)).toMatchObject({ fileSystem: "unreachable", postgres: "stopping" });
    const back = after(...away, { kind: "postgres-exited", how: "SIGQUIT" }, LOCK);
    expect(back.wants).toEqual(["read-shared", "release-epoch 1: the shared file system does not answer"]);
  });

  test("D4: a file system that goes away during a fast shutdown makes it an immediate one", () => {
    expect(after(...running(1), { kind: "stop-requested" }, { kind: "file-system-unreachable" }).wants).toEqual([
      "stop-postgres immediate: the shared file system does not answer",
    ]);
  });

  test("D4: a standby and a crashed postgres just wait for the file system", () => {
    expect(after(...standingBy(held(4, "i-other")), { kind: "file-system-unreachable" }).wants).toEqual([]);
    const gone = [
      ...running(1),
      { kind: "postgres-exited", how: "SIGKILL" },
      { kind: "lock-acquired", order: 5 },
    ] as const;
    const waiting = after(...gone, { kind: "file-system-unreachable" });
    expect(waiting.wants).toEqual([]);
    expect(step(waiting.state, read(9, held(1, "i-me")))[1].map(sentence)).toEqual([
      "start-postgres 1: still holds epoch 1",
    ]);
  });

  test("D4: a hung postgres on a healthy file system is stopped and counts as a crash", () => {
    const { state, wants } = after(...running(1), read(3, held(1, "i-me")), { kind: "postgres-hung" });
    expect(wants).toEqual(["stop-postgres immediate: postgres does not answer"]);
    expect(state.crashes).toBe(1);
  });
});

describe("step: orders", () => {
  const stepDown = { order: "step-down", epoch: 1, holder: "i-me" } as const;
  const restore = {
    order: "restore",
    epoch: 1,
    holder: "i-me",
    backup: "20260102T030405Z-e1",
    targetTime: null,
  } as const;
  const RESTORE: Event = { kind: "order", order: restore };
  const absent = (order: number): readonly Event[] => [
    { kind: "postgres-exited", how: "0" },
    { kind: "lock-acquired", order },
  ];

  test("D6: ordered to step down, the holder stops fast, releases and rests", () => {
    const events: readonly Event[] = [...running(1), { kind: "order", order: stepDown }];
    expect(after(...events).wants).toEqual(["stop-postgres fast: it was ordered to step down"]);
    const gone = [...events, ...absent(5)];
    expect(after(...gone).wants).toEqual(["read-shared", "release-epoch 1: it was ordered to step down"]);
    const rest = after(...gone, { kind: "epoch-released" }, read(6, released(1, "i-me")));
    expect(rest.wants).toEqual(["rest: leaves the next epoch to another instance"]);
    expect(statusOf(rest.state).notReady).toEqual(["it stepped down a moment ago: it was ordered to step down"]);
    expect(step(rest.state, read(7, held(2, "i-other")))[1]).toEqual([]);
  });

  test.each([
    [{ epoch: 2 }, "the order is for epoch 2, the current one is 1"],
    [{ holder: "i-other" }, "the order is for i-other, this is i-me"],
  ])("D6: an order for another epoch or holder does nothing (%o)", (change, because) => {
    const { state } = after(...running(1));
    const order = { ...stepDown, ...change };
    expect(judgeOrder(state, order)).toEqual({ accepted: false, because });
    expect(step(state, { kind: "order", order })).toEqual([state, []]);
  });

  test("D6: a repeated order does nothing, neither while it is carried out nor afterwards", () => {
    const order = { kind: "order", order: stepDown } as const;
    const once = after(...running(1), order).state;
    expect(step(once, order)).toEqual([once, []]);
    const done = after(
      ...running(1),
      order,
      ...absent(5),
      { kind: "epoch-released" },
      read(6, released(1, "i-me")),
    ).state;
    expect(judgeOrder(done, stepDown)).toEqual({ accepted: false, because: "epoch 1 is released" });
  });

  test("a restore: stop, restore with the lock in hand, start in the same epoch", () => {
    expect(after(...running(1), RESTORE).wants).toEqual(["stop-postgres fast: 20260102T030405Z-e1 is to be restored"]);
    const events = [...running(1), RESTORE, ...absent(5), read(5, held(1, "i-me"))];
    expect(after(...events).wants).toEqual(["restore-data: 20260102T030405Z-e1 was ordered"]);
    expect(after(...events, read(6, held(1, "i-me"))).wants).toEqual([]);
    expect(after(...events, { kind: "restored" }, read(6, held(1, "i-me"))).wants).toEqual([
      "start-postgres 1: made epoch 1",
    ]);
  });

  test("a restore of missing data needs no postgres to be stopped", () => {
    const missing = [...running(1), ...absent(5), read(5, held(1, "i-me"), { dataVersion: undefined })];
    expect(after(...missing).wants).toEqual([]);
    expect(after(...missing, RESTORE).wants).toEqual(["restore-data: 20260102T030405Z-e1 was ordered"]);
  });

  test("a restore that failed starts what is there, and the status says why it failed", () => {
    const events = [...running(1), RESTORE, ...absent(5), read(5, held(1, "i-me"))];
    const failed = after(...events, { kind: "not-restored", because: "no such backup" }, read(6, held(1, "i-me")));
    expect(failed.wants).toEqual(["start-postgres 1: made epoch 1"]);
    expect(failed.state.restoreFailure).toBe("no such backup");
  });

  test("a restore that was interrupted in its last step is finished by the next holder, not started upon", () => {
    const half = { dataVersion: "17", restored: true, system: { data: "8", recorded: "7" } };
    const events = [
      ...standingBy(released(4, "i-other"), half),
      { kind: "epoch-made", epoch: held(5, "i-me") } as const,
    ];
    expect(after(...standingBy(released(4, "i-other"), half)).wants).toEqual([
      "make-epoch 5: i-other released epoch 4",
    ]);
    expect(after(...events).wants).toEqual(["restore-data: a restore was interrupted"]);
  });

  test("an order is forgotten with its epoch: what this instance holds later is not restored", () => {
    const crashed = [...running(1), ...crash(1), ...crash(2), ...crash(3)];
    const leaving = [...crashed, RESTORE, { kind: "postgres-exited", how: "SIGKILL" } as const, ...crash(4)];
    expect(after(...leaving, { kind: "epoch-released" }).state.restore).toBeUndefined();
    expect(after(...running(1), RESTORE, read(5, held(2, "i-other"))).state.restore).toBeUndefined();
  });

  test("an order that comes while an interrupted restore is being finished is refused, not lost", () => {
    const half = { dataVersion: "17", restored: true, system: { data: "8", recorded: "7" } };
    const { state } = after(...standingBy(released(4, "i-me"), half), { kind: "epoch-made", epoch: held(5, "i-me") });
    expect(judgeOrder(state, { ...restore, epoch: 5 })).toEqual({
      accepted: false,
      because: "a restore is being finished: try again",
    });
  });

  test("asked to stop during a restore, it ends the restore, releases and exits", () => {
    const events: readonly Event[] = [...running(1), RESTORE, ...absent(5), read(5, held(1, "i-me"))];
    const stopped = [...events, { kind: "stop-requested" } as const];
    expect(after(...stopped).wants).toEqual(["cancel-restore: the agent was asked to stop"]);
    const ended = after(...stopped, { kind: "not-restored", because: "cancelled" });
    expect(ended.wants).toEqual(["read-shared", "release-epoch 1: the agent was asked to stop"]);
  });
});

describe("step: stopping", () => {
  const STOP: Event = { kind: "stop-requested" };
  test("D6: stop, wait for the last process, release, exit", () => {
    const events = [...running(1), STOP];
    expect(after(...events).wants).toEqual(["stop-postgres fast: the agent was asked to stop"]);
    expect(after(...events, { kind: "postgres-exited", how: "0" }).wants).toEqual(["take-lock"]);
    const gone = [...events, { kind: "postgres-exited", how: "0" } as const, LOCK];
    expect(after(...gone).wants).toEqual(["read-shared", "release-epoch 1: the agent was asked to stop"]);
    const done = after(...gone, { kind: "epoch-released" }, read(9, released(1, "i-me")));
    expect(done.wants).toEqual(["exit: no process of postgres is left"]);
    expect(step(done.state, STOP)[1]).toEqual([]);
  });

  test("D4: a release that failed is tried again", () => {
    const gone = [...running(1), STOP, { kind: "postgres-exited", how: "0" } as const, LOCK];
    const again = after(...gone, { kind: "epoch-not-released" }, read(9, held(1, "i-me")));
    expect(again.wants).toEqual(["release-epoch 1: the agent was asked to stop"]);
  });

  test("D4: asked to stop while its epoch is being made, it releases that epoch without a start", () => {
    const events = [...standingBy(undefined), STOP, { kind: "epoch-made", epoch: held(1, "i-me") } as const];
    expect(after(...events).wants).toEqual(["release-epoch 1: the agent was asked to stop"]);
  });

  test("a standby exits at once", () => {
    expect(after(...standingBy(held(1, "i-other")), STOP).wants).toEqual(["exit: no process of postgres is left"]);
  });

  test("orphans are stopped like an own postgres", () => {
    const events: Event[] = [{ kind: "started" }, { kind: "lock-held-by-orphans" }, read(1, held(1, "i-me")), STOP];
    expect(after(...events).wants).toEqual(["stop-postgres fast: the agent was asked to stop"]);
    expect(after(...events, { kind: "lock-acquired", order: 2 }).wants).toContain(
      "release-epoch 1: the agent was asked to stop",
    );
  });
});
