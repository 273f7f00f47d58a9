import { describe, expect, test } from "vitest";
import { judgeOrder } from "../src/protocol/orders.ts";
import type { Event } from "../src/protocol/state.ts";
import { statusOf } from "../src/protocol/status.ts";
import { step } from "../src/protocol/step.ts";
import { after, crash, held, read, released, running, standingBy } from "./step-events.ts";

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
