import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { liveClock } from "@cloudy/twin-model/clock.ts";
import type {
  HealthCheck,
  HealthProber,
  Listener,
  LoadBalancerView,
  Target,
} from "@cloudy/twin-model/load-balancer.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DataPlane } from "../src/balancer/data-plane.ts";
import { matchesCode } from "../src/balancer/health-check.ts";
import { Nodes } from "../src/balancer/nodes.ts";
import { healthProber } from "../src/balancer/prober.ts";
import { createRig, type Guest, type Rig } from "./network-rig.ts";
import { nic, tcp } from "./network-world.ts";

type Outcome = Parameters<LoadBalancerView["record"]>[0];

const LB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/CloudyLB/50dc6c495c0c9188";
const WEB: Target = { instanceId: "i-web", ip: "10.0.0.10", port: 8080 };
const WEB2: Target = { instanceId: "i-web2", ip: "10.0.0.11", port: 8080 };
const CHECK: HealthCheck = { protocol: "HTTP", path: "/healthz", port: 8080, timeout_ms: 2000, matcher: "200" };

const SERVER = `
  import http from "node:http"; import os from "node:os";
  http.createServer((request, response) => {
    if (request.url === "/healthz") return response.writeHead(204).end();
    if (request.url === "/hang") return;
    if (request.url === "/break") { response.writeHead(200, { "content-length": 10 }); response.write("half"); return setImmediate(() => request.socket.resetAndDestroy()); }
    if (request.url === "/die") return process.exit(1);
    let body = ""; request.on("data", (chunk) => body += chunk);
    request.on("end", () => {
      response.setHeader("set-cookie", ["a=1", "b=2"]); response.setHeader("x-internal", "1"); response.setHeader("connection", "x-internal");
      response.end(JSON.stringify({ host: os.hostname(), method: request.method, url: request.url, headers: request.headers, body, from: request.socket.remoteAddress }));
    });
  }).listen(8080, () => console.log("listening"));`;

let rig: Rig;
let plane: DataPlane;
let prober: HealthProber;
let url: string;
let targets: Target[];
let outcomes: Outcome[];
let guests: Guest[];
let idleTimeout_s: number;
let action: Listener["action"];

beforeEach(async () => {
  rig = await createRig();
  rig.state.interfaces.push({ ...nic("eni-web2", "public", "10.0.0.11", "sg-web", "i-web2") });
  rig.state.instances["i-web2"] = {};
  targets = [WEB];
  outcomes = [];
  guests = [];
  idleTimeout_s = 5;
  action = { kind: "forward", targetGroupArn: "tg" };
});
afterEach(async () => {
  await plane.stop();
  await rig.close();
});

async function start(): Promise<void> {
  guests.push(await rig.run("i-web", SERVER));
  await guests[0]?.line();
  const view: LoadBalancerView = {
    listeners: () => [{ arn: "l", loadBalancerArn: LB, port: 20_080, protocol: "HTTP", action }],
    loadBalancer: () => ({ interfaceIds: ["eni-alb"], idleTimeout_s }),
    healthyTargets: () => targets,
    record: (outcome) => outcomes.push(outcome),
  };
  const nodes = new Nodes(view);
  plane = new DataPlane({ fabric: rig.fabric, nodes, view });
  prober = healthProber({ fabric: rig.fabric, clock: liveClock(1), nodes });
  url = (await plane.start()).get("l") ?? "";
}

