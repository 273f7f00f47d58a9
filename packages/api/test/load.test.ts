import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { isPrime } from "../src/load/prime.ts";
import { startService } from "./service.ts";

/** Nothing listens there; `/load` needs no database. */
const NO_DATABASE = { DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" };
/** The largest prime below 2^53: seconds of work. */
const HARD = "9007199254740881";

describe("isPrime", () => {
  test("A4: agrees with a sieve", () => {
    const limit = 10_000;
    const isComposite = new Uint8Array(limit);
    for (let n = 2; n * n < limit; n += 1) {
      if (!isComposite[n]) for (let multiple = n * n; multiple < limit; multiple += n) isComposite[multiple] = 1;
    }
    for (let n = 0; n < limit; n += 1) expect([n, isPrime(n)]).toEqual([n, n >= 2 && !isComposite[n]]);
  });

  test.each([
    [112272535095293, true],
    [112272535095295, false],
    [94906249 ** 2, false],
    [Number.MAX_SAFE_INTEGER, false],
  ])("A4: %i -> %s", (number, expected) => {
    expect(isPrime(number)).toBe(expected);
  });
});

describe("/load", () => {
  test("A4: without a number it takes the reference's default", async () => {
    const app = await startService(NO_DATABASE);
    const response = await app.inject("/load");
    expect(response.statusCode).toBe(200);
    const body = response.json();
    expect(body).toEqual({ isPrime: true, number: 112272535095293, processingTime: expect.any(Number) });
    expect(body.processingTime).toBeGreaterThan(0);
    expect(body.processingTime).toBeLessThan(30);
  });

  test.each([
    "-1",
    "1.5",
    "abc",
    "",
    "0x10",
    "1e3",
    "9007199254740992",
    "1e400",
    "Infinity",
    "9".repeat(400),
    "1&number=2",
  ])('A4: "%s" is refused with 400 and the reason', async (number) => {
    const app = await startService(NO_DATABASE);
    const response = await app.inject(`/load?number=${number}`);
    expect(response.statusCode).toBe(400);
    expect(response.json().errors).toEqual([{ path: "/number", message: expect.stringMatching(/^must be/) }]);
  });

  test("A4: the bounds themselves are taken", async () => {
    const app = await startService(NO_DATABASE);
    for (const number of [0, Number.MAX_SAFE_INTEGER]) {
      const response = await app.inject(`/load?number=${number}`);
      expect([response.statusCode, response.json().isPrime]).toEqual([200, false]);
    }
  });

  test("A4: a full queue answers 503 with Retry-After, and the event loop stays free", async () => {
    const app = await startService({ ...NO_DATABASE, LOAD_WORKERS: "1", LOAD_QUEUE: "1" });
    const all = Array.from({ length: 3 }, () => app.inject(`/load?number=${HARD}`));
    const refused = await Promise.race(all);
    expect(refused.statusCode).toBe(503);
    expect(refused.headers["retry-after"]).toBe("2");
    expect(refused.json().detail).toMatch(/waiting/);
    expect((await app.inject("/healthz")).statusCode).toBe(200);
    const codes = (await Promise.all(all)).map((response) => response.statusCode);
    expect(codes.sort()).toEqual([200, 200, 503]);
  });

  test.runIf(process.platform === "linux")("A4: only the threads that calculate give way to all others", async () => {
    const niceOfThreads = () =>
      readdirSync("/proc/self/task").map((thread) => {
        const stat = readFileSync(`/proc/self/task/${thread}/stat`, "utf8");
        // proc(5): the name may hold anything, so count from its end; nice is the 19th field.
        return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
      });
    const before = niceOfThreads();
    const app = await startService({ ...NO_DATABASE, LOAD_WORKERS: "2" });
    await Promise.all([app.inject("/load"), app.inject("/load")]);
    const count = (nice: readonly number[], value: number) => nice.filter((candidate) => candidate === value).length;
    const after = niceOfThreads();
    expect(count(after, 19) - count(before, 19)).toBe(2);
    expect(count(after, 0)).toBeGreaterThanOrEqual(count(before, 0));
  });

  test("A4: calculations of clients that have gone are dropped", async () => {
    const app = await startService({ ...NO_DATABASE, LOAD_QUEUE: "50" });
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    const controller = new AbortController();
    const gone = Array.from({ length: 20 }, () => fetch(`${url}/load?number=${HARD}`, { signal: controller.signal }));
    await vi.waitFor(async () => {
      const connections = await new Promise<number>((resolve) => app.server.getConnections((_e, n) => resolve(n)));
      expect(connections).toBe(20);
    });
    controller.abort();
    await Promise.allSettled(gone);
    const start_ms = performance.now();
    expect((await app.inject("/load?number=7")).json()).toMatchObject({ isPrime: true, number: 7 });
    // Twenty of them would take far longer than this, even on a fast machine.
    expect(performance.now() - start_ms).toBeLessThan(5_000);
  });
});
