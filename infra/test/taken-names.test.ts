import { RunError } from "@pulumi/pulumi";
import { expect, test } from "vitest";
import type { Existing } from "./existing.ts";
import { record, stackConfig } from "./record.ts";

const tagsOf = (stack: string) => ({ Project: "cloudy", Stack: stack });

/** What stack `prod` says, which asks for the reference's names, beside what is there already. */
async function told(existing: Existing): Promise<string> {
  const config = { ...(await stackConfig("prod")), "cloudy:name": "Cloudy" };
  try {
    await record(config, { stack: "prod", existing });
    return "";
  } catch (error) {
    if (RunError.isInstance(error)) return error.message;
    throw error;
  }
}

const EVERYTHING = (tags: Readonly<Record<string, string>>): Existing => ({
  secrets: { CloudyDB: tags, CloudyDBServer: tags, CloudyFailover: tags },
  functions: { CloudyFailover: tags, CloudyProbe: tags },
  logGroups: { "/aws/lambda/CloudyFailover": tags, "/aws/lambda/CloudyProbe": tags },
  loadBalancers: { CloudyLB: tags },
});

test("R1: names that another stack has are told all at once, with what to do, before anything is made", async () => {
  expect(await told(EVERYTHING(tagsOf("dev")))).toBe(
    "Stack cloudy/prod would make what is there already in eu-west-1: secret CloudyDB (of stack cloudy/dev), " +
      "secret CloudyDBServer (of stack cloudy/dev), secret CloudyFailover (of stack cloudy/dev), " +
      "function CloudyFailover (of stack cloudy/dev), function CloudyProbe (of stack cloudy/dev), " +
      "log group /aws/lambda/CloudyFailover (of stack cloudy/dev), log group /aws/lambda/CloudyProbe (of stack cloudy/dev), " +
      "load balancer CloudyLB (of stack cloudy/dev). Nothing was created. " +
      "Set [cloudy:name] to a prefix that no other stack of this account and region has, or remove what is in the way.",
  );
});

test.each<[string, Existing, string]>([
  ["a secret", { secrets: { CloudyDB: {} } }, "secret CloudyDB (of no stack)"],
  ["a function", { functions: { CloudyProbe: { Project: "cloudy" } } }, "function CloudyProbe (of no stack)"],
  [
    "a log group",
    { logGroups: { "/aws/lambda/CloudyProbe": tagsOf("dev") } },
    "log group /aws/lambda/CloudyProbe (of stack cloudy/dev)",
  ],
  [
    "a load balancer",
    { loadBalancers: { CloudyLB: { Project: "shop", Stack: "prod" } } },
    "load balancer CloudyLB (of stack shop/prod)",
  ],
])("R1: %s alone is enough", async (_, existing, what) => {
  expect(await told(existing)).toContain(`in eu-west-1: ${what}. Nothing was created.`);
});

test("R1: what the stack itself made is no hindrance on a later update", async () => {
  expect(await told(EVERYTHING(tagsOf("prod")))).toBe("");
});

test("R1: names that only begin alike are nobody's hindrance", async () => {
  const others: Existing = {
    secrets: { CloudyDBOld: {} },
    functions: { CloudyFailover2: {} },
    logGroups: { "/aws/lambda/CloudyProbe-old": {} },
    loadBalancers: { CloudyLB2: {} },
  };
  expect(await told(others)).toBe("");
});

test("R1: nothing but the provider is there when the names are looked for", async () => {
  const { calls, resources } = await record(await stackConfig("prod"), { stack: "prod" });
  const tokens = calls.map(({ token }) => token.split(":").at(-1));
  // Whose account it is, is asked before.
  expect(tokens[0]).toBe("getCallerIdentity");
  const groups = Array<string>(5).fill("getLogGroups");
  expect(tokens.slice(1, 9).sort()).toEqual(["getFunctions", "getLbs", ...groups, "getSecrets"]);
  const first = resources.find(({ type }) => !/^(random|cloudy):/.test(type));
  expect(first?.type).toBe("pulumi:providers:aws");
  expect(calls.every(({ provider }) => provider.includes("pulumi:providers:aws::aws"))).toBe(true);
});
