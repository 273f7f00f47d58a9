import { describe, expect, test } from "vitest";
import { SECRETS_MISSING } from "../src/protocol/means.ts";
import { restTime_ms } from "../src/protocol/rest.ts";
import type { Event } from "../src/protocol/state.ts";
import { statusOf } from "../src/protocol/status.ts";
import { step } from "../src/protocol/step.ts";
import { judgeGrant } from "../src/protocol/succession.ts";
import { after, crash, FIT, held, LOCK, read, released, running, sentence, standingBy } from "./step-events.ts";

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

describe("step: a holder without its means", () => {
  const UNFIT: Event = { kind: "fitness", unfit: [SECRETS_MISSING] };
  const restarted: readonly Event[] = [{ kind: "started" }, UNFIT, LOCK, read(1, held(4, "i-me"))];

  test("D4: makes no epoch in which it could not start, and releases the one it has when it has waited", () => {
    const { state, wants } = after(...restarted);
    expect(wants).toEqual([]);
    expect(statusOf(state)).toMatchObject({ role: "primary", unfit: [SECRETS_MISSING] });
    const late = after(...restarted, { kind: "unfit-overdue" });
    expect(late.wants).toEqual(["release-epoch 4: it may not start postgres: its secrets are not loaded yet"]);
    const rest = after(
      ...restarted,
      { kind: "unfit-overdue" },
      { kind: "epoch-released" },
      read(2, released(4, "i-me")),
    );
    expect(rest.wants).toEqual(["rest: leaves the next epoch to another instance"]);
    expect(step(rest.state, { kind: "rest-over" })[1]).toEqual([]);
  });

  test("D4: goes on as before once it has them, however late", () => {
    expect(after(...restarted, FIT).wants).toEqual(["make-epoch 5: it holds epoch 4 and no process of it is left"]);
    expect(after(...restarted, FIT, { kind: "unfit-overdue" }).wants).toEqual([]);
  });

  test("D4: a postgres that serves goes on without them", () => {
    expect(after(...running(1), UNFIT, { kind: "unfit-overdue" }).wants).toEqual([]);
  });

  test("D4: a certificate that has ended is told, but keeps nobody from serving", () => {
    const ended = { code: "certificate-ended", because: "ended" } as const;
    const standby = after(...standingBy(held(4, "i-other")), { kind: "fitness", unfit: [ended] }).state;
    expect(statusOf(standby)).toMatchObject({ ready: true, unfit: [ended] });
    expect(step(standby, read(2, released(4, "i-other")))[1].map(sentence)).toEqual([
      "make-epoch 5: i-other released epoch 4",
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
    const unfit: Event = { kind: "fitness", unfit: [SECRETS_MISSING] };
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

  test("D4: each epoch in a row that was given up for crashes makes the rest longer, up to two minutes", () => {
    const crashes = [...crash(1), ...crash(2), ...crash(3), ...crash(4)];
    const events: Event[] = [...running(1), ...crashes];
    const rests: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      events.push({ kind: "epoch-released" }, read(50, released(1, "i-me")));
      rests.push(restTime_ms(after(...events).state.futile));
      events.push({ kind: "rest-over" }, { kind: "epoch-made", epoch: held(1, "i-me") }, ...crashes);
    }
    expect(rests).toEqual([30_000, 60_000, 120_000, 120_000, 120_000]);
    expect(after(...events, { kind: "postgres-stable" }).state.futile).toBe(0);
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
