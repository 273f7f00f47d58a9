import { UserError } from "@cloudy/command-line";
import type { Graph, GraphResource } from "@cloudy/twin-model/graph.ts";
import { expect, test } from "vitest";
import { checkNames } from "../src/program/names.ts";
import { resourceTypes } from "../src/program/resource-types.ts";

type Declared = readonly [type: string, outputs: GraphResource["outputs"]];

function stack(name: string, ...declared: readonly Declared[]): { stack: string; graph: Graph } {
  const resources = declared.map(([type, outputs], index): GraphResource => {
    const urn = `urn:pulumi:${name}::cloudy::${type}::r${index}`;
    return { type, name: `r${index}`, urn, id: urn, inputs: {}, outputs, parent: undefined, dependencies: [] };
  });
  const ofType = (type: string) => resources.filter((item) => item.type === type);
  return { stack: name, graph: { resources, outputs: {}, region: "eu-west-1", accountId: "1", ofType } };
}

function refusal(...stacks: readonly ReturnType<typeof stack>[]): readonly string[] {
  try {
    checkNames(stacks, resourceTypes);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message.split("\n");
  }
}

test("each name that two stacks ask for is refused with AWS's code and the name", () => {
  const same: readonly Declared[] = [
    ["aws:secretsmanager/secret:Secret", { name: "CloudyDB" }],
    ["aws:lambda/function:Function", { name: "CloudyFailover" }],
    ["aws:lb/loadBalancer:LoadBalancer", { name: "CloudyLB" }],
    ["aws:cloudwatch/logGroup:LogGroup", { name: "/aws/lambda/CloudyFailover" }],
    ["aws:s3/bucket:Bucket", { bucket: "backups" }],
    ["aws:iam/role:Role", { name: "web" }],
    ["aws:cloudwatch/metricAlarm:MetricAlarm", { name: "cpu-high" }],
  ];
  const lines = refusal(stack("dev", ...same), stack("prod", ...same));
  expect(lines[0]).toBe(
    "AWS would refuse to create dev and prod in one account and region, since physical names are taken:",
  );
  expect(lines.slice(1, -1)).toEqual([
    '  - aws:secretsmanager/secret:Secret "CloudyDB" of stack prod, a name that stack dev has: ResourceExistsException: The operation failed because the secret CloudyDB already exists.',
    '  - aws:lambda/function:Function "CloudyFailover" of stack prod, a name that stack dev has: ResourceConflictException: Function already exist: CloudyFailover',
    expect.stringContaining("DuplicateLoadBalancerName: A load balancer with the same name 'CloudyLB' exists"),
    expect.stringMatching(/"\/aws\/lambda\/CloudyFailover" .* ResourceAlreadyExistsException: The specified log group/),
    expect.stringMatching(/"backups" .* BucketAlreadyOwnedByYou: /),
    expect.stringContaining("EntityAlreadyExists: Role with name web already exists."),
    expect.stringMatching(/"cpu-high" .* PutMetricAlarm would not refuse it, but change the other alarm/),
  ]);
});

test("names of different kinds, and what is unique in a VPC only, may be the same", () => {
  const group = (vpcId: string): Declared => ["aws:ec2/securityGroup:SecurityGroup", { name: "web", vpcId }];
  const role: Declared = ["aws:iam/role:Role", { name: "web" }];
  expect(refusal(stack("dev", role, group("vpc-1")), stack("prod", group("vpc-2")))).toEqual([]);
  expect(refusal(stack("dev", group("vpc-1"), group("vpc-1")))[1]).toContain(
    "InvalidGroup.Duplicate: The security group 'web' already exists for VPC 'vpc-1'",
  );
});

test("every type with a physical name says what AWS answers when it is taken", () => {
  const named = Object.entries(resourceTypes).filter(
    ([type, known]) => "reads" in known && (known.reads.includes("name") || type === "aws:s3/bucket:Bucket"),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(([, known]) => !("uniqueName" in known)).map(([type]) => type)).toEqual([]);
});
