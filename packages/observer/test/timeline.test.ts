import { expect, test } from "vitest";
import type { StackNames } from "../src/outputs.ts";
import type { Reading } from "../src/readings.ts";
import type { InstanceView, SystemView } from "../src/run.ts";
import { absorb, absorbFailure, emptyView, loseInstance } from "../src/timeline.ts";

const names: StackNames = {
  loadBalancerArn: "arn:lb",
  targetGroupArn: "arn:tg",
  webGroupName: "Web",
  databaseGroupName: "Database",
  virtualIp: "10.10.10.10",
  databaseRouteTableIds: ["rtb-1"],
  highCpuAlarmName: "High",
  lowCpuAlarmName: "Low",
  failoverLogGroupName: "/aws/lambda/failover",
};

/** The view after readings at the given seconds. */
function after(view: SystemView, ...readings: readonly (readonly [number, Reading])[]): SystemView {
  return readings.reduce((before, [at_s, reading]) => absorb(before, reading, names, at_s * 1000), view);
}

const empty = emptyView("10.10.10.10");
const instance = (id: string, state: string): InstanceView => ({
  id,
  name: "",
  groupName: "Database",
  state,
  availabilityZone: "eu-west-1a",
  subnetId: "subnet-1",
  instanceType: "t2.nano",
  privateIp: "10.0.1.1",
  privateDnsName: "",
  launch_ms: 0,
});
const instances = (...states: readonly (readonly [string, string])[]): Reading => ({
  kind: "instances",
  instances: states.map(([id, state]) => instance(id, state)),
});
const route = (instanceId: string | undefined, state = "active"): Reading => ({
  kind: "routes",
  route: { tableIds: ["rtb-1"], instanceId, state },
});
const log = (t_ms: number, message: string): Reading => ({
  kind: "log",
  lines: [{ id: `${t_ms}`, t_ms, message }],
});

const up = after(empty, [1, instances(["i-a1", "running"], ["i-b1", "running"])], [2, route("i-a1")]);

test("T3: the active role follows the route of the virtual IP, with a gap while its target is gone", () => {
  const view = after(
    up,
    [10, instances(["i-a1", "shutting-down"], ["i-b1", "running"])],
    [12, route("i-a1", "blackhole")],
    [20, route("i-b1")],
  );
  expect(view.roles).toEqual([
    { t_ms: 2_000, instanceId: "i-a1" },
    { t_ms: 10_000, instanceId: undefined },
    { t_ms: 20_000, instanceId: "i-b1" },
  ]);
});

test("F4: the function's log line gives the exact time of a move that was seen later", () => {
  const line = JSON.stringify({ level: "info", message: "Updated route on rtb-1 to 10.10.10.10/32 via i-b1" });
  const lost = loseInstance(up, "i-a1", 8_000);
  const expected = [
    { t_ms: 2_000, instanceId: "i-a1" },
    { t_ms: 8_000, instanceId: undefined },
    { t_ms: 17_000, instanceId: "i-b1" },
  ];
  expect(after(lost, [20, route("i-b1")], [22, log(17_000, line)]).roles).toEqual(expected);
  expect(after(lost, [19, log(17_000, line)], [20, route("i-b1")]).roles).toEqual(expected);
});

test("an instance that is known to be lost does not come back with a late reading", () => {
  const view = after(
    loseInstance(up, "i-a1", 8_000),
    [9, instances(["i-a1", "running"], ["i-b1", "running"])],
    [9.5, route("i-a1")],
  );
  expect(view.roles.at(-1)).toEqual({ t_ms: 8_000, instanceId: undefined });
});

test("F1: what several invocations say at the same time is told once, and again when it happens again", () => {
  const sentences = Array.from({ length: 10 }, (_, index) => `sentence ${index}`);
  const invocation = (number: number, begin_ms: number): Reading => ({
    kind: "log",
    lines: sentences.map((message, index) => ({ id: `${number} ${index}`, t_ms: begin_ms + index * 1_000, message })),
  });
  const overlapping = after(empty, [20, invocation(1, 0)], [21, invocation(2, 500)]);
  expect(overlapping.decisions.map(({ sentence }) => sentence)).toEqual(sentences);
  const later = after(overlapping, [200, invocation(3, 180_000)]);
  expect(later.decisions.map(({ sentence }) => sentence)).toEqual([...sentences, ...sentences]);
});

