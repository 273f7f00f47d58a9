import type { Graph, GraphResource } from "@cloudy/twin-model/graph.ts";

const ACCOUNT = "123456789012";

type Values = Readonly<Record<string, unknown>>;

/** A recorded resource as the twin's recorder would make it. */
export function resource(type: string, name: string, inputs: Values, outputs: Values = {}): GraphResource {
  const id = String(outputs["id"] ?? name);
  return {
    type,
    name,
    urn: `urn:pulumi:test::twin::${type}::${name}`,
    id,
    inputs,
    outputs: { ...inputs, id, ...outputs },
    parent: undefined,
    dependencies: [],
  };
}

export function graphOf(...resources: GraphResource[]): Graph {
  return {
    resources,
    outputs: {},
    region: "eu-west-1",
    accountId: ACCOUNT,
    ofType: (type) => resources.filter((candidate) => candidate.type === type),
  };
}

export const roleArn = (name: string, account = ACCOUNT) => `arn:aws:iam::${account}:role/${name}`;

/** A role a service may assume, or others by the principal given, with one inline policy of the statements. */
export function role(
  name: string,
  statements: readonly Values[],
  { trust = { Service: "ec2.amazonaws.com" } as unknown, account = ACCOUNT, tags = {} } = {},
): GraphResource[] {
  const arn = roleArn(name, account);
  const trustPolicy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: trust }],
  });
  const made = resource("aws:iam/role:Role", name, { assumeRolePolicy: trustPolicy, tags }, { id: name, name, arn });
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: statements });
  if (statements.length === 0) return [made];
  return [made, resource("aws:iam/rolePolicy:RolePolicy", name, { role: name, policy }, { id: `${name}:x`, name })];
}
