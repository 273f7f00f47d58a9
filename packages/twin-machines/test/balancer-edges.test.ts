import { once } from "node:events";
import net from "node:net";
import type { LoadBalancerView, Target } from "@cloudy/twin-model/load-balancer.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DataPlane } from "../src/balancer/data-plane.ts";
import { Nodes } from "../src/balancer/nodes.ts";
import { createRig, type Rig } from "./network-rig.ts";

type Outcome = Parameters<LoadBalancerView["record"]>[0];

const LB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/CloudyLB/50dc6c495c0c9188";
const WEB: Target = { instanceId: "i-web", ip: "10.0.0.10", port: 8080 };
const IDLE_S = 0.6;
const LARGE = 5 * 1024 * 1024;

/** A target that answers as soon as the head is there, and then does what the path says. */
const TARGET = `
  import net from "node:net";
  net.createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      // A kept connection brings one head after the other, each in a piece of its own.
      const mode = /^POST .([a-z-]+)/.exec(String(chunk.subarray(0, 40)))?.[1];
      if (mode === undefined) return;
      const [what, then] = mode.split("-");
      if (what === "early") socket.write("HTTP/1.1 413 Content Too Large\\r\\nContent-Length: 5\\r\\n\\r\\nlarge");
      if (what === "closing") socket.write("HTTP/1.1 413 Content Too Large\\r\\nConnection: close\\r\\nContent-Length: 5\\r\\n\\r\\nlarge");
      if (what === "half") socket.write("HTTP/1.1 413 Content Too Large\\r\\nContent-Length: 500\\r\\n\\r\\nlarge");
      if (then === "stop") socket.pause();
      const finish = () => { if (then === "fin") socket.end(); if (then === "reset") socket.resetAndDestroy(); };
      setTimeout(finish, what === "silent" ? 0 : 50);
    });
  }).listen(8080, () => console.log("listening"));`;

let rig: Rig;
let plane: DataPlane;
let url: URL;
let outcomes: Outcome[];

beforeEach(async () => {
  rig = await createRig();
  outcomes = [];
  const guest = await rig.run("i-web", TARGET);
  await guest.line();
  const action = { kind: "forward", targetGroupArn: "tg" } as const;
  const view: LoadBalancerView = {
    listeners: () => [{ arn: "l", loadBalancerArn: LB, port: 20_180, protocol: "HTTP", action }],
    loadBalancer: () => ({ interfaceIds: ["eni-alb"], idleTimeout_s: IDLE_S }),
    healthyTargets: () => [WEB],
    record: (outcome) => outcomes.push(outcome),
  };
  plane = new DataPlane({ fabric: rig.fabric, nodes: new Nodes(view), view });
  url = new URL((await plane.start()).get("l") ?? "");
});
afterEach(async () => {
  await plane.stop();
  await rig.close();
});

interface Answer {
  readonly statuses: readonly number[];
  readonly over: string;
  readonly time_ms: number;
}

const statusesOf = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