test("F3: what the function repeats every round is told once", () => {
  const line = (at_s: number) => log(at_s * 1000, "Route on rtb-1 already pointing to 10.10.10.10/32 via i-a1");
  const view = after(up, [5, line(5)], [10, line(10)], [15, line(15)], [16, log(16_000, "START RequestId: 1")]);
  expect(view.decisions.map((decision) => decision.sentence)).toEqual([
    "Route on rtb-1 already pointing to 10.10.10.10/32 via i-a1",
  ]);
});

test("F2: what ends a machine or hands its part over is drawn on the axis: its code says so, whatever its sentence", () => {
  const said = (at_s: number, message: string, fields: object) =>
    [at_s, log(at_s * 1000, JSON.stringify({ level: "info", message, ...fields }))] as const;
  const view = after(
    up,
    said(1, "a", { code: "serves" }),
    said(2, "b", { code: "fence" }),
    said(3, "c: nobody is fenced or terminated", { code: "looks-again" }),
    said(4, "d", { code: "action-failed", do: "fence" }),
    said(5, "e", { code: "action-failed", do: "move-route" }),
    said(6, "f: fences, of a version that knows more", { code: "dances" }),
    said(7, "g", { code: "successor-found" }),
  );
  expect(view.decisions.filter(({ major }) => major).map(({ sentence }) => sentence)).toEqual(["b", "d", "g"]);
});

test("W5: alarms and scaling become sentences, in the order of time and once", () => {
  const alarms: Reading = {
    kind: "alarms",
    alarms: [{ name: "High", role: "high", state: "ALARM", threshold: 60, period_s: 60, evaluationPeriods: 2 }],
  };
  const history: Reading = {
    kind: "alarm history",
    changes: [{ alarmName: "High", t_ms: 120_000, from: "OK", to: "ALARM" }],
  };
  const activities: Reading = {
    kind: "activities",
    activities: [
      {
        id: "1",
        groupName: "Web",
        start_ms: 121_000,
        description: "Launching a new EC2 instance: i-0c3",
        cause:
          "At 2026-05-04T09:02:00Z a monitor alarm High in state ALARM triggered policy up changing the desired capacity from 2 to 3.",
      },
    ],
  };
  const view = after(empty, [125, activities], [126, alarms], [127, history], [130, activities], [131, history]);
  expect(view.decisions.map((decision) => decision.sentence)).toEqual([
    "High-CPU alarm: CPU above 60 % for 2 × 60 s",
    "The web group launches i-0c3: desired 2 → 3",
  ]);
  expect(view.decisions.every((decision) => decision.major)).toBe(true);
});

test("W4: the targets found at first are no news, changes are", () => {
  const targets = (...states: readonly (readonly [string, string])[]): Reading => ({
    kind: "targets",
    targets: states.map(([instanceId, state]) => ({ instanceId, state, reason: "" })),
  });
  const view = after(
    empty,
    [1, targets(["i-1", "healthy"])],
    [2, targets(["i-1", "healthy"], ["i-2", "initial"])],
    [3, targets(["i-1", "healthy"], ["i-2", "healthy"])],
    [4, targets(["i-2", "healthy"])],
  );
  expect(view.decisions.map((decision) => decision.sentence)).toEqual([
    "i-2 joined the load balancer, first health checks are under way",
    "i-2 is healthy: it takes requests",
    "i-1 left the load balancer",
  ]);
});

test("metrics that come twice are kept once, with their latest value", () => {
  const cpu = (value: number): Reading => ({ kind: "cpu", web: [{ t_ms: 60_000, value }], instances: { "i-1": [] } });
  expect(after(empty, [70, cpu(10)], [80, cpu(12)]).cpu.web).toEqual([{ t_ms: 60_000, value: 12 }]);
});

test("what cannot be read is said, until it can be read again", () => {
  const failed = absorbFailure(empty, "routes", "UnauthorizedOperation");
  expect(failed.unreadable).toEqual({ routes: "UnauthorizedOperation" });
  expect(after(failed, [1, route("i-a1")]).unreadable).toEqual({});
});

test("EC2 forgets terminated instances, the timeline does not", () => {
  const view = after(up, [30, instances(["i-b1", "running"])]);
  expect(view.instances.find((one) => one.id === "i-a1")?.state).toBe("terminated");
});

test("T2: a terminated instance keeps the address it answered from", () => {
  const terminated: Reading = {
    kind: "instances",
    instances: [{ ...instance("i-1", "terminated"), privateIp: "", privateDnsName: "", subnetId: "" }],
  };
  const view = after(empty, [1, instances(["i-1", "running"])], [2, terminated]);
  expect(view.instances).toEqual([instance("i-1", "terminated")]);
});
