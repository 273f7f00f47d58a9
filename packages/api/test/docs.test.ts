import { describe, expect, test } from "vitest";
import { startService } from "./service.ts";

const NO_DATABASE = { DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" };
const TOKENS = { TOKENS_SECRET_ID: "CloudyTokens", AWS_REGION: "eu-west-1" };
const LIMIT = { REQUESTS_PER_MINUTE: "100" };

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Readonly<Record<string, unknown>>;
}

describe("documentation", () => {
  test.each([
    ["neither tokens nor a limit", {}, []],
    ["tokens", TOKENS, ["401", "503"]],
    ["a limit", LIMIT, ["429"]],
    ["both", { ...TOKENS, ...LIMIT }, ["401", "429", "503"]],
  ])("A6: with %s, /docs/json names every operation with its answers", async (_case, environment, guards) => {
    const app = await startService({ ...NO_DATABASE, ...environment });
    const response = await app.inject("/docs/json");
    expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
    const document = response.json();
    expect(document.openapi).toBe("3.1.0");
    const operations = Object.entries<Record<string, { responses: object }>>(document.paths).flatMap(
      ([path, methods]) =>
        Object.entries(methods).map(([method, { responses }]) => [`${method} ${path}`, Object.keys(responses)]),
    );
    const any = ["400", "408", "431", "500"];
    const guarded = (...own: readonly string[]) => [...new Set([...any, ...guards, ...own])].sort();
    expect(Object.fromEntries(operations)).toEqual({
      "get /": guarded("200"),
      "get /healthz": ["200", ...any].sort(),
      "get /readyz": ["200", "503", ...any].sort(),
      "get /load": guarded("200", "503"),
      "get /users": guarded("200", "503"),
      "post /users": guarded("201", "409", "413", "415", "422", "503"),
    });
    const problem = document.paths["/users"].post.responses["503"];
    expect(problem.content["application/problem+json"].schema.properties).toHaveProperty("detail");
    expect(problem.headers).toMatchObject({ "retry-after": { required: true, schema: { type: "integer" } } });
    expect(document.paths["/users"].get.responses["200"].headers).toHaveProperty("link");
  });

  test("A6: 401 comes with its challenge and 429 with when to go on; a limit counts in each answer behind it", async () => {
    const app = await startService({ ...NO_DATABASE, ...TOKENS, ...LIMIT });
    const { responses } = (await app.inject("/docs/json")).json().paths["/users"].get;
    const headers = Object.fromEntries(
      Object.entries<{ headers?: Record<string, { required: boolean }> }>(responses).map(([status, response]) => [
        status,
        Object.entries(response.headers ?? {}).map(([name, { required }]) => `${name}${required ? "" : "?"}`),
      ]),
    );
    const counters = (mark: string) => ["limit", "remaining", "reset"].map((name) => `x-ratelimit-${name}${mark}`);
    expect(headers).toEqual({
      "200": ["link?", ...counters("")],
      "400": counters("?"),
      "401": ["www-authenticate"],
      "408": [],
      "429": ["retry-after", ...counters("")],
      "431": [],
      "500": counters("?"),
      "503": ["retry-after", ...counters("?")],
    });
  });

  test("A6: security is spoken of only where tokens are asked for", async () => {
    const open = (await (await startService(NO_DATABASE)).inject("/docs/json")).json();
    expect([open.components.securitySchemes, open.security]).toEqual([undefined, undefined]);
    expect([open.paths["/users"].get.security, open.paths["/healthz"].get.security]).toEqual([[], []]);
    const closed = (await (await startService({ ...NO_DATABASE, ...TOKENS })).inject("/docs/json")).json();
    expect(closed.components.securitySchemes).toEqual({ bearer: { type: "http", scheme: "bearer" } });
    expect([closed.paths["/users"].get.security, closed.paths["/healthz"].get.security]).toEqual([undefined, []]);
  });

  test("A3 A4: what has a default need not be sent, and its bounds are told", async () => {
    const app = await startService(NO_DATABASE);
    const { paths } = (await app.inject("/docs/json")).json();
    const parameters = (operation: { parameters: readonly Parameter[] }) =>
      Object.fromEntries(operation.parameters.map(({ name, schema }) => [name, schema]));
    const max = Number.MAX_SAFE_INTEGER;
    expect(parameters(paths["/load"].get)).toEqual({
      number: { type: "integer", format: "int64", minimum: 0, maximum: max, default: 112272535095293 },
    });
    expect(parameters(paths["/users"].get)).toEqual({
      limit: { type: "integer", format: "int32", minimum: 1, maximum: 1000, default: 100 },
      after: { type: "integer", format: "int64", minimum: 0, maximum: max, default: 0 },
    });
    expect(parameters(paths["/users"].post)).toMatchObject({ "idempotency-key": { type: "string", maxLength: 255 } });
    const everywhere = Object.values<Record<string, { parameters?: readonly Parameter[] }>>(paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap((operation) => operation.parameters ?? []);
    expect(everywhere.filter(({ required }) => required)).toEqual([]);
  });

  test("A6: /docs shows all of it to people, without scripts and without other files", async () => {
    const app = await startService(NO_DATABASE);
    const response = await app.inject("/docs");
    expect(response.headers["content-type"]).toBe("text/html; charset=utf-8");
    for (const text of ["GET /users", "POST /users", "idempotency-key", "maxLength 80", "default 100"]) {
      expect(response.body).toContain(text);
    }
    expect(response.body).not.toMatch(/<script|<link|src=/);
    // Of all that can be sent, the two fields of a user must be.
    expect(response.body.match(/, required/g)).toHaveLength(2);
    expect(response.body).not.toMatch(/<td>(401|429)|Bearer/);
    expect(response.body).toContain("<code>HEAD</code>");
  });

  test("A6: /docs shows where a token is asked for", async () => {
    const app = await startService({ ...NO_DATABASE, ...TOKENS, ...LIMIT });
    const [, ...sections] = (await app.inject("/docs")).body.split("<section>");
    for (const section of sections) {
      const isOpen = /<h2><code>GET \/(healthz|readyz)</.test(section);
      expect(section.includes("authorization: Bearer")).toBe(!isOpen);
      expect([...section.matchAll(/<tr><td>(401|429)</g)].map(([, status]) => status)).toEqual(
        isOpen ? [] : ["401", "429"],
      );
    }
  });
});
