import type { Run } from "@cloudy/observer/run.ts";
import { expect, test } from "vitest";
import { runDocument } from "../src/document.ts";
import type { Findings } from "../src/promises.ts";
import { instanceOfHostname, refusalOf } from "../src/situation.ts";
import { createTerminal } from "../src/terminal.ts";
import { GOOD_RUN, walk } from "./situations.ts";

const system: Run["system"] = {
  web: undefined,
  database: undefined,
  instances: [],
  targets: [],
  alarms: [],
  cpu: { web: [{ t_ms: 0, value: 93.4 }], instances: {} },
  samples: [{ t_ms: 0, desired: 3, inService: 2, healthy: 2 }],
  virtualIp: "10.10.10.10",
  route: undefined,
  roles: [{ t_ms: 0, instanceId: "i-db1" }],
  lost: [],
  decisions: [{ id: "1", t_ms: 200_000, source: "alarm", sentence: "High-CPU alarm", major: true }],
  network: undefined,
  unreadable: {},
};

function runAfter(moments: number, failures: Findings["failures"] = []): Run {
  const situations = GOOD_RUN.slice(0, moments);
  return runDocument({
    findings: {
      state: walk(situations).state,
      speed: 10,
      shares: [],
      balanced: new Map([
        ["a", 30],
        ["b", 20],
      ]),
      recovered_ms: undefined,
      comparison: undefined,
      failures,
      toCloud_ms: (wall_ms) => wall_ms,
      generator: { cpu_percent: 5, delay_ms: 1 },
    },
    system,
    load: [],
    start_ms: 0,
    now_ms: situations.at(-1)?.now_ms ?? 0,
    facts: [],
  });
}

function terminal(isLive: boolean) {
  const written: string[] = [];
  let now_ms = 1_000_000;
  return {
    written,
    pass: (ms: number) => {
      now_ms += ms;
    },
    ...createTerminal({ write: (text) => written.push(text), isLive, width: () => 200, now_ms: () => now_ms }),
  };
}

test("without a terminal there are plain lines: each piece of news once, the state now and then", () => {
  const plain = terminal(false);
  for (let shown = 0; shown < 5; shown += 1) {
    plain.show(runAfter(3));
    plain.pass(3_000);
  }
  const text = plain.written.join("");
  expect(text).not.toContain("\u001b");
  expect(text.match(/── scale out/g)).toHaveLength(1);
  expect(text.match(/3:20 {2}High-CPU alarm/g)).toHaveLength(1);
  expect(text.match(/2 in service, 3 desired CPU 93 % active database i-db1/g)).toHaveLength(2);
});

test("on a terminal the state is redrawn in place", () => {
  const live = terminal(true);
  live.show(runAfter(3));
  live.show(runAfter(3));
  expect(live.written.at(-2)).toBe("\u001b[3F\u001b[J");
  expect(live.written.at(-1)).toContain("Waiting for 3 healthy web instances");
});

test("the verdict is a table: mark, promise, measured, required", () => {
  const plain = terminal(false);
  plain.finish(runAfter(GOOD_RUN.length));
  const table = plain.written.at(-1) ?? "";
  expect(table).toMatch(/✓ scaled out under load\.+ 3 instances in service\s+required: 3/);
  expect(table).toMatch(/✕ no acknowledged write was lost\.+ not readable\s+required: 0/);
  expect(table).toMatch(/· largest to smallest share of responses/);
  expect(table).toContain("promises were broken");
});

test("under a broken promise stands what broke it", () => {
  const plain = terminal(false);
  const failure = { request: "GET /", sent_ms: 61_000, done_ms: 62_000, reason: "status 502" } as const;
  plain.finish(runAfter(GOOD_RUN.length, [failure]));
  expect(plain.written.at(-1)).toMatch(/✕ no failed request.*\n {6}1:01 GET \/: status 502 after 1.0 s\n/);
});

test("T2: an instance is known by its id, its private DNS name or its address", () => {
  const instance = (id: string, privateIp: string) => ({
    id,
    privateIp,
    privateDnsName: `ip-${privateIp.replaceAll(".", "-")}.eu-west-1.compute.internal`,
    name: "",
    groupName: undefined,
    state: "running",
    availabilityZone: "",
    subnetId: "",
    instanceType: "",
    launch_ms: 0,
  });
  const instances = [instance("i-1", "10.0.0.1"), instance("i-11", "10.0.0.11")];
  for (const hostname of ["i-11", "ip-10-0-0-11", "ip-10-0-0-11.eu-west-1.compute.internal", "10.0.0.11"]) {
    expect(instanceOfHostname(hostname, instances)).toBe("i-11");
  }
  expect(instanceOfHostname("elsewhere", instances)).toBeUndefined();
});

test("what is refused to the last one is told as a refusal, what is only away is not", () => {
  const write = (reason: string) => ({ request: "POST /users", sent_ms: 0, done_ms: 1, reason }) as const;
  const ten = (reason: string) => Array.from({ length: 10 }, () => write(reason));
  expect(refusalOf(system, 0, ten("status 403"))).toBe("every write is refused: status 403");
  expect(refusalOf(system, 1, ten("status 403"))).toBeUndefined();
  expect(refusalOf(system, 0, ten("status 503"))).toBeUndefined();
  expect(refusalOf(system, 0, ten("status 403").slice(1))).toBeUndefined();
  expect(refusalOf({ ...system, unreadable: { groups: "ExpiredToken" } }, 0, [])).toBe(
    "the AWS API cannot be read: ExpiredToken",
  );
});
