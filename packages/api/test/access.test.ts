import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import Fastify from "fastify";
import { beforeEach, describe, expect, test } from "vitest";
import { parseTokenHashes, TokenList } from "../src/access/token-list.ts";
import { type AwsEndpoint, useAwsEndpoint } from "./aws-endpoint.ts";
import { startService } from "./service.ts";

const ENVIRONMENT = {
  DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none",
  TOKENS_SECRET_ID: "CloudyTokens",
  AWS_REGION: "eu-west-1",
};
const secretOf = (...tokens: string[]) =>
  JSON.stringify({ sha256: tokens.map((token) => createHash("sha256").update(token).digest("hex")) });

describe("bearer tokens", () => {
  let aws: AwsEndpoint;

  beforeEach(async () => {
    aws = await useAwsEndpoint();
  });

  const ask = (app: FastifyInstance, authorization?: string, url = "/") =>
    app.inject({ url, headers: authorization === undefined ? {} : { authorization } });

  test("A6: without TOKENS_SECRET_ID nobody is asked for one", async () => {
    const app = await startService({ DATABASE_URL: ENVIRONMENT.DATABASE_URL });
    expect((await ask(app)).statusCode).toBe(200);
    expect((await app.inject("/docs/json")).json().security).toBeUndefined();
  });

  test("A6: each token of the secret is let in; none, a wrong one or another scheme is 401 with a challenge", async () => {
    aws.secret = secretOf("first-token", "second-token");
    const app = await startService(ENVIRONMENT);
    for (const header of ["Bearer first-token", "Bearer second-token", "bearer first-token"]) {
      expect([header, (await ask(app, header)).statusCode]).toEqual([header, 200]);
    }
    for (const header of [
      undefined,
      "Bearer",
      "Bearer ",
      "Bearer third",
      "Bearer first-token x",
      "Basic first-token",
    ]) {
      const response = await ask(app, header);
      expect([header, response.statusCode]).toEqual([header, 401]);
      expect(response.headers["www-authenticate"]).toMatch(/^Bearer realm="cloudy"/);
      expect(response.json()).toMatchObject({ status: 401, detail: expect.stringMatching(/\w/) });
    }
    expect((await ask(app, "Bearer third", "/load?number=7")).statusCode).toBe(401);
    expect((await ask(app, undefined, "/users")).statusCode).toBe(401);
  });

  test("A6: health routes and the documentation stay open, and the documentation says so", async () => {
    aws.secret = secretOf("first-token");
    const app = await startService(ENVIRONMENT);
    expect((await ask(app, undefined, "/healthz")).statusCode).toBe(200);
    expect((await ask(app, undefined, "/readyz")).statusCode).toBe(503);
    expect((await ask(app, undefined, "/docs")).statusCode).toBe(200);
    const document = (await ask(app, undefined, "/docs/json")).json();
    expect(document.security).toEqual([{ bearer: [] }]);
    expect(document.paths["/healthz"].get.security).toEqual([]);
  });

  test("A6: nobody is let in while the secret cannot be read, or is not what it must be", async () => {
    const app = await startService(ENVIRONMENT);
    const response = await ask(app, "Bearer first-token");
    expect([response.statusCode, response.headers["retry-after"]]).toEqual([503, "2"]);
    aws.secret = "first-token";
    const other = await startService(ENVIRONMENT);
    expect((await ask(other, "Bearer first-token")).statusCode).toBe(503);
  });
});

describe("TokenList", () => {
  const { log } = Fastify({ logger: false });

  test("A6: a new token is let in within seconds, a withdrawn one refused within minutes, an outage changes nothing", async () => {
    let [now_ms, fetches, secret] = [0, 0, secretOf("old")];
    const fetch = async () => {
      fetches += 1;
      if (secret === "") throw new Error("Secrets Manager is away.");
      return secret;
    };
    const tokens = new TokenList({ fetch, now_ms: () => now_ms, log });
    expect([await tokens.has("old"), await tokens.has("new"), fetches]).toEqual([true, false, 1]);
    secret = secretOf("new");
    now_ms += 5_000;
    expect([await tokens.has("new"), fetches]).toEqual([false, 1]);
    now_ms += 6_000;
    expect([await tokens.has("new"), await tokens.has("old"), fetches]).toEqual([true, false, 2]);
    secret = "";
    now_ms += 301_000;
    expect([await tokens.has("new"), fetches]).toEqual([true, 3]);
    secret = secretOf();
    now_ms += 301_000;
    expect([await tokens.has("new"), fetches]).toEqual([false, 4]);
  });

  test("A6: many at once share one fetch", async () => {
    let fetches = 0;
    const fetch = async () => {
      fetches += 1;
      return secretOf("a");
    };
    const tokens = new TokenList({ fetch, now_ms: () => 0, log });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => tokens.has(n % 2 === 0 ? "a" : "b")));
    expect([answers.filter(Boolean).length, fetches]).toEqual([25, 1]);
  });

  test.each(["", "[]", "null", '{"sha256":"aa"}', '{"sha256":["aa"]}', '{"tokens":[]}'])(
    "%s is refused without repeating it",
    (text) => expect(() => parseTokenHashes(text)).toThrow(/must be \{"sha256"/),
  );
});
