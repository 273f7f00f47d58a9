import { describe, expect, test } from "vitest";
import { judgeRoll, type RollingInstance, type RollView } from "../src/judge-roll.ts";

const instance = (id: string, version: string, more: Partial<RollingInstance> = {}): RollingInstance => ({
  id,
  version,
  lifecycle: "InService",
  isProtected: false,
  ...more,
});

const view = (more: Partial<RollView>): RollView => ({
  refresh: { status: "InProgress", reason: "" },
  version: "2",
  instances: [],
  givenUp: [],
  refused: [],
  ...more,
});

const holder = instance("i-a", "1", { isProtected: true });

describe("the database's holder", () => {
  test("D6: gives its place to the standby once that runs the new version", () => {
    const step = judgeRoll(view({ instances: [holder, instance("i-c", "2")] }));
    expect(step).toEqual({ do: "switch-over", from: "i-a" });
  });

  test.each<[string, readonly RollingInstance[]]>([
    ["the standby is the old one still", [holder, instance("i-b", "1")]],
    ["the new standby has not called itself ready", [holder, instance("i-c", "2", { lifecycle: "Pending:Wait" })]],
    [
      "the old standby is on its way out",
      [holder, instance("i-b", "1", { lifecycle: "Terminating" }), instance("i-c", "2")],
    ],
    ["there is no standby", [holder]],
    ["it moved already", [instance("i-a", "1"), instance("i-c", "2", { isProtected: true })]],
  ])("D6: keeps it while %s", (_, instances) => {
    expect(judgeRoll(view({ instances }))).toEqual({ do: "wait" });
  });

  test("D6: on the way back, too, it gives its place to an instance of the earlier version", () => {
    const refresh = { status: "RollbackInProgress", reason: "it was bad" };
    const instances = [instance("i-d", "1"), instance("i-c", "2", { isProtected: true })];
    expect(judgeRoll(view({ refresh, version: "1", instances }))).toEqual({ do: "switch-over", from: "i-c" });
  });
});

describe("a bad version", () => {
  test("R3: goes back with the first instance that was given up, and with its reason", () => {
    const givenUp = [{ instanceId: "i-c", reason: "Heartbeat Timeout" }];
    const step = judgeRoll(view({ instances: [holder], givenUp }));
    expect(step).toEqual({ do: "roll-back", because: "i-c was given up: Heartbeat Timeout" });
  });

  test("R3: goes back when it cannot be launched, but not for one refusal", () => {
    expect(judgeRoll(view({ refused: ["no capacity"] }))).toEqual({ do: "wait" });
    const step = judgeRoll(view({ refused: ["a", "b", "no capacity"] }));
    expect(step).toEqual({ do: "roll-back", because: "3 launches failed, the last one with: no capacity" });
  });

  test.each(["Failed", "Cancelled", "RollbackFailed", "RollbackSuccessful"])("R3: %s is no success", (status) => {
    const step = judgeRoll(view({ refresh: { status, reason: "an alarm" } }));
    expect(step).toEqual({ do: "end", isDone: false, because: "an alarm" });
  });

  test("R3: Successful is", () => {
    expect(judgeRoll(view({ refresh: { status: "Successful", reason: "" } }))).toMatchObject({ isDone: true });
  });
});
