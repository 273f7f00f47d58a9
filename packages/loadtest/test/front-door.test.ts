import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { knock } from "../src/front-door.ts";

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An API that lets one token in. */
const guarded: RequestListener = (request, response) => {
  const isIn = request.headers.authorization === "Bearer good";
  response.writeHead(isIn ? 200 : 401).end("{}");
};
const answering =
  (status: number, headers = {}): RequestListener =>
  (_, response) => {
    response.writeHead(status, headers).end("{}");
  };
const never = new AbortController().signal;

test("A6: a token is sent when one is asked for, and only then", async () => {
  expect(await knock(await serve(guarded), "good", never)).toEqual({
    headers: { authorization: "Bearer good" },
    requestsPerMinute: undefined,
  });
  server?.close();
  expect((await knock(await serve(answering(200)), "good", never)).headers).toEqual({});
});

test.each([
  [undefined, "asks for a bearer token (GET / is answered with status 401): give one by [--token]"],
  ["bad", "does not know this bearer token, or not any more"],
])("A6: with the token %s an API that asks for one is not entered", async (token, message) => {
  await expect(knock(await serve(guarded), token, never)).rejects.toThrow(message);
});

test.each([
  [404, "answers GET / with status 404, and 200 is expected: is this the stack's address?"],
  [429, "has had enough of this address for now (GET / is answered with status 429): try again in 17 s."],
])("whoever answers with %d is told of before anything begins", async (status, message) => {
  await expect(knock(await serve(answering(status, { "retry-after": "17" })), undefined, never)).rejects.toThrow(
    message,
  );
});

test("the limit for one client is read from what the API answers", async () => {
  const url = await serve(answering(200, { "x-ratelimit-limit": "600" }));
  expect((await knock(url, undefined, never)).requestsPerMinute).toBe(600);
});

test("a system that is not up yet is asked again", async () => {
  let count = 0;
  const url = await serve((_, response) => {
    count += 1;
    response.writeHead(count < 2 ? 503 : 200).end("{}");
  });
  expect((await knock(url, undefined, never)).headers).toEqual({});
  expect(count).toBe(2);
});

test("Ctrl-C ends the knocking", async () => {
  const ending = new AbortController();
  const knocking = knock("http://127.0.0.1:9", undefined, ending.signal);
  ending.abort(new Error("ended by the test"));
  await expect(knocking).rejects.toThrow("ended by the test");
});
