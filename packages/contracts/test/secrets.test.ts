import { expect, test } from "vitest";
import type { Schema } from "../src/schema.ts";
import { DatabaseSecretSchema, FailoverSecretSchema, parseSecret, ServerSecretSchema } from "../src/secrets.ts";

const database = { username: "cloudy", password: "Word1", host: "10.10.10.10", port: 5432, dbname: "app", ca: "PEM" };
const server = { certificate: "Word1", key: "Word2" };
const failover = { grantKey: "Word1" };
const parseDatabase = (secret: object) => parseSecret(DatabaseSecretSchema, JSON.stringify(secret), "secret DB");

test.each<[string, Schema<unknown>, object, readonly string[]]>([
  ["CloudyDB", DatabaseSecretSchema, database, ["username", "password", "host", "dbname"]],
  ["CloudyDBServer", ServerSecretSchema, server, ["certificate", "key"]],
  ["CloudyFailover", FailoverSecretSchema, failover, ["grantKey"]],
])(
  "A7: of %s the error names each field that is missing or wrong, and never shows a value",
  (_, schema, full, names) => {
    expect(parseSecret(schema, JSON.stringify({ ...full, ofTomorrow: 1 }), "secret S")).toEqual(full);
    for (const name of names) {
      for (const value of [undefined, "", 7, ["Word1"]]) {
        const text = JSON.stringify({ ...full, [name]: value });
        expect(() => parseSecret(schema, text, "secret S")).toThrow(
          `secret S lacks a usable ${name}: write a new version of it.`,
        );
      }
    }
    const all = `secret S lacks a usable ${names.join(", ")}`;
    for (const text of ["null", "[]", '"Word1"', "{}"])
      expect(() => parseSecret(schema, text, "secret S")).toThrow(all);
    expect(() => parseSecret(schema, "Word1", "secret S")).toThrow(
      /^secret S is not JSON: write a new version of it\.$/,
    );
  },
);

test("A7: the port may be text, or PostgreSQL's own; a CA may be missing", () => {
  expect(parseDatabase({ ...database, port: "6432" }).port).toBe(6432);
  expect(parseDatabase({ ...database, port: undefined, ca: "" })).toEqual({ ...database, ca: undefined });
  for (const port of ["x", 0, 65_536, 1.5]) {
    expect(() => parseDatabase({ ...database, port })).toThrow("secret DB lacks a usable port: ");
  }
});
