import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { readSettings } from "../src/settings.ts";
import { type AwsEndpoint, useAwsEndpoint } from "./aws-endpoint.ts";
import { type CertificateAuthority, createAuthority } from "./certificate-authority.ts";
import { createPostgres, type PostgresServer } from "./postgres-server.ts";
import { startService, untilReady } from "./service.ts";

const SECRET = { SECRET_ID: "CloudyDB", SECRET_REGION: "us-east-1" };

describe("TLS to PostgreSQL", () => {
  let postgres: PostgresServer;
  let authority: CertificateAuthority;
  let stranger: CertificateAuthority;
  let directory: string;
  let aws: AwsEndpoint;

  beforeAll(async () => {
    directory = await mkdtemp(join(os.tmpdir(), "cloudy-api-tls-"));
    [postgres, authority, stranger] = await Promise.all([createPostgres(), createAuthority(), createAuthority()]);
    await postgres.start(await authority.sign("IP:127.0.0.1"));
  });
  afterAll(async () => {
    await postgres.remove();
    await rm(directory, { recursive: true, force: true });
  });
  beforeEach(async () => {
    aws = await useAwsEndpoint();
  });

  const secretWith = (fields: Record<string, unknown>) =>
    JSON.stringify({
      username: "postgres",
      password: postgres.password,
      host: "127.0.0.1",
      port: postgres.port,
      dbname: "postgres",
      ...fields,
    });
  const encrypted = async () =>
    (
      await postgres.sql<{ ssl: boolean }>(
        `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'cloudy-api'`,
      )
    ).map((row) => row.ssl);
  /** The reasons why the database is not ready, as the log has them. */
  const refusals = async (environment: Record<string, string>) => {
    const app = await startService(environment);
    const reasons: unknown[] = [];
    vi.spyOn(app.log, "warn").mockImplementation((entry: unknown) => void reasons.push(entry));
    await vi.waitFor(() => expect(reasons.length).toBeGreaterThan(1), { timeout: 10_000 });
    expect((await app.inject("/readyz")).statusCode).toBe(503);
    const causes = reasons.map((entry) => (entry as { err?: { cause?: NodeJS.ErrnoException } }).err?.cause);
    return { app, codes: causes.map((cause) => cause?.code ?? cause?.message) };
  };

  test("A7: with the authority in the secret every connection is encrypted and the host is checked", async () => {
    aws.secret = secretWith({ ca: authority.ca });
    await untilReady(await startService(SECRET));
    expect(await encrypted()).toContain(true);
    expect(await encrypted()).not.toContain(false);
  });

  test("A7: without an authority in the secret the connection is plain", async () => {
    aws.secret = secretWith({});
    await untilReady(await startService(SECRET));
    expect(await encrypted()).toContain(false);
  });

  test("A7: a certificate of another authority is refused, and a new secret is fetched for it", async () => {
    aws.secret = secretWith({ ca: stranger.ca });
    const { app, codes } = await refusals(SECRET);
    expect(codes).toContain("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    aws.secret = secretWith({ ca: authority.ca });
    vi.spyOn(performance, "now").mockReturnValue(performance.now() + 60_000);
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    await untilReady(app);
  });

  test("R6: after the address moved, the authority was renewed and the password was rotated, the secret of birth still does", async () => {
    await postgres.sql("CREATE ROLE cloudy LOGIN PASSWORD 'first'");
    await postgres.sql("CREATE SCHEMA app AUTHORIZATION cloudy");
    await postgres.sql("ALTER ROLE cloudy SET search_path = app");
    const born = { username: "cloudy", host: "192.0.2.1", port: 1, ca: stranger.ca };
    aws.secret = secretWith({ ...born, password: "first" });
    const ca = join(directory, "renewed.pem");
    await writeFile(ca, authority.ca);
    const known = { DATABASE_HOST: "127.0.0.1", DATABASE_PORT: String(postgres.port), DATABASE_CA_FILE: ca };
    const app = await startService({ ...SECRET, ...known });
    await untilReady(app);
    await postgres.sql("ALTER ROLE cloudy PASSWORD 'rotated'");
    aws.secret = secretWith({ ...born, password: "rotated" });
    await postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'cloudy'");
    vi.spyOn(performance, "now").mockReturnValue(performance.now() + 60_000);
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    expect((await app.inject("/users")).statusCode).toBe(200);
    expect(await encrypted()).not.toContain(false);
  });

  test("R6: a file that is no certificate ends the start with its path", async () => {
    const text = join(directory, "text.pem");
    await writeFile(text, "no certificate");
    expect(() => readSettings({ ...SECRET, DATABASE_CA_FILE: text })).toThrow(
      `DATABASE_CA_FILE is "${text}", which is no PEM certificate.`,
    );
    const missing = join(directory, "missing.pem");
    expect(() => readSettings({ ...SECRET, DATABASE_CA_FILE: missing })).toThrow(
      /DATABASE_CA_FILE cannot be read: ENOENT/,
    );
  });

  test("A7: a certificate that names another host is refused", async () => {
    aws.secret = secretWith({ ca: authority.ca, host: "localhost" });
    const { codes } = await refusals(SECRET);
    expect(codes).toContain("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  test("A7: a server without TLS is refused when the secret has an authority", async () => {
    const plain = await createPostgres();
    onTestFinished(() => plain.remove());
    await plain.start();
    aws.secret = secretWith({ ca: authority.ca, port: plain.port, password: plain.password });
    const { codes } = await refusals(SECRET);
    expect(codes).toContain("The server does not support SSL connections");
  });

  test("A7: DATABASE_URL takes sslmode and sslrootcert", async () => {
    const [right, wrong] = [join(directory, "right.pem"), join(directory, "wrong.pem")];
    await Promise.all([writeFile(right, authority.ca), writeFile(wrong, stranger.ca)]);
    const url = (file: string) => ({ DATABASE_URL: `${postgres.url}?sslmode=verify-full&sslrootcert=${file}` });
    await untilReady(await startService(url(right)));
    expect(await encrypted()).not.toContain(false);
    const { codes } = await refusals(url(wrong));
    expect(codes).toContain("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    const missing = url(join(directory, "missing.pem"));
    expect(() => readSettings(missing)).toThrow(/^DATABASE_URL cannot be used: ENOENT.*missing\.pem/);
  });
});
