import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import type { FastifyInstance, InjectOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { ApiDocument, Operation } from "../src/docs/document.ts";
import { useAwsEndpoint } from "./aws-endpoint.ts";
import { type Answer, Judge } from "./judge.ts";
import { createPostgres, type PostgresServer } from "./postgres-server.ts";
import { startService, untilReady } from "./service.ts";

const TOKEN = "right";
const NO_DATABASE = { DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" };
const TOKENS = { TOKENS_SECRET_ID: "CloudyTokens", AWS_REGION: "eu-west-1" };
const LIMIT = 10;
const LIMITED = { REQUESTS_PER_MINUTE: `${LIMIT}`, PROXIES: "1" };
/** Half a second of calculation. */
const LONG = 9007199254740881;

/** A service, one of its operations, and everything that can be done to it. */
interface Case {
  readonly app: FastifyInstance;
  readonly path: string;
  readonly method: "GET" | "POST";
}

let clients = 0;
/** Each request is another client's, so that none but the one that wants to reaches the limit. */
const client = () => ({ "x-forwarded-for": `198.51.${Math.floor(++clients / 250)}.${clients % 250}` });
let names = 0;
const user = () => ({ username: `name ${++names}`, email: `name${names}@example.com` });

function ask(
  { app, path, method }: Case,
  change: InjectOptions & { query?: never } = {},
  search = "",
): Promise<Answer> {
  const headers = { authorization: `Bearer ${TOKEN}`, ...client(), ...change.headers };
  const body = method === "POST" ? { payload: user() } : {};
  return app.inject({ method, url: `${path}${search}`, ...body, ...change, headers });
}

/** Bytes that are written as they are. */
async function send({ app }: Case, bytes: string): Promise<Answer> {
  const socket = connect((app.server.address() as { port: number }).port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(bytes);
  return answerOn(socket);
}

async function answerOn(socket: ReturnType<typeof connect>): Promise<Answer> {
  let text = "";
  for await (const chunk of socket) text += chunk;
  const [head = "", body = ""] = text.split("\r\n\r\n");
  const [status = "", ...lines] = head.split("\r\n");
  const headers = lines.map((line) => [line.split(": ", 1)[0]!.toLowerCase(), line.replace(/^[^:]+: /, "")]);
  return { statusCode: Number(status.split(" ")[1]), headers: Object.fromEntries(headers), body };
}

/** What Node tells of a request that does not arrive in time, without the time. */
async function stall(given: Case): Promise<Answer> {
  const accepted = once(given.app.server, "connection");
  const answer = send(given, `${given.method} ${given.path} HTTP/1.1\r\nHost: a\r\n`);
  const [socket] = await accepted;
  given.app.server.emit("clientError", Object.assign(new Error("late"), { code: "ERR_HTTP_REQUEST_TIMEOUT" }), socket);
  return answer;
}

async function busy(given: Case): Promise<readonly Answer[]> {
  return Promise.all(Array.from({ length: 4 }, () => ask(given, {}, `?number=${LONG}`)));
}

async function mistaken({ app, ...rest }: Case): Promise<readonly Answer[]> {
  const mistakes = [vi.spyOn(app.database, "read"), vi.spyOn(app.database, "write"), vi.spyOn(app.primePool, "run")];
  for (const mistake of mistakes) mistake.mockRejectedValue(new Error("a mistake"));
  const answer = await ask({ app, ...rest });
  for (const mistake of mistakes) mistake.mockRestore();
  return [answer];
}

/** Whatever may be done to an operation of `GET`. */
async function disturb(given: Case): Promise<readonly Answer[]> {
  const { method, path } = given;
  const address = client();
  const many: Answer[] = [];
  for (let count = 0; count <= LIMIT; count += 1) many.push(await ask(given, { headers: address }));
  return [
    await ask(given, {}, "?unknown=1"),
    await ask(given, { headers: { authorization: "Bearer wrong" } }),
    await ask(given, { headers: { authorization: "" } }),
    await ask(given, { headers: { "content-type": "text/plain" }, payload: "x" }),
    await ask(given, { headers: { "content-type": "application/json" }, payload: `"${"x".repeat(17_000)}"` }),
    await send(given, `${method} ${path} HTTP/1.1\r\nConnection: close\r\n\r\n`),
    await send(given, `${method} ${path} HTTP/1.1\r\nHost: a\r\nno header\r\n\r\n`),
    await send(given, `${method} ${path} HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`),
    await stall(given),
    ...many,
    ...(await mistaken(given)),
    ...(path === "/load" ? await busy(given) : []),
    ...(method === "POST" ? await conflict(given) : []),
  ];
}

async function conflict(given: Case): Promise<readonly Answer[]> {
  const payload = user();
  const headers = { "idempotency-key": `key-${names}` };
  const answers = [];
  for (const change of [{ payload, headers }, { payload, headers }, { payload }, { headers }, { payload: "{" }]) {
    answers.push(await ask(given, { ...change, headers: { "content-type": "application/json", ...change.headers } }));
  }
  return answers;
}

describe("the OpenAPI document", () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await createPostgres();
    await postgres.start();
  });
  afterAll(() => postgres.remove());

  test.each([
    ["neither tokens nor a limit", {}],
    ["tokens", TOKENS],
    ["a limit", LIMITED],
    ["both", { ...TOKENS, ...LIMITED }],
  ])("A6: with %s, what it names happens, and nothing else", async (_case, environment) => {
    const aws = await useAwsEndpoint();
    aws.secret = JSON.stringify({ sha256: [createHash("sha256").update(TOKEN).digest("hex")] });
    const loads = { LOAD_WORKERS: "1", LOAD_QUEUE: "1" };
    const app = await startService({ DATABASE_URL: postgres.url, ...loads, ...environment });
    await untilReady(app);
    await app.listen({ host: "127.0.0.1", port: 0 });
    expect((await app.inject({ url: "/", headers: { authorization: `Bearer ${TOKEN}` } })).statusCode).toBe(200);
    aws.secret = undefined;
    const away = await startService({ ...NO_DATABASE, ...environment });

    const document: ApiDocument = (await app.inject("/docs/json")).json();
    const judge = new Judge();
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const given = { app, path, method: method.toUpperCase() as Case["method"] };
        const answers = [...(await disturb(given)), await ask({ ...given, app: away })];
        for (const answer of answers) judge.check(operation, answer);
        expect([path, method, statusesOf(answers)]).toEqual([path, method, documentedIn(operation)]);
      }
    }
  });
});

/** A mistake may be anywhere; where nothing is asked of anybody, none can be brought about here. */
function statusesOf(answers: readonly Answer[]): readonly number[] {
  return [...new Set([...answers.map(({ statusCode }) => statusCode), 500])].sort();
}

function documentedIn({ responses }: Operation): readonly number[] {
  return Object.keys(responses).map(Number);
}
