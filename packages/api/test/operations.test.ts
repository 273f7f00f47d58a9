import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPostgres, type PostgresServer } from "./postgres-server.ts";
import { post, startService, untilReady } from "./service.ts";

const NO_DATABASE = { DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" };

describe("metrics", () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await createPostgres();
    await postgres.start();
  });
  afterAll(() => postgres.remove());

  test("A6: Prometheus finds requests by route, connections and calculations on a port of their own", async () => {
    const app = await startService({ DATABASE_URL: postgres.url, METRICS_PORT: "0", DATABASE_CONNECTIONS: "3" });
    await untilReady(app);
    await post(app, { username: "demo", email: "demo@example.com" });
    await app.inject("/users?limit=1");
    await app.inject("/users?limit=0");
    await app.inject("/made-up/by-a-client");
    await app.inject("/load?number=7");
    const response = await fetch(app.metricsUrl);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    const count = (labels: string) =>
      new RegExp(`^http_request_duration_seconds_count\\{${labels}\\} (\\d+)$`, "m").exec(text)?.[1];
    expect(count('method="POST",route="/users",status="201"')).toBe("1");
    expect(count('method="GET",route="/users",status="200"')).toBe("1");
    expect(count('method="GET",route="/users",status="400"')).toBe("1");
    expect(count('method="GET",route="\\(none\\)",status="404"')).toBe("1");
    expect(text).toMatch(/^cloudy_database_connections\{state="idle"\} [123]$/m);
    expect(text).toMatch(/^cloudy_load_calculations\{state="waiting"\} 0$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(text).not.toMatch(/made-up|demo/);
    expect((await app.inject("/metrics")).statusCode).toBe(404);
    expect((await fetch(app.metricsUrl.replace("/metrics", "/"))).status).toBe(404);
  });

  test("A6: they are bound to loopback unless METRICS_HOST says otherwise", async () => {
    const app = await startService({ ...NO_DATABASE, METRICS_PORT: "0" });
    expect(app.metricsUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  });
});

describe("rate limit", () => {
  test("A6: a client beyond its limit is 429 with Retry-After, others and health checks are not", async () => {
    const app = await startService({ ...NO_DATABASE, REQUESTS_PER_MINUTE: "3" });
    const ask = (remoteAddress: string, url = "/") => app.inject({ url, remoteAddress });
    const codes = [];
    for (let n = 0; n < 5; n += 1) codes.push((await ask("198.51.100.1")).statusCode);
    expect(codes).toEqual([200, 200, 200, 429, 429]);
    const refused = await ask("198.51.100.1");
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect(refused.json()).toMatchObject({ status: 429, title: "Too Many Requests" });
    expect((await ask("198.51.100.1", "/healthz")).statusCode).toBe(200);
    expect((await ask("198.51.100.2")).statusCode).toBe(200);
  });

  test.each([
    ["0", "the header is the client's own word", [200, 429]],
    ["1", "the proxy's word is taken, and only its", [200, 200, 429]],
  ])("A6: with PROXIES=%s %s", async (proxies, _why, expected) => {
    const app = await startService({ ...NO_DATABASE, REQUESTS_PER_MINUTE: "1", PROXIES: proxies });
    // What clients write themselves comes first, what the proxy adds comes last.
    const chains = ["6.6.6.6, 198.51.100.1", "7.7.7.7, 198.51.100.2", "8.8.8.8, 198.51.100.1"];
    const codes = [];
    for (const chain of chains.slice(0, expected.length)) {
      codes.push((await app.inject({ url: "/", headers: { "x-forwarded-for": chain } })).statusCode);
    }
    expect(codes).toEqual(expected);
  });
});

test("A6: every answer tells browsers not to frame, sniff or run it", async () => {
  const app = await startService(NO_DATABASE);
  for (const url of ["/", "/users", "/nowhere", "/healthz"]) {
    expect((await app.inject(url)).headers).toMatchObject({
      "content-security-policy": "default-src 'none';frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
    });
  }
  expect((await app.inject("/docs")).headers["content-security-policy"]).toMatch(/style-src 'sha256-/);
});
