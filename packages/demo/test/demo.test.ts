import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { cloudNow } from "@cloudy/observer/clock.ts";
import type { Observer } from "@cloudy/observer/observe.ts";
import type { SystemView } from "@cloudy/observer/run.ts";
import { afterEach, expect, test } from "vitest";
import { createDemo } from "../src/demo.ts";
import { isHeld } from "../src/promises.ts";

/**
 * The whole demo against a stand-in for the system: real requests, a real generator process, EC2's answer over HTTP. It
 * shows that the demo measures what happens and tells a kept promise from a broken one; not that a cloud behaves so.
 */
const SPEED = 60;
const WEB = ["i-web1", "i-web2", "i-web3"];

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
});

async function standIn(forgets: boolean) {
  const clock = { speed: SPEED, realEpoch_ms: Date.now(), cloudEpoch_ms: Date.UTC(2026, 0, 1) };
  const rows: { id: number; username: string; email: string }[] = [];
  let lastLoad_ms = 0;
  let firstLoad_ms = 0;
  let terminated_ms: number | undefined;
  let turn = 0;
  const isBack = () => terminated_ms === undefined || Date.now() - terminated_ms > 800;
  const isLoaded = () => Date.now() - lastLoad_ms < 1000;
  const hasScaledOut = () => isLoaded() && Date.now() - firstLoad_ms > 600;
  server = createServer(async (request, response) => {
    const body = await text(request);
    const target = new URL(request.url ?? "/", "http://x");
    if (body.includes("Action=TerminateInstances")) {
      terminated_ms = Date.now();
      expect(body).toContain("SkipOsShutdown=true");
      response.setHeader("content-type", "text/xml");
      response.end("<TerminateInstancesResponse><instancesSet/></TerminateInstancesResponse>");
    } else if (target.pathname === "/load") {
      lastLoad_ms = Date.now();
      firstLoad_ms ||= lastLoad_ms;
      setTimeout(() => response.end("{}"), 10);
    } else if (target.pathname === "/") {
      turn += 1;
      response.end(JSON.stringify({ hostname: WEB[turn % (hasScaledOut() ? 3 : 2)] }));
    } else if (request.method === "GET") response.end(JSON.stringify(rows));
    else if (!isBack()) response.writeHead(503).end();
    else {
      const isForgotten = forgets && rows.length === 5 && terminated_ms !== undefined;
      if (!isForgotten)
        rows.push({ id: rows.length + 1, ...(JSON.parse(body) as { username: string; email: string }) });
      if (forgets && terminated_ms !== undefined) rows.splice(0, 1);
      response.writeHead(201).end("{}");
    }
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function view(): SystemView {
    const members = (ids: readonly string[]) =>
      ids.map((instanceId) => ({ instanceId, lifecycle: "InService", health: "Healthy" }));
    const web = hasScaledOut() ? WEB : WEB.slice(0, 2);
    const alarm = (role: "high" | "low", state: string) =>
      ({ name: role, role, state, threshold: 50, period_s: 60, evaluationPeriods: 2 }) as const;
    const holder = terminated_ms === undefined ? "i-db1" : Date.now() - terminated_ms > 500 ? "i-db2" : undefined;
    const instance = (id: string) => ({
      id,
      name: "",
      groupName: undefined,
      state: "running",
      availabilityZone: "",
      subnetId: "",
      instanceType: "",
      privateIp: "",
      privateDnsName: "",
      launch_ms: 0,
    });
    return {
      web: { name: "Web", min: 2, max: 3, desired: web.length, members: members(web) },
      database: { name: "Database", min: 1, max: 2, desired: 2, members: members(["i-db1", "i-db2"]) },
      instances: WEB.map(instance),
      targets: web.map((instanceId) => ({ instanceId, state: "healthy", reason: "" })),
      alarms: [alarm("high", isLoaded() ? "ALARM" : "OK"), alarm("low", isLoaded() ? "OK" : "ALARM")],
      cpu: { web: [], instances: {} },
      samples: [],
      virtualIp: "10.10.10.10",
      route: undefined,
      roles: [{ t_ms: 0, instanceId: holder }],
      lost: [],
      decisions: [],
      network: undefined,
      unreadable: {},
    };
  }
  const observer: Observer = {
    view,
    now: () => cloudNow(clock),
    focus: () => {},
    watch: () => {},
    refresh: async () => {},
    note: () => {},
    lose: () => {},
    close: async () => {},
  };
  const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" };
  const connection = { region: "eu-west-1", endpoint: url, credentials };
  return createDemo({ target: { connection, outputs: {}, clock, url }, seed: 1, facts: [], observer });
}

test("T1, T2, T3: a system that scales, heals and keeps its writes is found to hold every promise", async () => {
  const demo = await standIn(false);
  await demo.run(new AbortController().signal);
  await demo.close();
  const run = demo.document();
  expect(run.promises.filter((promise) => promise.held !== true && promise.required !== "")).toEqual([]);
  expect(isHeld(run.promises, run.voided)).toBe(true);
  expect(run.phases.map((phase) => phase.failure)).toEqual(Array(9).fill(undefined));
  expect(run.load.some((sample) => sample.requestsPerSecond > 50)).toBe(true);
});

test("T3: a system that forgets acknowledged writes is found out", async () => {
  const demo = await standIn(true);
  await demo.run(new AbortController().signal);
  await demo.close();
  const run = demo.document();
  const broken = run.promises.filter((promise) => promise.held === false);
  expect(broken.map(({ code }) => code)).toEqual(["no-write-lost"]);
  expect(run.headline).toContain(broken[0]?.name);
});

test("an interrupted demo ends at once and leaves no generator behind", async () => {
  const demo = await standIn(false);
  const ending = new AbortController();
  const running = demo.run(ending.signal);
  ending.abort(new Error("ended by the test"));
  await expect(running).rejects.toThrow("ended by the test");
  await demo.close();
});
