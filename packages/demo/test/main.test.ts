import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { announcementOf, runDemo } from "./running-demo.ts";

/** The command itself before a system that answers and never comes to rest: what it does at its edges, not what it measures. */
let folder: string;
let server: Server;
let asked: string[];

beforeEach(async () => {
  asked = [];
  folder = await mkdtemp(join(tmpdir(), "cloudy-demo-main-"));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

const OUTPUTS = {
  url: "",
  region: "eu-west-1",
  loadBalancerArn: "arn:lb",
  targetGroupArn: "arn:tg",
  webGroupName: "Web",
  databaseGroupName: "Database",
  virtualIp: "10.10.10.10",
  databaseRouteTableIds: ["rtb-1"],
  failoverLogGroupName: "/aws/lambda/failover",
};

const open: RequestListener = (request, response) => {
  if (request.url === "/users") response.writeHead(201).end("{}");
  else if (request.url === "/" && request.method === "GET") response.end(JSON.stringify({ hostname: "web" }));
  else response.writeHead(400).end();
};

async function serve(listener: RequestListener): Promise<string> {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    listener(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function twinFile(url: string): Promise<string> {
  const file = join(folder, "twin.json");
  const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" };
  const connection = { region: "eu-west-1", endpoint: url, credentials };
  const now_ms = Date.now();
  const clock = { speed: 10, realEpoch_ms: now_ms, cloudEpoch_ms: now_ms };
  await writeFile(file, announcementOf({ connection, outputs: OUTPUTS, clock, url }, url));
  return file;
}

test("T1: Ctrl-C ends with the report of what was seen so far, and says which users stay", async () => {
  const file = await twinFile(await serve(open));
  const { code, said, held, complained } = await runDemo(["--twin", file], (demo) => {
    demo.stdout?.on("data", (chunk) => {
      if (String(chunk).includes("baseline")) setTimeout(() => demo.kill("SIGINT"), 1500);
    });
  });
  expect(complained).toContain("Ending. Once more to end at once.");
  expect(said).toMatch(/\? scaled out under load/);
  expect(said).toMatch(/\? no acknowledged write was lost/);
  expect(said).toContain("Interrupted while waiting for a web group at rest");
  expect(said).toMatch(/Report: .*report\.html/);
  expect(said).toMatch(/Up to \d+ users of this run stay in the database/);
  expect(said).toMatch(/DELETE FROM users WHERE username LIKE 'demo-/);
  expect(held).toMatchObject({ "no-write-lost": false });
  expect(code).toBe(130);
});

test("T1: a second Ctrl-C ends at once", async () => {
  const file = await twinFile(
    await serve((request, response) => {
      // Answers that never come are waited for by nobody.
      if (request.url === "/users") return;
      open(request, response);
    }),
  );
  const { code } = await runDemo(["--twin", file], (demo) => {
    demo.stdout?.on("data", (chunk) => {
      if (!String(chunk).includes("baseline")) return;
      setTimeout(() => demo.kill("SIGINT"), 500);
      setTimeout(() => demo.kill("SIGINT"), 520);
    });
  });
  expect(code).toBe(130);
});

test("T1: a deployed stack is not touched without a terminal and without --yes", async () => {
  const url = await serve(open);
  const file = join(folder, "stack.json");
  await writeFile(file, JSON.stringify({ ...OUTPUTS, url }));
  const { code, complained } = await runDemo(["--outputs", file, "--endpoint", url]);
  expect(complained).toContain("TERMINATES the active database instance of Database in eu-west-1. Nothing was done");
  expect(complained).toContain("Say [--yes] if that is what you want.");
  expect(complained).not.toContain("    at ");
  expect(code).toBe(1);
  expect(asked).toEqual([]);
});

test.each([
  [401, "asks for a bearer token (GET / is answered with status 401): give one by [--token]"],
  [404, "answers GET / with status 404"],
])("T1: an API that answers with %d is not put under load", async (status, message) => {
  const file = await twinFile(await serve((_, response) => void response.writeHead(status).end("{}")));
  const { code, complained } = await runDemo(["--twin", file]);
  expect(complained).toContain(message);
  expect(code).toBe(1);
  expect(asked).toEqual(["GET /"]);
});
