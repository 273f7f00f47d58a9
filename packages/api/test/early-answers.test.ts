import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { useAwsEndpoint } from "./aws-endpoint.ts";
import { largeRequest, requestBytes, writeThenRead } from "./raw-client.ts";
import { startService } from "./service.ts";

const NO_DATABASE = { DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" };
const KB = 1024;
/** Twenty of each, and with other clients, are .ci/early-answers.py. */
const REPEATS = 3;
const PING = requestBytes("GET /healthz", {});

async function listen(environment: Record<string, string> = {}, limits = {}) {
  const app = await startService({ ...NO_DATABASE, ...environment }, limits);
  return { app, url: await app.listen({ host: "127.0.0.1", port: 0 }) };
}

describe.each(["length", "chunked"] as const)("a body under way, framed by %s", (framing) => {
  test.each([17 * KB, 256 * KB, 1024 * KB, 5 * KB * KB])(
    "A6: of %i bytes gets its 413, and its connection serves the next request",
    async (bytes) => {
      const { url } = await listen();
      for (let n = 0; n < REPEATS; n += 1) {
        const sent = [largeRequest("POST /users", bytes, framing), PING];
        const { statuses, over } = await writeThenRead(url, sent, { answers: 2 });
        expect([statuses, over]).toEqual([[413, 200], "enough"]);
      }
    },
  );

  test.each([
    ["404", "POST /nowhere", {}],
    ["405", "PUT /users", {}],
    ["415", "POST /users", { "content-type": "text/plain" }],
    ["415", "POST /users", { "content-type": "/" }],
    ["400", "POST /%zz", {}],
    ["413", "POST /users", { expect: "a-miracle" }],
    ["413", "POST /users", { connection: "close" }],
  ])("A6: gets its %s: %s %o", async (status, line, headers) => {
    const { url } = await listen();
    for (let n = 0; n < REPEATS; n += 1) {
      const isLast = "connection" in headers;
      const sent = largeRequest(line, 1024 * KB, framing, headers);
      const answer = await writeThenRead(url, [sent], isLast ? {} : { answers: 1 });
      expect([answer.statuses, answer.over]).toEqual([[Number(status)], isLast ? "end" : "enough"]);
      expect(answer.text).toMatch(/content-type: application\/problem\+json/i);
      expect(answer.time_ms).toBeLessThan(2_000);
    }
  });

  test("A6: gets its 401 and its 429", async () => {
    const aws = await useAwsEndpoint();
    aws.secret = JSON.stringify({ sha256: [createHash("sha256").update("token").digest("hex")] });
    const guarded = await listen({ TOKENS_SECRET_ID: "CloudyTokens", AWS_REGION: "eu-west-1" });
    const limited = await listen({ REQUESTS_PER_MINUTE: "1" });
    await fetch(limited.url);
    for (let n = 0; n < REPEATS; n += 1) {
      for (const [url, status] of [[guarded.url, 401] as const, [limited.url, 429] as const]) {
        const sent = largeRequest("POST /users", 1024 * KB, framing);
        const answer = await writeThenRead(url, [sent], { answers: 1 });
        expect([answer.statuses, answer.over]).toEqual([[status], "enough"]);
      }
    }
  });
});

test("A6: without a Host header the answer is 400, also with a body under way", async () => {
  const { url } = await listen();
  const body = "x".repeat(1024 * KB);
  const sent = `POST /users HTTP/1.1\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const answer = await writeThenRead(url, [sent], { answers: 1 });
  expect([answer.statuses, answer.over]).toEqual([[400], "enough"]);
  expect(answer.text).toMatch(/no Host header/);
  expect(answer.text).toMatch(/x-frame-options: DENY/i);
});

test("A6: 1 MB of headers gets its 431", async () => {
  const { url } = await listen();
  const { statuses, over } = await writeThenRead(url, [requestBytes("GET /", { x: "x".repeat(1024 * KB) })]);
  expect([statuses, over]).toEqual([[431], "end"]);
});

test("A6: past the bound a connection ends: at once when the length says so, else when it is reached", async () => {
  const { url } = await listen({}, { discardedBytes_max: 1024 * KB, linger_ms: 200 });
  const announced = await writeThenRead(url, [largeRequest("POST /users", 1025 * KB, "length").subarray(0, 64 * KB)]);
  expect([announced.statuses, announced.over]).toEqual([[413], "end"]);
  expect(announced.text).toMatch(/connection: close/i);
  const start_ms = performance.now();
  const endless = largeRequest("POST /users", 256 * KB, "chunked").subarray(0, -5);
  const piece = endless.subarray(endless.length - 0x4000 * 10);
  const more = [endless, ...Array.from({ length: 1_000 }, () => piece)];
  const { over } = await writeThenRead(url, more, { pause_ms: 1 });
  expect(over).toMatch(/EPIPE|ECONNRESET/);
  expect(performance.now() - start_ms).toBeLessThan(5_000);
});

test("A6: a shutdown does not wait for a body that was answered already", async () => {
  const { app, url } = await listen({ SHUTDOWN_SECONDS: "15" }, { linger_ms: 200 });
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(largeRequest("POST /users", 64 * KB, "length").subarray(0, 1_000));
  const [answer] = await once(socket, "data");
  expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
  const start_ms = performance.now();
  await app.close();
  expect(performance.now() - start_ms).toBeLessThan(3_000);
  socket.destroy();
});

test("A6: a large body that comes while the service shuts down gets its 413 and the end of its connection", async () => {
  const { app, url } = await listen({ SHUTDOWN_SECONDS: "8" });
  const open = Array.from({ length: 4 }, () =>
    connect({ port: Number(new URL(url).port), host: "127.0.0.1", allowHalfOpen: true }),
  );
  for (const socket of open) {
    socket.write(PING);
    await once(socket, "data");
  }
  const closed = app.close();
  const answers = open.map(async (socket, n) => {
    socket.pause();
    await new Promise((sent) =>
      socket.write(largeRequest("POST /users", 1024 * KB, n % 2 === 0 ? "length" : "chunked"), sent),
    );
    const text = (await socket.toArray()).join("");
    socket.destroy();
    return [text.slice(9, 12), /connection: close/i.test(text)];
  });
  expect(await Promise.all(answers)).toEqual(open.map(() => ["413", true]));
  await closed;
});

test("A6: a body that no route asks for is no hindrance either", async () => {
  const { url } = await listen();
  for (const framing of ["length", "chunked"] as const) {
    const kept = await writeThenRead(url, [largeRequest("GET /healthz", 1024 * KB, framing), PING], { answers: 2 });
    expect([kept.statuses, kept.over]).toEqual([[200, 200], "enough"]);
    const last = await writeThenRead(url, [largeRequest("GET /healthz", 1024 * KB, framing, { connection: "close" })]);
    expect([last.statuses, last.over]).toEqual([[200], "end"]);
  }
});
