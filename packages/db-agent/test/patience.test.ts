import { expect, test } from "vitest";
import { LEAVE_MS_MAX, STOP_MS_MAX, UNFIT_MS_MAX } from "../src/constants.ts";
import { judgeMeans, SECRETS_MISSING } from "../src/protocol/means.ts";
import { Patience } from "../src/protocol/patience.ts";
import type { Event } from "../src/protocol/state.ts";
import { statusOf } from "../src/protocol/status.ts";
import { step } from "../src/protocol/step.ts";
import { after, FIT, held, LOCK, read, running } from "./step-events.ts";

test("D4: a holder that lacks its means is told so once, after its time, and not when it had them meanwhile", () => {
  const unfit: Event[] = [
    { kind: "started" },
    { kind: "fitness", unfit: [SECRETS_MISSING] },
    LOCK,
    read(1, held(4, "i-me")),
  ];
  const { state } = after(...unfit);
  const patience = new Patience();
  expect(patience.look(state, 1_000)).toBeUndefined();
  expect(patience.runsIn(state)).toBe(true);
  expect(patience.look(state, 1_000 + UNFIT_MS_MAX - 1)).toBeUndefined();
  expect(patience.look(state, 1_000 + UNFIT_MS_MAX)).toEqual({ kind: "unfit-overdue" });
  expect(patience.look(state, 1_000 + 2 * UNFIT_MS_MAX)).toBeUndefined();
  expect(patience.runsIn(state)).toBe(false);
  patience.look(after(...unfit, FIT).state, 100_000);
  expect(patience.look(state, 100_000 + UNFIT_MS_MAX)).toBeUndefined();
  const standby = after(...unfit.slice(0, 3), read(1, held(4, "i-other"))).state;
  expect(patience.look(standby, 500_000)).toBeUndefined();
  expect(patience.look(standby, 600_000)).toBeUndefined();
});

test("D4: a holder that cannot leave calls itself overdue until it has released", () => {
  const leaving: Event[] = [...running(1), { kind: "order", order: { order: "step-down", epoch: 1, holder: "i-me" } }];
  const { state } = after(...leaving);
  const patience = new Patience();
  expect(patience.look(state, 0)).toBeUndefined();
  expect(patience.look(state, LEAVE_MS_MAX)).toEqual({ kind: "leave-overdue" });
  const late = after(...leaving, { kind: "leave-overdue" });
  expect(statusOf(late.state).unfit).toMatchObject([{ code: "release-overdue" }]);
  expect(statusOf(after(...leaving, { kind: "leave-overdue" }, { kind: "epoch-released" }).state).unfit).toEqual([]);
  expect(statusOf(after(...running(1), { kind: "leave-overdue" }).state).unfit).toEqual([]);
});

test("D4: so does one whose postgres cannot be killed, once a silent file system would be known", () => {
  const hung = after(...running(1), read(5, held(1, "i-me")), { kind: "postgres-hung" });
  const left = after(...running(1), read(5, held(1, "i-me")), { kind: "postgres-exited", how: "SIGKILL" });
  for (const { state } of [hung, left]) {
    expect(state.intent).toBe("serve");
    const patience = new Patience();
    expect(patience.look(state, 0)).toBeUndefined();
    expect(patience.look(state, STOP_MS_MAX - 1)).toBeUndefined();
    expect(patience.look(state, STOP_MS_MAX)).toEqual({ kind: "leave-overdue" });
    const [late] = step(state, { kind: "leave-overdue" });
    expect(statusOf(late).unfit).toMatchObject([{ code: "release-overdue" }]);
    expect(statusOf(step(late, { kind: "lock-acquired", order: 9 })[0]).unfit).toEqual([]);
    const silent = new Patience();
    silent.look(state, 0);
    const [away] = step(state, { kind: "file-system-unreachable" });
    expect(silent.look(away, STOP_MS_MAX)).toBeUndefined();
    expect(silent.runsIn(away)).toBe(false);
  }
});

test.each([
  [{ grantKey: undefined, certificate: { beginsAt_ms: 0, endsAt_ms: 10 } }, 5, ["secrets-missing"]],
  [{ grantKey: "aa", certificate: undefined }, 5, ["secrets-missing"]],
  [{ grantKey: "aa", certificate: { beginsAt_ms: 2, endsAt_ms: 10 } }, 1, ["certificate-ended"]],
  [{ grantKey: "aa", certificate: { beginsAt_ms: 2, endsAt_ms: 10 } }, 2, []],
  [{ grantKey: "aa", certificate: { beginsAt_ms: 2, endsAt_ms: 10 } }, 10, ["certificate-ended"]],
])("D4: the means %j at %i ms lack %j", (means, now_ms, codes) => {
  expect(judgeMeans(means, now_ms).map(({ code }) => code)).toEqual(codes);
});
