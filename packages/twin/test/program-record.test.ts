import { execFile } from "node:child_process";
import { expect, onTestFinished, test } from "vitest";
import { programRoot } from "./program-root.ts";

const RECORD = new URL("../src/program/record.ts", import.meta.url).href;

/** The error that ends recording this repository's program with a stack file; a process records one program only. */
async function failureWith(stackFile: string): Promise<string> {
  const { root, remove } = programRoot({ given: stackFile });
  onTestFinished(remove);
  const script = `
    import { recordProgram } from ${JSON.stringify(RECORD)};
    const failure = await recordProgram(process.argv[1], "given").then(() => "none", String);
    process.stdout.write(failure, () => process.exit());`;
  return await new Promise((done, fail) => {
    execFile(process.execPath, ["--input-type=module", "--eval", script, root], (error, stdout) =>
      error === null ? done(stdout) : fail(error),
    );
  });
}

test("what the twin does not know ends the start with one sentence, not with one for each property that depends on it", async () => {
  // Certificates and DNS are AWS's alone.
  const failure = await failureWith("config: {aws:region: eu-west-1, cloudy:domain: app.example.com}");
  expect(failure).toMatch(
    /^UserError: The twin does not know the (data source|resource type) aws:(route53|acm)\/\S+ ?.*$/,
  );
});

test("R5: an instance type that the twin does not know is refused by its name", async () => {
  expect(await failureWith("config: {aws:region: eu-west-1, cloudy:webInstanceType: x9.huge}")).toMatch(
    /^UserError: The twin does not know the instance type x9\.huge, only sizes of t2, /,
  );
});

test("R5: a web tier that the database has no connections for ends the start with the settings' names", async () => {
  expect(await failureWith("config: {aws:region: eu-west-1, cloudy:webMax: 20}")).toMatch(
    /^UserError: The Pulumi program failed: \[cloudy:webMax\] is 20: .*\[cloudy:databaseInstanceType\] t2\.nano has memory for \d+\./,
  );
});

test("a setting that the program refuses ends the start with the program's own words", async () => {
  expect(await failureWith("config: {aws:region: eu-west-1, cloudy:webMin: 200}")).toBe(
    'UserError: The Pulumi program failed: [cloudy:webMin] is "200", but must be a whole number from 1 to 100.',
  );
});