/** Writes all of it before it reads a byte; ends with so many answers, or when the load balancer ends the connection. */
function writeThenRead(bytes: string, answers = Number.POSITIVE_INFINITY): Promise<Answer> {
  const start_ms = performance.now();
  return new Promise((resolve) => {
    const socket = net.connect({ port: Number(url.port), host: url.hostname });
    let text = "";
    const finish = (over: string) => {
      resolve({ statuses: statusesOf(text), over, time_ms: performance.now() - start_ms });
      socket.destroy();
    };
    socket.on("error", (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    socket.pause();
    socket.write(bytes, () => {
      socket.on("data", (chunk) => {
        text += chunk;
        // Each has a body that came with its head.
        if (statusesOf(text).length >= answers) finish("enough");
      });
      socket.on("end", () => finish("end"));
      socket.resume();
    });
  });
}

const post = (path: string, length: number, sent = length, headers = "") =>
  `POST ${path} HTTP/1.1\r\nhost: a\r\n${headers}content-length: ${length}\r\n\r\n${"x".repeat(sent)}`;

test.each([
  ["keeps reading", "/early", [413]],
  ["keeps reading, and says that it will close", "/closing", [413]],
  ["stops reading", "/early-stop", [413]],
  ["closes", "/early-fin", [413]],
  ["closes as it said", "/closing-fin", [413]],
  ["resets once the answer was read", "/early-reset", [413]],
  ["closes in the midst of its answer", "/half-fin", []],
  ["resets in the midst of its answer", "/half-reset", []],
  ["closes without an answer", "/silent-fin", [502]],
  ["resets without an answer", "/silent-reset", [502]],
])(
  "W2: a target that answers early and %s: the client of a large body is told, and never waits",
  async (_what, path, statuses) => {
    for (const length of [LARGE, 17_000]) {
      const answer = await writeThenRead(post(path, length), statuses.length || undefined);
      if (statuses.length > 0) expect([path, length, answer.statuses]).toEqual([path, length, statuses]);
      expect([path, answer.over]).toEqual([
        path,
        statuses.length > 0 ? "enough" : expect.stringMatching(/end|ECONNRESET/),
      ]);
      expect(answer.time_ms).toBeLessThan(2_000);
    }
    await expect.poll(() => outcomes.length).toBe(2);
    const own = statuses[0] === 413 ? "i-web" : undefined;
    const status = statuses[0] ?? 502;
    expect(outcomes.map((outcome) => [outcome.status, outcome.instanceId])).toEqual([
      [status, own],
      [status, own],
    ]);
  },
);

test("W2: after an early answer the client's connection serves its next request", async () => {
  const both = await writeThenRead(`${post("/early", LARGE)}${post("/early", 10)}`, 2);
  expect([both.statuses, both.over]).toEqual([[413, 413], "enough"]);
});

test("W2: a client that asks for its connection to be closed gets the answer and the end, with its body under way", async () => {
  const answer = await writeThenRead(post("/early", LARGE, LARGE, "connection: close\r\n"));
  expect([answer.statuses, answer.over]).toEqual([[413], "end"]);
});

test("W2: a client that leaves is a 460, and a 400 before its request was there in full", async () => {
  for (const [length, sent, status] of [
    [10, 10, 460],
    [1_000, 10, 400],
  ] as const) {
    const socket = net.connect({ port: Number(url.port), host: url.hostname });
    socket.write(post("/silent", length, sent));
    await once(socket, "connect");
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.resetAndDestroy();
    await expect.poll(() => outcomes.at(-1)?.status).toBe(status);
    expect(outcomes.at(-1)?.instanceId).toBeUndefined();
  }
});

test("W2: silence for the idle timeout is the target's 504, the client's 408, and ends a body that was answered", async () => {
  const target = await writeThenRead(post("/silent", 10), 1);
  const client = await writeThenRead(post("/silent", 1_000, 10));
  expect([target.statuses, client.statuses, client.over]).toEqual([[504], [408], "end"]);
  const answered = await writeThenRead(post("/early", 1_000, 10));
  expect([answered.statuses, answered.over]).toEqual([[413], "end"]);
  for (const { time_ms } of [target, client]) {
    expect(time_ms).toBeGreaterThan(IDLE_S * 1000 - 50);
    expect(time_ms).toBeLessThan(IDLE_S * 1000 + 500);
  }
  // The connection's own time runs a second longer than the load balancer's.
  expect(answered.time_ms).toBeLessThan(IDLE_S * 1000 + 1_700);
  expect(outcomes.map((outcome) => outcome.status)).toEqual([504, 408, 413]);
});

test("W2: what is no HTTP is a 400 after the answers before it; too many forwarded addresses are a 463", async () => {
  const garbage = await writeThenRead(`${post("/early", 10)}\u0000garbage\r\n\r\n`);
  expect([garbage.statuses, garbage.over]).toEqual([[413, 400], "end"]);
  const addresses = Array.from({ length: 31 }, (_, n) => `192.0.2.${n}`);
  const header = (count: number) => `x-forwarded-for: ${addresses.slice(0, count).join(", ")}\r\n`;
  expect((await writeThenRead(post("/early", 10, 10, header(31)), 1)).statuses).toEqual([463]);
  expect((await writeThenRead(post("/early", 10, 10, header(30)), 1)).statuses).toEqual([413]);
});
