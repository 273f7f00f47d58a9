import { connect } from "node:net";
import os from "node:os";
import { describe, expect, test } from "vitest";
import { readSettings, SettingsError } from "../src/settings.ts";
import { startService } from "./service.ts";

const NO_DATABASE = { DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" };

describe("service", () => {
  test("A1: GET / names the instance", async () => {
    const app = await startService({ ...NO_DATABASE, HOSTNAME: "ip-10-0-0-7" });
    expect((await app.inject("/")).json()).toEqual({ hostname: "ip-10-0-0-7" });
  });

  test("A6: without the database the process is healthy but not ready, and database routes answer 503", async () => {
    const app = await startService(NO_DATABASE);
    for (const url of ["/", "/healthz", "/load?number=7"]) {
      expect([url, (await app.inject(url)).statusCode]).toEqual([url, 200]);
    }
    for (const url of ["/readyz", "/users"]) {
      const response = await app.inject(url);
      expect([url, response.statusCode, response.headers["retry-after"]]).toEqual([url, 503, "2"]);
      expect(response.json()).toMatchObject({ status: 503, title: "Service Unavailable" });
    }
  });

  test("A6: what does not exist is a problem document with 404", async () => {
    const app = await startService(NO_DATABASE);
    const response = await app.inject("/nowhere?email=a@example.com");
    expect(response.statusCode).toBe(404);
    expect(response.headers["content-type"]).toMatch(/^application\/problem\+json\b/);
    expect(response.json().detail).toBe("There is no /nowhere.");
  });

  test.each([
    ["POST", "/", "GET, HEAD"],
    ["DELETE", "/users?limit=1", "GET, HEAD, POST"],
    ["PUT", "/users", "GET, HEAD, POST"],
    ["OPTIONS", "/load", "GET, HEAD"],
    ["PROPFIND", "/healthz", "GET, HEAD"],
  ])("A6: %s %s is refused with 405 and Allow: %s, whatever its body is", async (method, url, allow) => {
    const app = await startService(NO_DATABASE);
    const response = await app.inject({
      method: method as "PUT",
      url,
      headers: { "content-type": "text/x" },
      payload: "{",
    });
    expect([response.statusCode, response.headers.allow]).toEqual([405, allow]);
    expect(response.json()).toMatchObject({ title: "Method Not Allowed", status: 405 });
  });

  test.each(["/?a=1", "/load?numbers=7", "/users?offset=2"])("A6: an unknown parameter is refused: %s", async (url) => {
    const app = await startService(NO_DATABASE);
    const response = await app.inject(url);
    const name = /\?(\w+)/.exec(url)?.[1];
    expect([response.statusCode, response.json().errors]).toEqual([
      400,
      [{ path: `/${name}`, message: "is not known" }],
    ]);
  });

  test("A6: a health check may carry a query", async () => {
    const app = await startService(NO_DATABASE);
    expect((await app.inject("/healthz?t=1")).statusCode).toBe(200);
  });

  test.each([
    ["a malformed URL", "GET /%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "400 Bad Request"],
    ["no HTTP", "hello\r\n\r\n", "400 Bad Request"],
    ["no Host", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "400 Bad Request"],
    ["an unknown Expect", "GET /x HTTP/1.1\r\nHost: a\r\nExpect: x\r\nConnection: close\r\n\r\n", "404 Not Found"],
    ["32 KB of headers", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(32_768)}\r\n\r\n`, "431 Request Header Fields"],
  ])("A6: %s is a problem document", async (_case, bytes, status) => {
    const app = await startService(NO_DATABASE);
    const address = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(address.port), address.hostname, () => {
        socket.write(bytes);
      });
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk;
      });
      socket.on("end", () => resolve(text)).on("error", reject);
    });
    expect(answer).toContain(`HTTP/1.1 ${status}`);
    const [head, body] = answer.split("\r\n\r\n");
    expect(head).toMatch(/content-type: application\/problem\+json/i);
    expect(JSON.parse(body ?? "")).toMatchObject({
      status: Number(status.slice(0, 3)),
      detail: expect.stringMatching(/\w/),
    });
  });

  test("kept-alive connections outlive the load balancer's idle timeout of 60 s", async () => {
    const app = await startService(NO_DATABASE);
    expect(app.server.keepAliveTimeout).toBe(72_000);
  });
});

describe("settings", () => {
  test("the defaults are those of the contract", () => {
    expect(readSettings({ SECRET_ID: "CloudyDB", SECRET_REGION: "us-east-1" })).toEqual({
      host: "0.0.0.0",
      port: 8080,
      hostname: os.hostname(),
      logLevel: "info",
      database: { kind: "secret", secretId: "CloudyDB", region: "us-east-1", known: {}, roleArn: undefined },
      processes: Math.min(os.availableParallelism(), 10),
      databaseConnections: Math.min(os.availableParallelism() * 5, 20),
      databasePooler: "none",
      loadWorkers: Math.min(os.availableParallelism(), 64),
      loadQueue: 64,
      shutdown_ms: 15_000,
      proxies: 0,
      requestsPerMinute: undefined,
      tokens: undefined,
      metrics: undefined,
    });
  });

  test("DATABASE_URL and its alias DB_URI override the secret", () => {
    const url = "postgresql://a:b@db/x";
    const secret = { SECRET_ID: "CloudyDB", AWS_REGION: "eu-west-1" };
    expect(readSettings({ ...secret, DATABASE_URL: url }).database).toEqual({ kind: "url", url });
    expect(readSettings({ ...secret, DB_URI: url }).database).toEqual({ kind: "url", url });
    expect(readSettings(secret).database).toMatchObject({ kind: "secret", region: "eu-west-1" });
  });

  test("W5: a process a core, as many as the connections are enough for; a number that is asked for is taken or refused", () => {
    const processes = (environment: Record<string, string>) =>
      readSettings({ DATABASE_URL: "postgresql://a:b@db/x", ...environment }).processes;
    const cores = os.availableParallelism();
    expect(processes({ DATABASE_CONNECTIONS: "100" })).toBe(Math.min(cores, 50));
    expect(processes({ DATABASE_CONNECTIONS: "100", PROCESSES: "0" })).toBe(Math.min(cores, 50));
    expect(processes({ DATABASE_CONNECTIONS: "3" })).toBe(1);
    expect(processes({ DATABASE_CONNECTIONS: "1" })).toBe(1);
    expect(processes({ DATABASE_CONNECTIONS: "3", PROCESSES: "3" })).toBe(3);
    expect(() => processes({ DATABASE_CONNECTIONS: "3", PROCESSES: "4" })).toThrow(
      'PROCESSES is "4" and DATABASE_CONNECTIONS is "3": each process needs one of its own; lower the one or raise the other.',
    );
    expect(() => processes({ PROCESSES: "all" })).toThrow('PROCESSES is "all": give a whole number from 0 to 64.');
  });

  test("everything that is wrong is named at once, without the password", () => {
    const read = () =>
      readSettings({ PORT: "http", LOAD_WORKERS: "0", LOG_LEVEL: "loud", DATABASE_URL: "mysql://u:hunter2@db/x" });
    expect(read).toThrow(SettingsError);
    expect(read).toThrow(
      /PORT is "http".*LOG_LEVEL is "loud".*DATABASE_URL must.*LOAD_WORKERS is "0": give a whole number from 1 to 64\./s,
    );
    expect(read).not.toThrow(/hunter2/);
    expect(() => readSettings({})).toThrow("No database is named: set DATABASE_URL, or SECRET_ID with SECRET_REGION.");
  });
});