test("W1: a request reaches the target with the forwarded headers and without those of the connection", async () => {
  await start();
  const headers = { "x-forwarded-for": "192.0.2.7", connection: "x-mine", "x-mine": "1" };
  const request = http.request(`${url}/users?limit=2`, { method: "POST", headers });
  request.write("body without ");
  request.end("a length");
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const text = (await response.toArray()).join("");
  const seen = JSON.parse(text);
  expect(seen).toMatchObject({
    host: "ip-10-0-0-10",
    method: "POST",
    url: "/users?limit=2",
    body: "body without a length",
    from: "10.0.0.5",
  });
  expect(seen.headers["x-forwarded-for"]).toBe("192.0.2.7, 127.0.0.1");
  expect(seen.headers["x-forwarded-proto"]).toBe("http");
  expect(seen.headers["x-forwarded-port"]).toBe(new URL(url).port);
  expect(seen.headers["x-amzn-trace-id"]).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
  expect(seen.headers["x-mine"]).toBeUndefined();
  expect(response.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
  expect(response.headers["x-internal"]).toBeUndefined();
  await expect
    .poll(() => outcomes)
    .toMatchObject([{ status: 200, instanceId: "i-web", targetGroupArn: "tg", loadBalancerArn: LB }]);
});

test("T2: healthy targets are served in turn", async () => {
  await start();
  targets = [WEB, { ...WEB, instanceId: "i-web-again" }];
  for (let count = 0; count < 6; count += 1) await (await fetch(url)).text();
  const served = outcomes.map((outcome) => outcome.instanceId);
  expect(served).toEqual(["i-web", "i-web-again", "i-web", "i-web-again", "i-web", "i-web-again"]);
});

test("W2: without a healthy target the answer is 503", async () => {
  await start();
  targets = [];
  expect((await fetch(url)).status).toBe(503);
  expect(outcomes).toMatchObject([{ status: 503, instanceId: undefined }]);
});

test("W2: a target that breaks off is a 502, one that is silent for the idle timeout a 504", async () => {
  idleTimeout_s = 0.2;
  await start();
  expect((await fetch(`${url}/hang`)).status).toBe(504);
  await expect(fetch(`${url}/break`).then((response) => response.text())).rejects.toThrow();
  expect((await fetch(`${url}/die`)).status).toBe(502);
  expect((await fetch(url)).status).toBe(502);
  expect(outcomes.map((outcome) => outcome.status)).toEqual([504, 502, 502, 502]);
});

test("W4: a power-off breaks the requests under way at once", async () => {
  await start();
  const hanging = fetch(`${url}/hang`);
  await expect.poll(() => guests[0]?.child.exitCode).toBe(null);
  await fetch(`${url}/healthz`);
  rig.fabric.bringDown("i-web");
  expect((await hanging).status).toBe(502);
});

test("W6: the security groups decide whether the load balancer reaches its targets", async () => {
  await start();
  const { port: checked } = CHECK;
  rig.state.rules["sg-web"] = rig.state.rules["sg-web"]?.filter((rule) => rule.fromPort !== checked) ?? [];
  const health = await prober.check(LB, WEB, { ...CHECK, timeout_ms: 10 });
  expect(health).toEqual({ ok: false, reason: "Request timed out", code: "Target.Timeout" });
  rig.state.rules["sg-web"].push(tcp("ingress", 8080, "sg-alb"));
  rig.changed();
  expect((await fetch(url)).status).toBe(200);
});

test("W2: a health check passes by its codes and says why it failed", async () => {
  await start();
  expect(await prober.check(LB, WEB, CHECK)).toEqual({
    ok: false,
    reason: "Health checks failed with these codes: [204]",
    code: "Target.ResponseCodeMismatch",
  });
  expect(await prober.check(LB, WEB, { ...CHECK, matcher: "200-299" })).toEqual({
    ok: true,
    reason: "answered 204",
  });
  const hanging = await prober.check(LB, WEB, { ...CHECK, path: "/hang", timeout_ms: 10 });
  expect(hanging).toEqual({ ok: false, reason: "Request timed out", code: "Target.Timeout" });
  rig.fabric.bringUp("i-web2", "10.0.0.11");
  expect((await prober.check(LB, WEB2, CHECK)).reason).toBe("Health checks failed: connection refused");
  expect(["200,202", "200-299", "404"].map((matcher) => matchesCode(matcher, 202))).toEqual([true, true, false]);
});

test("W1: a redirect listener answers by itself, and a taken port moves the listener up", async () => {
  const taken = net.createServer().listen(20_080, "127.0.0.1");
  await Promise.race([once(taken, "listening"), once(taken, "error")]);
  action = { kind: "redirect", protocol: "HTTPS", port: "443", statusCode: "HTTP_301" };
  await start();
  const answer = await fetch(`${url}/users`, { redirect: "manual" });
  expect(answer.status).toBe(301);
  expect(answer.headers.get("location")).toBe("https://127.0.0.1/users");
  expect(Number(new URL(url).port)).toBeGreaterThan(20_080);
  taken.close();
});
