import { randomBytes } from "node:crypto";
import type { Clock, Credentials, Graph, Identity, Supported } from "../cloud/contract.ts";
import type { Access, Caller, Operations } from "../wire/operation.ts";
import type { Context } from "./condition.ts";
import { evaluate, type Principal, type Question, type Verdict } from "./evaluate.ts";
import type { Policy } from "./policy.ts";
import { resourcePoliciesOf } from "./resource-policies.ts";
import { type Role, rolesOf, sessionArn } from "./roles.ts";
import { type Session, Sessions } from "./sessions.ts";
import { stsOperations } from "./sts.ts";

export const supported: Supported = {
  "aws:iam/role:Role": [
    "name",
    "namePrefix",
    "assumeRolePolicy",
    "inlinePolicies",
    "managedPolicyArns",
    "maxSessionDuration",
    "tags",
  ],
  "aws:iam/rolePolicy:RolePolicy": ["name", "namePrefix", "role", "policy"],
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ["role", "policyArn"],
  "aws:iam/policy:Policy": ["name", "namePrefix", "policy"],
  "aws:iam/instanceProfile:InstanceProfile": ["name", "namePrefix", "role", "tags"],
  "aws:s3/bucketPolicy:BucketPolicy": ["bucket", "policy"],
  "aws:secretsmanager/secretPolicy:SecretPolicy": ["secretArn", "policy"],
};

export interface Decision {
  readonly allowed: boolean;
  /** A sentence: the statement that allows it, or AWS's own wording of the denial and what came nearest. */
  readonly because: string;
}

/** Whose key it is. */
export type KnownKey =
  | { readonly kind: "known"; readonly caller: Caller; readonly secretAccessKey: string }
  | { readonly kind: "unknown"; readonly because: string }
  | { readonly kind: "expired"; readonly because: string };

/** Identities, credentials and permissions of the program, and the STS operations on them. */
export class Iam implements Identity {
  /** The operator's key: not limited by policies. */
  readonly administrator: Credentials;
  readonly operations: Operations;
  readonly #accountId: string;
  readonly #clock: Clock;
  readonly #roles: ReadonlyMap<string, Role>;
  readonly #resourcePolicies: (resource: string) => readonly Policy[];
  readonly #sessions: Sessions;

