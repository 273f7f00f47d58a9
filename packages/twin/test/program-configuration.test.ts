import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "@cloudy/command-line";
import { expect, onTestFinished, test } from "vitest";
import { readConfiguration } from "../src/program/configuration.ts";

const PROJECT = `
name: cloudy
main: infra/index.ts
config:
  webMin: {type: integer, default: 2}
  zones: {type: array, default: [a, b]}
  cloudy:secret: {type: object, default: {}}
`;

/** Reads the configuration of a repository with these files; undefined leaves the stack's file out. */
function read(stackFile: string | undefined, project = PROJECT, changes: Readonly<Record<string, string>> = {}) {
  const root = mkdtempSync(join(tmpdir(), "configuration-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, "Pulumi.yaml"), project);
  if (stackFile !== undefined) writeFileSync(join(root, "Pulumi.dev.yaml"), stackFile);
  return readConfiguration(root, "dev", changes);
}

test("the stack's values lie over the project's defaults, as text, lists and objects as JSON", () => {
  const given = "config:\n  aws:region: eu-west-1\n  cloudy:webMin: 3\n  cloudy:secret: {region: us-east-1}\n";
  expect(read(given).values).toEqual({
    "aws:region": "eu-west-1",
    "cloudy:webMin": "3",
    "cloudy:zones": '["a","b"]',
    "cloudy:secret": '{"region":"us-east-1"}',
  });
});

test("a change lies over the stack's own value, and is checked like it", () => {
  const changed = (value: string) => read("config: {cloudy:webMin: 3}", PROJECT, { "cloudy:webMin": value });
  expect(changed("4").values["cloudy:webMin"]).toBe("4");
  expect(() => changed("many")).toThrow('cloudy:webMin to "many", but Pulumi.yaml declares it as integer');
});

test("a stack without values of its own has the defaults", () => {
  for (const empty of ["", "# nothing yet\n", "config:\n"]) expect(read(empty).values["cloudy:webMin"]).toBe("2");
});

test.each([
  ["a missing stack", undefined, 'There is no stack "dev": Pulumi.dev.yaml does not exist.'],
  ["a key that is not declared", "config: {cloudy:webMinimum: 3}", "Pulumi.dev.yaml sets cloudy:webMinimum, which"],
  [
    "a word for a number",
    "config: {cloudy:webMin: two}",
    'cloudy:webMin to "two", but Pulumi.yaml declares it as integer',
  ],
  ["a fraction", "config: {cloudy:webMin: 2.5}", "cloudy:webMin to 2.5, but Pulumi.yaml declares it as integer"],
  [
    "a key without a value",
    "config: {cloudy:webMin: }",
    "cloudy:webMin to null, but Pulumi.yaml declares it as integer",
  ],
  ["text for a list", "config: {cloudy:zones: a}", 'cloudy:zones to "a", but Pulumi.yaml declares it as array'],
  ["text for an object", "config: {cloudy:secret: x}", 'cloudy:secret to "x", but Pulumi.yaml declares it as object'],
  ["broken YAML", "config: {", "Pulumi.dev.yaml cannot be read: "],
  ["a key given twice", "config:\n  a: 1\n  a: 2\n", "Pulumi.dev.yaml cannot be read: Map keys must be unique"],
  ["a list for the keys", "config: [a]", '[config] of Pulumi.dev.yaml is ["a"], but must be keys with values.'],
  ["text for the keys", "config: hello", '[config] of Pulumi.dev.yaml is "hello", but must be keys with values.'],
  ["a file of text", "hello", 'Pulumi.dev.yaml is "hello", but must be keys with values.'],
])("%s is the user's mistake, and the message names it", (_, stackFile, message) => {
  expect(() => read(stackFile)).toThrow(UserError);
  expect(() => read(stackFile)).toThrow(message);
});
