import { createHash } from "node:crypto";
import type { Graph, GraphResource } from "@cloudy/twin-model/graph.ts";
import { type Properties, propertiesOf } from "@cloudy/twin-model/properties.ts";
import { managedPolicies } from "./managed-policies.ts";
import { type Policy, parsePolicy } from "./policy.ts";

export interface Role {
  readonly arn: string;
  readonly name: string;
  /** `AROA...`, the role's part of `aws:userid`. */
  readonly id: string;
  readonly accountId: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly maxSessionDuration_s: number;
  readonly trust: Policy;
  readonly policies: readonly Policy[];
}

const MAX_SESSION_DURATION_S = 3600;
const MANAGED_PREFIX = "arn:aws:iam::aws:policy/";

/** The program's roles by ARN, each with all the policies it has by whichever resource. */
export function rolesOf(graph: Graph): ReadonlyMap<string, Role> {
  const policies = new Map<string, Policy[]>();
  const add = (role: string, policy: Policy) => policies.set(role, [...(policies.get(role) ?? []), policy]);
  for (const resource of graph.ofType("aws:iam/rolePolicy:RolePolicy")) {
    const properties = propertiesOf(resource);
    const name = properties.optionalText("name") ?? resource.name;
    add(lastPart(properties.text("role")), parsePolicy(`inline policy ${name}`, properties.raw("policy")));
  }
  const customer = customerPolicies(graph);
  for (const resource of graph.ofType("aws:iam/rolePolicyAttachment:RolePolicyAttachment")) {
    const properties = propertiesOf(resource);
    add(lastPart(properties.text("role")), attached(properties.text("policyArn"), customer));
  }
  const roles = graph.ofType("aws:iam/role:Role").map((resource) => roleOf(resource, policies, customer));
  const byArn = new Map(roles.map((role) => [role.arn, role]));
  refuseStrangers(graph, new Set(roles.map(({ name }) => name)), [...policies.keys()]);
  return byArn;
}

function roleOf(
  resource: GraphResource,
  policies: ReadonlyMap<string, readonly Policy[]>,
  customer: ReadonlyMap<string, Policy>,
): Role {
  const properties = propertiesOf(resource);
  const arn = properties.text("arn");
  const name = lastPart(arn);
  const inline = properties
    .children("inlinePolicies")
    .map((inner) => parsePolicy(`inline policy ${inner.text("name")}`, inner.raw("policy")));
  const managed = properties.texts("managedPolicyArns").map((policyArn) => attached(policyArn, customer));
  return {
    arn,
    name,
    id: `AROA${createHash("sha256").update(arn).digest("hex").slice(0, 17).toUpperCase()}`,
    accountId: arn.split(":")[4] ?? "",
    tags: properties.textMap("tags"),
    maxSessionDuration_s: properties.number("maxSessionDuration", MAX_SESSION_DURATION_S),
    trust: parsePolicy(`the trust policy of role ${name}`, properties.raw("assumeRolePolicy")),
    policies: [...inline, ...managed, ...(policies.get(name) ?? [])],
  };
}

function customerPolicies(graph: Graph): ReadonlyMap<string, Policy> {
  return new Map(
    graph.ofType("aws:iam/policy:Policy").map((resource) => {
      const properties: Properties = propertiesOf(resource);
      const arn = properties.text("arn");
      return [arn, parsePolicy(`managed policy ${lastPart(arn)}`, properties.raw("policy"))];
    }),
  );
}

function attached(policyArn: string, customer: ReadonlyMap<string, Policy>): Policy {
  const own = customer.get(policyArn);
  if (own) return own;
  const name = lastPart(policyArn);
  const document = policyArn.startsWith(MANAGED_PREFIX) ? managedPolicies[name] : undefined;
  if (document) return parsePolicy(`AWS managed policy ${name}`, document);
  throw new Error(
    `The twin has no document for the policy ${policyArn}; AWS managed policies it knows: ${Object.keys(managedPolicies).join(", ")}.`,
  );
}

/** Policies and instance profiles for roles that the program does not make would silently allow nothing. */
function refuseStrangers(graph: Graph, known: ReadonlySet<string>, holders: readonly string[]): void {
  const profiles = graph
    .ofType("aws:iam/instanceProfile:InstanceProfile")
    .map((resource) => lastPart(propertiesOf(resource).text("role")));
  const stranger = [...holders, ...profiles].find((name) => !known.has(name));
  if (stranger !== undefined)
    throw new Error(`A policy or instance profile names the role "${stranger}", which the program does not declare.`);
}

export function sessionArn(role: Role, sessionName: string): string {
  return `arn:aws:sts::${role.accountId}:assumed-role/${role.name}/${sessionName}`;
}

/** `Name` of an ARN or of a path; names stay as they are. */
function lastPart(text: string): string {
  return text.split("/").at(-1) ?? text;
}