  constructor({ graph, clock }: { readonly graph: Graph; readonly clock: Clock }) {
    this.#accountId = graph.accountId;
    this.#clock = clock;
    this.#roles = rolesOf(graph);
    this.#resourcePolicies = resourcePoliciesOf(graph);
    this.#sessions = new Sessions(clock);
    this.administrator = {
      accessKeyId: `AKIA${randomBytes(8).toString("hex").toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString("base64url"),
      sessionToken: undefined,
      expiration_ms: Number.POSITIVE_INFINITY,
    };
    this.operations = stsOperations({ role: (arn) => this.#roles.get(arn), sessions: this.#sessions });
  }

  credentialsFor(roleArn: string, service: string, sessionName: string): Credentials {
    const role = this.#role(roleArn);
    const verdict = evaluate([role.trust], {
      principal: { accountId: role.accountId, arns: [], service },
      action: "sts:AssumeRole",
      resource: role.arn,
      context: { "aws:sourceaccount": this.#accountId, "aws:principalisawsservice": "true" },
    });
    if (verdict.effect !== "allow")
      throw new Error(`The trust policy of role ${role.name} does not let ${service} assume it.`);
    return this.#sessions.ofService(role, service, sessionName).credentials;
  }

  roleMay(roleArn: string, access: Access): Decision {
    const role = this.#role(roleArn);
    const session = sessionArn(role, "twin");
    const question = this.#question(callerOf(role, session), session, access, role, undefined);
    return decide(evaluate(role.policies, question), { effect: "none", grants: undefined, because: "" }, question, {
      identityDecides: true,
      mustBeGranted: false,
    });
  }

  callerOf(accessKeyId: string, sessionToken: string | undefined): KnownKey {
    if (accessKeyId === this.administrator.accessKeyId)
      return {
        kind: "known",
        caller: this.#administratorCaller(),
        secretAccessKey: this.administrator.secretAccessKey,
      };
    const session = this.#sessions.find(accessKeyId);
    if (!session) return { kind: "unknown", because: `the access key ${accessKeyId} does not exist.` };
    if (session.credentials.sessionToken !== sessionToken)
      return { kind: "unknown", because: `the session token does not belong to the access key ${accessKeyId}.` };
    if (this.#sessions.hasExpired(session)) {
      const expiry = new Date(session.credentials.expiration_ms).toISOString();
      return { kind: "expired", because: `the credentials of ${session.role.name} were valid until ${expiry}.` };
    }
    const { role, name, credentials } = session;
    return {
      kind: "known",
      caller: { ...callerOf(role, sessionArn(role, name)), accessKeyId },
      secretAccessKey: credentials.secretAccessKey,
    };
  }

  /** Identity-based and resource-based policies together, as IAM combines them. */
  authorize(caller: Caller, access: Access): Decision {
    const session = this.#sessions.find(caller.accessKeyId);
    const role = caller.roleArn === undefined ? undefined : this.#roles.get(caller.roleArn);
    const question = this.#question(caller, caller.arn, access, role, session);
    const trust =
      access.action.toLowerCase() === "sts:assumerole" ? this.#roles.get(access.resource)?.trust : undefined;
    const granting = evaluate(trust ? [trust] : this.#resourcePolicies(access.resource), question);
    const own = caller.isAdministrator ? ADMINISTRATOR : evaluate(role?.policies ?? [], question);
    const owner = ownerOf(access.resource) || this.#accountId;
    const isForeign = access.resource !== "*" && owner !== caller.accountId;
    return decide(own, granting, question, {
      // Within one account a policy that names the caller itself is enough; an account it names decides by its own.
      identityDecides: isForeign || granting.grants !== "direct",
      // The trust policy decides who may assume a role; in another account any resource's policy has to agree.
      mustBeGranted: (isForeign && !caller.isAdministrator) || access.action.toLowerCase() === "sts:assumerole",
    });
  }

  #role(arn: string): Role {
    const role = this.#roles.get(arn);
    if (role) return role;
    throw new Error(
      `The program declares no role ${arn}; it declares ${[...this.#roles.keys()].join(", ") || "none"}.`,
    );
  }

  #administratorCaller(): Caller {
    return {
      accessKeyId: this.administrator.accessKeyId,
      arn: `arn:aws:iam::${this.#accountId}:user/administrator`,
      roleArn: undefined,
      accountId: this.#accountId,
      isAdministrator: true,
    };
  }

  #question(
    caller: Caller,
    arn: string,
    { action, resource, context }: Access,
    role: Role | undefined,
    session: Session | undefined,
  ): Question {
    const principal: Principal = {
      accountId: caller.accountId,
      arns: caller.roleArn === undefined ? [arn] : [arn, caller.roleArn],
      service: undefined,
    };
    const global = globalContext(caller, role, session?.name, this.#clock.now());
    const account: Context = ownerOf(resource) ? { "aws:resourceaccount": ownerOf(resource) } : {};
    return { principal, action, resource, context: { ...global, ...account, ...lowerKeys(context ?? {}) } };
  }
}

const ADMINISTRATOR: Verdict = { effect: "allow", grants: "direct", because: "the administrator may do everything" };

/** Account in an ARN; S3's have none. */
function ownerOf(resource: string): string {
  return resource.split(":")[4] ?? "";
}

function callerOf(role: Role, arn: string): Caller {
  return { accessKeyId: "", arn, roleArn: role.arn, accountId: role.accountId, isAdministrator: false };
}

/**
 * Condition keys that every request has. The twin's transport is plain HTTP on the loopback device where real clients
 * use TLS, so `aws:SecureTransport` is what it would be on AWS.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
function globalContext(
  caller: Caller,
  role: Role | undefined,
  sessionName: string | undefined,
  now_ms: number,
): Context {
  const tags = Object.entries(role?.tags ?? {}).map(([key, value]) => [`aws:principaltag/${key.toLowerCase()}`, value]);
  return {
    "aws:principalarn": caller.roleArn ?? caller.arn,
    "aws:principalaccount": caller.accountId,
    "aws:principaltype": role ? "AssumedRole" : "User",
    "aws:principalisawsservice": "false",
    "aws:userid": role ? `${role.id}:${sessionName ?? ""}` : "AIDAADMINISTRATOR",
    "aws:securetransport": "true",
    "aws:viaawsservice": "false",
    "aws:currenttime": new Date(now_ms).toISOString(),
    "aws:epochtime": String(Math.floor(now_ms / 1000)),
    ...(caller.region === undefined ? {} : { "aws:requestedregion": caller.region }),
    // EC2 roles carry their instance: sessions of instance profiles are named after it.
    ...(role && sessionName?.startsWith("i-") && caller.region !== undefined
      ? { "ec2:sourceinstancearn": `arn:aws:ec2:${caller.region}:${role.accountId}:instance/${sessionName}` }
      : {}),
    ...Object.fromEntries(tags),
  };
}

function lowerKeys(context: Context): Context {
  return Object.fromEntries(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]));
}

/** Explicit deny > allow by whichever policies have to agree > implicit deny, worded as AWS does. */
function decide(
  own: Verdict,
  granting: Verdict,
  question: Question,
  rules: { readonly identityDecides: boolean; readonly mustBeGranted: boolean },
): Decision {
  const { action, resource, principal } = question;
  const prefix = `User: ${principal.arns[0] ?? principal.service} is not authorized to perform: ${action} on resource: ${resource}`;
  for (const [verdict, kind] of [
    [own, "an identity-based"],
    [granting, "a resource-based"],
  ] as const)
    if (verdict.effect === "deny")
      return { allowed: false, because: `${prefix} with an explicit deny in ${kind} policy (${verdict.because})` };
  const ownAllows = own.effect === "allow";
  const granted = granting.effect === "allow";
  if (rules.mustBeGranted && !granted) return denied(prefix, "resource-based", action, granting.because);
  if (ownAllows) return { allowed: true, because: own.because };
  if (granted && !rules.identityDecides) return { allowed: true, because: granting.because };
  return denied(prefix, "identity-based", action, own.because);
}

function denied(prefix: string, kind: string, action: string, nearest: string): Decision {
  const hint = nearest === "" ? "" : ` (${nearest})`;
  return { allowed: false, because: `${prefix} because no ${kind} policy allows the ${action} action${hint}` };
}
