import fc from "fast-check";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ApiDocument, Operation, Schema } from "../src/docs/document.ts";
import { Judge } from "./judge.ts";
import { createPostgres, type PostgresServer } from "./postgres-server.ts";
import { post, startService, untilReady } from "./service.ts";

/** Each run is a request; a failure prints its seed and the smallest request that still fails. */
const RUNS = 200;

interface Request {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly payload?: string;
}

describe("requests made up from the OpenAPI document", () => {
  let postgres: PostgresServer;
  let app: FastifyInstance;
  let document: ApiDocument;

  beforeAll(async () => {
    postgres = await createPostgres();
    await postgres.start();
  });
  afterAll(() => postgres.remove());
  beforeEach(async () => {
    app = await startService({ DATABASE_URL: postgres.url });
    await untilReady(app);
    document = (await app.inject("/docs/json")).json();
  });

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );

  test("A6: every answer is documented, and is as documented", async () => {
    const judge = new Judge();
    for (const { path, method, operation } of operations()) {
      const seen = new Set<number>();
      await fc.assert(
        fc.asyncProperty(requestTo(path, method, operation), async (request) => {
          const response = await app.inject(request);
          seen.add(response.statusCode);
          judge.check(operation, response);
          expect(response.statusCode).toBeLessThan(500);
        }),
        { numRuns: RUNS },
      );
      // Both sides of the validation were reached, or this test would prove little.
      const expected = path.endsWith("z") ? [200] : [method === "post" ? 201 : 200, 400];
      expect([path, method, [...seen]]).toEqual([path, method, expect.arrayContaining(expected)]);
    }
  });

  test("A2 A3: a user is taken exactly when the document's schema holds, and comes back unchanged", async () => {
    const operation = document.paths["/users"]!["post"]!;
    const isValid = new Judge().compile(operation.requestBody!.content["application/json"]!.schema!);
    await fc.assert(
      fc.asyncProperty(bodyOf(operation), async (body) => {
        await app.pg.query("DELETE FROM users");
        const response = await post(app, JSON.stringify(body));
        expect(response.statusCode).toBe(isValid(body) ? 201 : 400);
        const listed = (await app.inject("/users")).json<Record<string, unknown>[]>();
        expect(listed.map(({ username, email }) => ({ username, email }))).toEqual(isValid(body) ? [body] : []);
      }),
      { numRuns: RUNS / 2 },
    );
  });
});

function requestTo(path: string, method: string, operation: Operation): fc.Arbitrary<Request> {
  const parameters = (where: string) =>
    fc.record(
      Object.fromEntries(
        (operation.parameters ?? [])
          .filter((parameter) => parameter.in === where)
          .map((parameter) => [parameter.name, fc.oneof(textFor(parameter.schema ?? {}), text())]),
      ),
      { requiredKeys: [] },
    );
  const unknown = fc.option(fc.dictionary(fc.string({ minLength: 1 }), text(), { maxKeys: 2 }), { nil: {}, freq: 5 });
  const isPost = method === "post";
  return fc
    .record({
      query: parameters("query"),
      unknown,
      headers: parameters("header"),
      body: bodyOf(operation),
      raw: rawBody(),
    })
    .map(({ query, unknown: extra, headers, body, raw }) => ({
      method: isPost ? ("POST" as const) : ("GET" as const),
      url: `${path}${search({ ...given(query), ...extra })}`,
      headers: {
        ...Object.fromEntries(Object.entries(given(headers)).filter(([, value]) => isHeaderValue(value))),
        ...(isPost ? { "content-type": raw?.mediaType ?? "application/json" } : {}),
      },
      ...(isPost ? { payload: raw?.payload ?? JSON.stringify(body) } : {}),
    }));
}

/** Without those that were left out. */
function given(parameters: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([k, value]) => (value === undefined ? [] : [[k, value]])),
  );
}

function search(parameters: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(parameters).toString();
  return text === "" ? "" : `?${text}`;
}

/** Node refuses to send others. */
function isHeaderValue(value: string): boolean {
  return /^[\x20-\x7e]*$/.test(value);
}

function rawBody() {
  const mediaType = fc.constantFrom("application/json", "text/plain", "application/x-www-form-urlencoded", "a/b", "/");
  const payload = fc.oneof(fc.string(), fc.json(), fc.constant("x".repeat(17_000)), fc.constant('{"__proto__":{}}'));
  return fc.option(fc.record({ mediaType, payload }), { nil: undefined, freq: 4 });
}

/** Mostly what the schema allows, otherwise near misses of it and anything at all. */
function bodyOf(operation: Operation): fc.Arbitrary<unknown> {
  const schema = operation.requestBody?.content["application/json"]?.schema;
  if (schema === undefined) return fc.constant(undefined);
  const right = Object.entries(schema.properties ?? {}).map(([name, property]) => [name, valueFor(property)] as const);
  const near = right.map(([name, value]) => [name, fc.oneof(value, text(), fc.jsonValue())] as const);
  return fc.oneof(
    { weight: 3, arbitrary: fc.record(Object.fromEntries(right)) },
    { weight: 3, arbitrary: fc.record(Object.fromEntries(near), { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.jsonValue() },
  );
}

function valueFor(schema: Schema): fc.Arbitrary<unknown> {
  const length = { minLength: Number(schema["minLength"] ?? 0), maxLength: Number(schema["maxLength"] ?? 20) };
  if (schema["format"] === "email") return fc.emailAddress();
  return schema.type === "string" ? fc.string({ unit: "grapheme-composite", ...length }) : fc.maxSafeInteger();
}

function textFor(schema: Schema): fc.Arbitrary<string> {
  if (schema.type !== "integer") return fc.stringMatching(/^[\x21-\x7e]{1,40}$/);
  // Beyond a few million a calculation is only slow.
  const max = Math.min(Number(schema["maximum"]), 1_000_000);
  const near = fc.constantFrom(Number(schema["minimum"]) - 1, Number(schema["maximum"]) + 1, 0.5, -1, 1e21);
  return fc.oneof(fc.integer({ min: Number(schema["minimum"]), max }), near).map(String);
}

/** Strings of which many are trouble: controls, lone surrogates, quotes, very long ones. */
function text(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({
      unit: fc.constantFrom("\u0000", "\u001f", "\u007f", "\ud800", "'", '"', "\\", "%", " ", "a", "é", "🙂"),
    }),
    fc.string({ minLength: 70, maxLength: 140 }),
  );
}
