import { lstatSync, mkdirSync, mkdtempSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseGrant } from "@cloudy/contracts/grant.ts";
import { grantMac, isAuthentic } from "@cloudy/contracts/signed-messages.ts";
import { expect, test } from "vitest";
import { identFile, postgresArguments } from "../src/postgres/postgres-settings.ts";
import { scramVerifier } from "../src/postgres/scram.ts";
import { certificateFiles } from "../src/postgres/server-certificate.ts";
import { openSocketDirectory } from "../src/postgres/socket-directory.ts";
import { readSettings } from "../src/settings.ts";

/** Of a machine with 512 MB. */
const CAPACITY = {
  maxConnections: 51,
  sharedBuffers_MB: 96,
  effectiveCacheSize_MB: 256,
  workMem_MB: 2,
  maintenanceWorkMem_MB: 32,
  parallelWorkers: 0,
  autovacuumWorkers: 1,
};

test("the defaults are those of docs/contracts.md", () => {
  expect(
    readSettings({
      SECRET_ID: "CloudyDB",
      GRANT_SECRET_ID: "CloudyFailover",
      SERVER_SECRET_ID: "CloudyDBServer",
      AWS_REGION: "eu-west-1",
    }),
  ).toEqual({
    sharedDir: "/mnt/cloudy",
    stateDir: "/var/lib/cloudy",
    postgresBin: "/usr/bin",
    postgresPort: 5432,
    statusPort: 8010,
    databaseSecretId: "CloudyDB",
    grantSecretId: "CloudyFailover",
    serverSecretId: "CloudyDBServer",
    secretRegion: "eu-west-1",
    capacity: CAPACITY,
    backup: { bucket: undefined, hours: 24, retentionDays: 14 },
    metadataEndpoint: "http://169.254.169.254",
  });
  expect(() => readSettings({ SHARED_DIR: "mnt" })).toThrow(
    "wrong environment: [SECRET_REGION] is not set, and neither is [AWS_REGION]; " +
      '[SHARED_DIR] must be an absolute path, got "mnt"; [SECRET_ID] is not set; [GRANT_SECRET_ID] is not set; ' +
      "[SERVER_SECRET_ID] is not set",
  );
});

test("D5: postgres gets its port, its socket and its own access rules", () => {
  const given = postgresArguments({
    dataDirectory: "/mnt/cloudy/pgdata",
    port: 5432,
    socketDirectory: "/var/lib/cloudy",
    hbaPath: "/var/lib/cloudy/pg_hba.conf",
    identPath: "/var/lib/cloudy/pg_ident.conf",
    capacity: CAPACITY,
    certificate: certificateFiles("/var/lib/cloudy"),
    archiver: undefined,
  });
  expect(given.slice(0, 2)).toEqual(["-D", "/mnt/cloudy/pgdata"]);
  expect(given).toContain("port=5432");
  expect(given).toContain("listen_addresses=*");
  expect(given).toContain("hba_file=/var/lib/cloudy/pg_hba.conf");
  expect(given).toContain("ssl_key_file=/var/lib/cloudy/server.key");
  expect(given.join(" ")).not.toContain("archive_mode");
  expect(identFile("postgres")).toBe('agent "postgres" postgres\n');
});

test("A7: the password verifier is the one of RFC 7677's example", () => {
  const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
  // Stored and server key of user "user", password "pencil", as PostgreSQL computes them.
  expect(scramVerifier("pencil", salt)).toBe(
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
  );
});

test("D4: a grant is only good with its own key, and every field counts", () => {
  const key = "ab".repeat(32);
  const grant = { epoch: 3, deadHolder: "i-a", successor: "i-b" };
  const signed = { ...grant, mac: grantMac(grant, key) };
  expect(parseGrant(JSON.stringify(signed))).toEqual(signed);
  expect(isAuthentic(signed, key)).toBe(true);
  expect(isAuthentic(signed, "cd".repeat(32))).toBe(false);
  expect(isAuthentic(signed, "")).toBe(false);
  for (const change of [{ epoch: 4 }, { deadHolder: "i-c" }, { successor: "i-c" }, { mac: "" }]) {
    expect(isAuthentic({ ...signed, ...change }, key)).toBe(false);
  }
  for (const body of ["", "null", "[]", '{"epoch":0}', '{"epoch":1,"deadHolder":"a","successor":"b"}']) {
    expect(parseGrant(body)).toBeUndefined();
  }
});

test("a state directory with a long path is reached by a short one", () => {
  const directory = mkdtempSync(join(tmpdir(), "cl-"));
  const long = join(directory, "x".repeat(120));
  mkdirSync(long);
  const short = openSocketDirectory(long, 5432);
  expect(readlinkSync(short.path)).toBe(long);
  expect(join(short.path, ".s.PGSQL.5432").length).toBeLessThan(104);
  short.close();
  expect(lstatSync(short.path, { throwIfNoEntry: false })).toBeUndefined();
  expect(openSocketDirectory(directory, 5432).path).toBe(directory);
  rmSync(directory, { recursive: true });
});
