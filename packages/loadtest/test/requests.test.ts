import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, test, vi } from "vitest";
import type { GeneratorTick, RequestFailure } from "../src/generator-contract.ts";
import { compare, createLedger } from "../src/ledger.ts";
import { startLoad } from "../src/load-generator.ts";
import { createRandom } from "../src/random.ts";
import { readBack } from "../src/read-back.ts";
import { startTraffic } from "../src/traffic.ts";

let server: Server | undefined;

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
});

test("T1: the generator loads by connections, from a process of its own, and tells of each second and each 5xx", async () => {
  let count = 0;
  let open = 0;
  let openMost = 0;
  const url = await serve((_, response) => {
    count += 1;
    open += 1;
    openMost = Math.max(openMost, open);
    const status = count % 5 === 0 ? 503 : 200;
    setTimeout(() => {
      open -= 1;
      response.writeHead(status).end("{}");
    }, 20);
  });
  const ticks: GeneratorTick[] = [];
  const load = startLoad({ url, connections: 3, onTick: (tick) => ticks.push(tick), onEnd: () => {} });
  await vi.waitFor(() => expect(ticks.length).toBeGreaterThan(0), 10_000);
  await load.stop();
  const answered = ticks.reduce((sum, tick) => sum + tick.responses, 0);
  const failed = ticks.flatMap((tick) => tick.failures);
  expect(openMost).toBe(3);
  expect(answered).toBeGreaterThan(10);
  expect(failed.length).toBeCloseTo(answered / 5, -1);
  expect(failed[0]).toMatchObject({ request: "GET /load", reason: "status 503" });
  expect(ticks[0]?.p50_ms).toBeGreaterThan(15);
  expect(ticks[0]?.cpu_percent).toBeGreaterThan(0);
});

test("T2, T3: each acknowledged write is stored once; a failed one is told, and its name never used again", async () => {
  const rows: { id: number; username: string; email: string }[] = [];
  const names: string[] = [];
  const url = await serve(async (request, response) => {
    const target = new URL(request.url ?? "/", "http://x");
    if (request.method === "POST") {
      const user = JSON.parse(await text(request)) as { username: string; email: string };
      names.push(user.username);
      // Every third answer is lost: half of those had been stored.
      if (names.length % 3 === 0) {
        if (names.length % 2 === 0) rows.push({ id: rows.length + 1, ...user });
        response.writeHead(503).end();
        return;
      }
      rows.push({ id: rows.length + 1, ...user });
      response.writeHead(201).end("{}");
    } else if (target.pathname === "/users") {
      const after = Number(target.searchParams.get("after") ?? 0);
      const page = rows.filter((row) => row.id > after).slice(0, 4);
      const last = page.at(-1)?.id ?? 0;
      if (last < rows.length) response.setHeader("link", `</users?limit=4&after=${last}>; rel="next"`);
      response.end(JSON.stringify(page));
    } else response.end(JSON.stringify({ hostname: "ip-10-0-0-11" }));
  });
  const ledger = createLedger();
  const failures: RequestFailure[] = [];
  const traffic = startTraffic({
    url,
    ledger,
    prefix: "demo-x",
    random: createRandom(1),
    onFailure: (failure) => failures.push(failure),
  });
  await vi.waitFor(() => expect(ledger.acknowledged()).toBeGreaterThanOrEqual(6), 10_000);
  await traffic.stop();
  const result = compare(ledger.writes(), await readBack(url, "demo-x"));
  expect(result).toMatchObject({ acknowledged: ledger.acknowledged(), lost: [], doubled: [] });
  expect(result.unanswered).toBe(failures.length);
  expect(failures[0]).toMatchObject({ request: "POST /users", reason: "status 503" });
  expect(new Set(names).size).toBe(names.length);
  expect(traffic.responses.get("ip-10-0-0-11")).toBeGreaterThan(0);
  const [first] = rows.splice(0, 1);
  expect(compare(ledger.writes(), await readBack(url, "demo-x")).lost).toEqual([first?.username]);
});
