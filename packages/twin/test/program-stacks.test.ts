import { READY_HOOK } from "@cloudy/contracts/ready-hook.ts";
import { createGraph } from "@cloudy/twin-model/graph.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkNames } from "../src/program/names.ts";
import { oneGraph } from "../src/program/one-graph.ts";
import { recordStacks } from "../src/program/record-stacks.ts";
import type { RecordedStack } from "../src/program/recording.ts";
import { resourceTypes } from "../src/program/resource-types.ts";
import { programRoot } from "./program-root.ts";

/** The program is read and bundled once a stack, on a busy machine. */
const RECORDS_MS = 90_000;

const stackFile = (name: string) => `config: {aws:region: eu-west-1, cloudy:name: ${name}}`;

/** Ids of what a provider makes; a component has none. */
const ids = ({ graph }: RecordedStack) => graph.resources.flatMap(({ id }) => (/^$|^none$/.test(id) ? [] : id));

describe("several stacks of one program", () => {
  const { root, remove } = programRoot({ one: stackFile("One"), two: stackFile("Two"), double: stackFile("One") });
  afterAll(remove);
  let one: RecordedStack;
  let two: RecordedStack;
  let double: RecordedStack;

  beforeAll(async () => {
    const recorded = await recordStacks(root, ["one", "two", "double"]);
    expect(recorded.map(({ stack }) => stack)).toEqual(["one", "two", "double"]);
    [one, two, double] = recorded as [RecordedStack, RecordedStack, RecordedStack];
  }, RECORDS_MS);

  test("have no URN, id or address in common", () => {
    checkNames([one, two], resourceTypes);
    const { resources, ofType, outputs } = oneGraph([one, two]);
    const addresses = ofType("aws:ec2/eip:Eip").map((resource) => resource.outputs["publicIp"]);
    for (const unique of [resources.map(({ urn }) => urn), addresses]) {
      expect(unique.length).toBeGreaterThan(1);
      expect(new Set(unique).size).toBe(unique.length);
    }
    const others = new Set(ids(two));
    // A bundle's object is named after its content, in a bucket of each stack; a launch hook is known within its group.
    const ofItsOwn = (id: string) => id.endsWith(".tar.gz") || id === READY_HOOK;
    expect(ids(one).filter((id) => others.has(id) && !ofItsOwn(id))).toEqual([]);
    expect(outputs).toMatchObject({ one: { virtualIp: "10.10.10.10" }, two: { virtualIp: "10.10.10.10" } });
  });

  test("have the ids that each has alone", { timeout: RECORDS_MS }, async () => {
    const [alone] = await recordStacks(root, ["two"]);
    const lasting = (stack: RecordedStack | undefined) =>
      stack &&
      ids(stack)
        .filter((id) => /^(vpc|rtb|sg)-/.test(id))
        .sort();
    expect(lasting(alone)?.length).toBeGreaterThan(5);
    expect(lasting(alone)).toEqual(lasting(two));
  });

  test("are refused where AWS would refuse the second one, each by code and name", () => {
    const refusal = () => checkNames([one, double], resourceTypes);
    expect(refusal).toThrow(/"OneDB" of stack double, a name that stack one has: ResourceExistsException/);
    expect(refusal).toThrow(/"OneLB" .* DuplicateLoadBalancerName/);
    expect(refusal).toThrow(/"OneFailover" .* ResourceConflictException: Function already exist: OneFailover/);
    expect(refusal).toThrow(/"\/aws\/lambda\/OneProbe" .* ResourceAlreadyExistsException/);
  });

  test("are in one region", () => {
    const there = { stack: "there", graph: createGraph({ ...two.graph, region: "us-east-1" }) };
    expect(() => oneGraph([one, there])).toThrow(
      "Stack there is in us-east-1, but stack one in eu-west-1: the twin models one region.",
    );
  });

  test.each([
    [["one", "one"], 'Stack "one" is named twice: a stack exists once.'],
    [["one", "nowhere"], 'There is no stack "nowhere": Pulumi.nowhere.yaml does not exist.'],
  ])("%j are refused at once", { timeout: RECORDS_MS }, async (stacks, message) => {
    await expect(recordStacks(root, stacks)).rejects.toThrow(message);
  });
});
