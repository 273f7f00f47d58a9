import { UserError } from "@cloudy/command-line";
import type { Graph, GraphResource } from "@cloudy/twin-model/graph.ts";
import { expect, test } from "vitest";
import { awsOnlyOf } from "../src/program/aws-only.ts";
import { computedOutputs } from "../src/program/outputs.ts";
import { resourceTables, resourceTypes } from "../src/program/resource-types.ts";
import { checkSupport } from "../src/program/support.ts";

const ACCOUNT = { accountId: "123456789012", region: "eu-west-1" };

type Declared = readonly [type: string, inputs: GraphResource["inputs"]];

function graphOf(...declared: readonly Declared[]): Graph {
  const resources = declared.map(([type, inputs], index): GraphResource => {
    const name = `r${index}`;
    return { type, name, urn: name, id: name, inputs, outputs: inputs, parent: undefined, dependencies: [] };
  });
  return { resources, outputs: {}, ...ACCOUNT, ofType: (type) => resources.filter((item) => item.type === type) };
}

/** What a program of these resources is refused with. */
function refusal(...declared: readonly Declared[]): string {
  try {
    checkSupport(graphOf(...declared), resourceTypes);
    return "";
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
}

test("a resource type is declared once", () => {
  const declared = resourceTables.flatMap((table) => Object.keys(table));
  expect(declared.filter((type, index) => declared.indexOf(type) !== index)).toEqual([]);
});

test("every declared type of AWS computes an id, so that a program with it can be recorded", async () => {
  const types = Object.keys(resourceTypes).filter((type) => type.startsWith("aws:"));
  expect(types.length).toBeGreaterThan(40);
  const settings = { bucket: "b", fileSystemId: "fs-1", key: "k", rule: "r", role: "r", secretArn: "arn:s" };
  for (const type of types) {
    const { id } = await computedOutputs(
      { type, logicalName: "it", inputs: settings, stack: "project/stack" },
      ACCOUNT,
      new Date(0),
    );
    expect(id, type).toMatch(/./);
  }
});

test("whatever is left to AWS has a reason of its own", () => {
  const reasons = Object.values(resourceTypes).flatMap(({ awsOnly = {} }) =>
    typeof awsOnly === "string" ? [awsOnly] : Object.values(awsOnly),
  );
  expect(reasons.length).toBeGreaterThan(3);
  for (const reason of reasons) expect(reason).toMatch(/\w+ \w+/);
});

test("an unknown type and unknown properties are refused by name, with the place where the twin is taught", () => {
  const message = refusal(
    ["aws:sqs/queue:Queue", {}],
    ["aws:ec2/vpc:Vpc", { cidrBlock: "10.0.0.0/16", ipv6CidrBlock: "::/0", tags: { Name: "vpc" } }],
    ["aws:ec2/launchTemplate:LaunchTemplate", { metadataOptions: { httpTokens: "required", httpProtocolIpv6: "on" } }],
    ["aws:ec2/route:Route", { routeTableId: "rtb-1", tags: { Name: "a route has none" } }],
  );
  expect(message.split("\n")).toEqual([
    "The twin does not act on parts of this program, so it would behave differently on AWS:",
    '  - aws:sqs/queue:Queue "r0": unknown resource type',
    '  - aws:ec2/vpc:Vpc "r1": unknown property ipv6CidrBlock',
    '  - aws:ec2/launchTemplate:LaunchTemplate "r2": unknown property metadataOptions.httpProtocolIpv6',
    '  - aws:ec2/route:Route "r3": unknown property tags',
    expect.stringContaining("packages/twin-services/src"),
  ]);
});

test("what is left to AWS is accepted, and told with its reason if the program declares it", () => {
  const declared = [
    ["aws:s3/bucket:Bucket", { bucket: "b", forceDestroy: true }],
    ["aws:secretsmanager/secret:Secret", { name: "s" }],
    ["aws:efs/backupPolicy:BackupPolicy", { fileSystemId: "fs-1", backupPolicy: { status: "ENABLED" } }],
  ] as const;
  expect(refusal(...declared)).toBe("");
  expect(awsOnlyOf(graphOf(...declared), resourceTypes)).toEqual([
    "aws:efs/backupPolicy:BackupPolicy: the twin has no AWS Backup, so nothing copies its file systems",
    "aws:s3/bucket:Bucket [forceDestroy]: buckets go with the twin",
  ]);
});
