import { expect, test } from "vitest";
import { CONNECTION_LIMITS } from "../src/constants.ts";
import { requestBytes, writeThenRead } from "./raw-client.ts";
import { startService } from "./service.ts";

const NO_DATABASE = { DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" };
/** As the service has them, forty times shorter: how late each is noticed is `checkInterval_ms`. */
const QUICK = {
  headersTimeout_ms: CONNECTION_LIMITS.headersTimeout_ms / 40,
  requestTimeout_ms: CONNECTION_LIMITS.requestTimeout_ms / 40,
  keepAliveTimeout_ms: 500,
  checkInterval_ms: CONNECTION_LIMITS.checkInterval_ms / 40,
  linger_ms: 400,
};
/** What a busy machine adds. */
const SLACK_MS = 350;
const POST = { "content-type": "application/json", "content-length": "1000" };

async function listen() {
  const app = await startService(NO_DATABASE, QUICK);
  return await app.listen({ host: "127.0.0.1", port: 0 });
}

/** In pieces, so that the connection is never idle. */
function trickle(bytes: Buffer, first: number): readonly Buffer[] {
  const pieces = [bytes.subarray(0, first)];
  for (let index = first; index < first + 12 && index < bytes.length; index += 1) {
    pieces.push(bytes.subarray(index, index + 1));
  }
  return pieces;
}

test("A6: the server is told all of its times", async () => {
  const { server } = await startService(NO_DATABASE);
  expect([server.headersTimeout, server.requestTimeout, server.keepAliveTimeout]).toEqual([15_000, 30_000, 72_000]);
  expect(CONNECTION_LIMITS.checkInterval_ms).toBeLessThanOrEqual(1_000);
});

test.each([
  ["headers that stop", [requestBytes("GET /", { x: "y" }).subarray(0, 30)], QUICK.headersTimeout_ms],
  ["a body that stops", [requestBytes("POST /users", POST, "{")], QUICK.requestTimeout_ms],
  ["a connection without a request", [], QUICK.headersTimeout_ms],
  ["a second request that stops", [requestBytes("GET /healthz", {}), "GET / HT"], QUICK.headersTimeout_ms],
])("A6: %s is answered 408, when it is due", async (what, pieces, due_ms) => {
  const answer = await writeThenRead(await listen(), pieces);
  expect([answer.statuses.at(-1), answer.over]).toEqual([408, "end"]);
  expect(answer.statuses.length).toBe(what.startsWith("a second") ? 2 : 1);
  expect(answer.text).toMatch(/content-type: application\/problem\+json/i);
  expect(answer.time_ms).toBeGreaterThan(due_ms - 20);
  expect(answer.time_ms).toBeLessThan(due_ms + QUICK.checkInterval_ms + SLACK_MS);
});

test.each([
  ["headers", trickle(requestBytes("GET /", { "x-long": "y".repeat(100) }), 20), QUICK.headersTimeout_ms],
  ["a body", trickle(requestBytes("POST /users", POST, " ".repeat(1000)), 90), QUICK.requestTimeout_ms],
])("A6: %s that only trickle get no more time", async (_what, pieces, due_ms) => {
  const { statuses, over, time_ms } = await writeThenRead(await listen(), pieces, { pause_ms: due_ms / 10 });
  expect([statuses, over]).toEqual([[408], "end"]);
  expect(time_ms).toBeLessThan(due_ms * 1.3 + QUICK.checkInterval_ms + SLACK_MS);
});

test("A6: a body that was answered early and then stops is not answered twice", async () => {
  const sent = requestBytes("POST /users", { ...POST, "content-length": "100000" }, "{");
  const { statuses, over, time_ms } = await writeThenRead(await listen(), [sent]);
  expect([statuses, over]).toEqual([[413], "end"]);
  expect(time_ms).toBeLessThan(QUICK.requestTimeout_ms + QUICK.checkInterval_ms + SLACK_MS);
});

test("A6: a kept-alive connection is closed without a word when its time is up", async () => {
  const { statuses, over, time_ms } = await writeThenRead(await listen(), [requestBytes("GET /healthz", {})]);
  expect([statuses, over]).toEqual([[200], "end"]);
  // Node gives a second more than it tells the client.
  expect(time_ms).toBeGreaterThan(QUICK.keepAliveTimeout_ms);
  expect(time_ms).toBeLessThan(QUICK.keepAliveTimeout_ms + 1_000 + SLACK_MS);
});
