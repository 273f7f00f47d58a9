import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readConfiguration } from "../src/program/configuration.ts";
import { recordStacks } from "../src/program/record-stacks.ts";
import { resourceTypes } from "../src/program/resource-types.ts";
import { checkSupport } from "../src/program/support.ts";
import { standInsOf } from "../src/stand-ins.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const own = { accountId: "123456789012", token: "secret-token" };
const standIns = (stack: string, changes: Readonly<Record<string, string>> = {}) =>
  standInsOf(readConfiguration(ROOT, stack, changes), own);

test("a stack that asks for nothing is given nothing", () => {
  expect(standIns("dev")).toEqual({ changes: {}, secrets: [], token: undefined, said: [] });
});

test("T1: a stack that must be heard of and has no address gets one, and that is said", () => {
  const { changes, said } = standIns("prod");
  expect(changes).toEqual({ "cloudy:alarmEmail": "nobody@example.com" });
  expect(said).toHaveLength(1);
  expect(said[0]).toContain("nobody@example.com stands in, and nothing is sent");
});

test("T1: Pulumi.prod.yaml with its stand-ins is a program that the twin acts on, and without them it is refused", async () => {
  const [recorded] = await recordStacks(ROOT, ["prod"], () => standIns("prod").changes);
  if (recorded === undefined) throw new Error("nothing was recorded");
  checkSupport(recorded.graph, resourceTypes);
  await expect(recordStacks(ROOT, ["prod"])).rejects.toThrow(
    "[cloudy:alarms] is required, but neither [cloudy:alarmEmail] nor [cloudy:alarmTopicArn] is set",
  );
});

test.each(["cloudy:alarmEmail", "cloudy:alarmTopicArn"])("T1: an explicit %s wins", (key) => {
  expect(standIns("prod", { [key]: "given" }).changes).toEqual({});
});

test("A6: a secret of tokens, of whichever account, is stood in for by one with the hash of the twin's own token", () => {
  const arn = "arn:aws:secretsmanager:eu-west-1:999988887777:secret:CloudyTokens-XyZzYx";
  const { changes, secrets, token, said } = standIns("dev", { "cloudy:tokensSecretArn": arn });
  expect(token).toBe("secret-token");
  expect(changes["cloudy:tokensSecretArn"]).toBe(secrets[0]?.arn);
  expect(secrets[0]?.arn).toMatch(/^arn:aws:secretsmanager:eu-west-1:123456789012:secret:/);
  const sha256 = createHash("sha256").update("secret-token").digest("hex");
  expect(JSON.parse(secrets[0]?.text ?? "")).toEqual({ sha256: [sha256] });
  expect(JSON.stringify(secrets)).not.toContain("secret-token");
  expect(said[0]).toContain("stands in for the configured one");
});
