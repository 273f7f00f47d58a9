import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { parseDatabaseSecret } from "../src/database/credentials.ts";
import { ASSUMED_KEY, type AwsEndpoint, useAwsEndpoint } from "./aws-endpoint.ts";
import { createNetwork } from "./network.ts";
import { createPostgres, type PostgresServer } from "./postgres-server.ts";
import { post, startService, untilReady } from "./service.ts";

const SECRET = { SECRET_ID: "CloudyDB", SECRET_REGION: "us-east-1" };

describe("the database secret", () => {
  let postgres: PostgresServer;
  let aws: AwsEndpoint;

  beforeAll(async () => {
    postgres = await createPostgres();
    await postgres.start();
  });
  afterAll(() => postgres.remove());
  beforeEach(async () => {
    aws = await useAwsEndpoint();
    await postgres.sql("DROP SCHEMA IF EXISTS app CASCADE");
    await postgres.sql("DROP ROLE IF EXISTS cloudy");
    await postgres.sql("CREATE ROLE cloudy LOGIN PASSWORD 'one'");
    await postgres.sql("CREATE SCHEMA app AUTHORIZATION cloudy");
    await postgres.sql("ALTER ROLE cloudy SET search_path = app");
  });

  const secretWith = (password: string, port = postgres.port) =>
    JSON.stringify({ username: "cloudy", password, host: "127.0.0.1", port, dbname: "postgres" });

  test("A7: the service logs in with the secret's credentials", async () => {
    aws.secret = secretWith("one");
    const app = await startService(SECRET);
    await untilReady(app);
    expect(aws.calls).toEqual([
      { action: "GetSecretValue", input: { SecretId: "CloudyDB" }, accessKeyId: "AKIAINSTANCE" },
    ]);
  });

  test("W9: a secret of another account is read with the role that is assumed first", async () => {
    aws.secret = secretWith("one");
    const roleArn = "arn:aws:iam::210987654321:role/SecretsManagerCloudy";
    const app = await startService({ ...SECRET, SECRET_ROLE_ARN: roleArn });
    await untilReady(app);
    expect(aws.calls.map((call) => [call.action, call.accessKeyId])).toEqual([
      ["AssumeRole", "AKIAINSTANCE"],
      ["GetSecretValue", ASSUMED_KEY],
    ]);
    expect(aws.calls[0]?.input).toMatchObject({ RoleArn: roleArn, RoleSessionName: "cloudy-api" });
  });

  test("A7: fetching is tried again until it works", async () => {
    const app = await startService(SECRET);
    await vi.waitFor(() => expect(aws.calls.length).toBeGreaterThan(0), { timeout: 5_000 });
    expect((await app.inject("/readyz")).statusCode).toBe(503);
    aws.secret = secretWith("one");
    await untilReady(app);
  });

  test("A7: after a rotation the credentials are fetched again and no request fails", async () => {
    aws.secret = secretWith("one");
    const app = await startService(SECRET);
    await untilReady(app);
    await postgres.sql("ALTER ROLE cloudy PASSWORD 'two'");
    aws.secret = secretWith("two");
    // A rotation comes long after the first fetch; open connections end, new ones need the new password.
    await postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'cloudy'");
    vi.spyOn(performance, "now").mockReturnValue(performance.now() + 60_000);
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const users = [1, 2, 3, 4].map((n) => ({ username: `u${n}`, email: `u${n}@example.com` }));
    expect((await app.inject("/users")).statusCode).toBe(200);
    const codes = await Promise.all(users.map(async (user) => (await post(app, user)).statusCode));
    expect(codes).toEqual([201, 201, 201, 201]);
    expect(aws.calls.length).toBe(2);
  });

  test("A7: a secret that stays wrong is not fetched at every login", async () => {
    const network = await createNetwork(postgres.port);
    onTestFinished(() => network.close());
    aws.secret = secretWith("wrong", network.port);
    const app = await startService(SECRET);
    await vi.waitFor(() => expect(network.accepted()).toBeGreaterThan(3), { timeout: 10_000 });
    expect((await app.inject("/readyz")).statusCode).toBe(503);
    expect(aws.calls.length).toBe(1);
  });
});

describe("parseDatabaseSecret", () => {
  const secret = { username: "u", password: "p", host: "10.10.10.10", port: 5432, dbname: "cloudy" };

  test("the port may be text", () => {
    expect(parseDatabaseSecret(JSON.stringify({ ...secret, port: "5432" }))).toEqual(secret);
  });

  test("a CA is passed on, an empty one is none", () => {
    const ca = "-----BEGIN CERTIFICATE-----\n";
    expect(parseDatabaseSecret(JSON.stringify({ ...secret, ca }))).toEqual({ ...secret, ca });
    expect(parseDatabaseSecret(JSON.stringify({ ...secret, ca: "" }))).toEqual(secret);
  });

  test.each([
    ["not json", /not JSON/],
    ["null", /lacks a usable username, password, host, dbname/],
    [JSON.stringify({ ...secret, password: undefined }), /lacks a usable password:/],
    [JSON.stringify({ ...secret, port: "x" }), /lacks a usable port:/],
    [JSON.stringify({ ...secret, ca: "/etc/ca.pem" }), /ca is no PEM certificate:/],
  ])("%s is refused without repeating it", (text, message) => {
    expect(() => parseDatabaseSecret(text)).toThrow(message);
  });
});
