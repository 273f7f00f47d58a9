import { readFile } from "node:fs/promises";
import { holderOf } from "@cloudy/change-plan/holders.ts";
import { describe, expect, test } from "vitest";
import { record, stackConfig } from "./record.ts";

const BALANCER = "aws:lb/loadBalancer:LoadBalancer";

/** URNs of what holds data or an address, as living stacks know them. */
const golden: Readonly<Record<string, readonly string[]>> = JSON.parse(
  await readFile(new URL("holders.json", import.meta.url), "utf8"),
);

describe.each(["dev", "prod"] as const)("what holds data or an address in %s", (stack) => {
  test("R3: is known to the engine by the URN that living stacks have, or names that one as an alias", async () => {
    const graph = (await record(await stackConfig(stack))).graph();
    const holders = graph.filter((resource) => holderOf(resource) !== undefined);
    const known = new Set(holders.flatMap(({ urn, options }) => [urn, ...options.aliases]));
    const lost = (golden[stack] ?? []).filter((urn) => !known.has(urn));
    expect(lost, "would be deleted with what it holds: give the renamed resource its old URN as an alias").toEqual([]);
    const isListed = ({ urn, options }: (typeof holders)[number]) =>
      [urn, ...options.aliases].some((name) => golden[stack]?.includes(name));
    const added = holders.filter((resource) => !isListed(resource)).map(({ urn }) => urn);
    expect(added, "add it to holders.json, so that a later change cannot lose it").toEqual([]);
  });
});

describe("protection", () => {
  test("R3: prod keeps data, secrets and its address from replacement and deletion, AWS the load balancer as well", async () => {
    const program = await record(await stackConfig("prod"));
    const kept = program.graph().filter(({ options }) => options.isProtected);
    expect([...new Set(kept.map(({ type }) => type.split(":").at(-1)))].sort()).toEqual([
      "AccessPoint",
      "Bucket",
      "FileSystem",
      "LoadBalancer",
      "PrivateKey",
      "RandomBytes",
      "RandomPassword",
      "Secret",
    ]);
    // Bundles are made again by any deployment.
    expect(program.optionsOf("aws:s3/bucket:Bucket", "artifacts").isProtected).toBe(false);
    expect(program.one(BALANCER).inputs["enableDeletionProtection"]).toBe(true);
  });

  test("R3: dev can be destroyed by one command", async () => {
    const program = await record(await stackConfig("dev"));
    expect(program.graph().filter(({ options }) => options.isProtected)).toEqual([]);
    expect(program.one(BALANCER).inputs).not.toHaveProperty("enableDeletionProtection");
  });
});
