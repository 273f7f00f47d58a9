import { randomBytes } from "node:crypto";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import type { Credentials, Decision, Identity } from "@cloudy/twin-model/identity.ts";
import type { Authority, KnownKey } from "@cloudy/twin-wire/authority.ts";
import type { Access, Caller } from "@cloudy/twin-wire/operation.ts";
import { decide } from "./decide.ts";
import { evaluate, type Question, type Verdict } from "./evaluate.ts";
import type { Policy } from "./policy.ts";
import { ownerOf, requestContext } from "./request-context.ts";
import { resourcePoliciesOf } from "./resource-policies.ts";
import { type Role, rolesOf, sessionArn } from "./roles.ts";
import { type Session, Sessions } from "./sessions.ts";

const ADMINISTRATOR: Verdict = { effect: "allow", grants: "direct", because: "the administrator may do everything" };

/** Identities, credentials and permissions of the program. */
export class Iam implements Identity, Authority {
  /** The operator's key: not limited by policies. */
  readonly administrator: Credentials;
  /** By ARN. */
  readonly roles: ReadonlyMap<string, Role>;
  readonly sessions: Sessions;
  readonly #accountId: string;
  readonly #region: string;
  readonly #clock: Clock;
  readonly #resourcePolicies: (resource: string) => readonly Policy[];

  constructor({ graph, clock }: { readonly graph: Graph; readonly clock: Clock }) {
    this.#accountId = graph.accountId;
    this.#region = graph.region;
    this.#clock = clock;
    this.roles = rolesOf(graph);
    this.#resourcePolicies = resourcePoliciesOf(graph);
    this.sessions = new Sessions(clock);
    this.administrator = {
      accessKeyId: `AKIA${randomBytes(8).toString("hex").toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString("base64url"),
      sessionToken: undefined,
      expiration_ms: Number.POSITIVE_INFINITY,
    };
  }

  /** `sessionName` is the instance's id or the function's name. */
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
    return this.sessions.ofService(role, service, sessionName).credentials;
  }

  roleMay(roleArn: string, access: Access): Decision {
    const role = this.#role(roleArn);
    return this.authorize(callerOf(role, role.arn), access);
  }

  callerOf(accessKeyId: string, sessionToken: string | undefined): KnownKey {
    if (accessKeyId === this.administrator.accessKeyId)
      return { kind: "known", caller: this.#operator(), secretAccessKey: this.administrator.secretAccessKey };
    const session = this.sessions.find(accessKeyId);
    if (!session) return { kind: "unknown", because: `the access key ${accessKeyId} does not exist.` };
    const { role, name, credentials } = session;
    if (credentials.sessionToken !== sessionToken)
      return { kind: "unknown", because: `the session token does not belong to the access key ${accessKeyId}.` };
    if (this.sessions.hasExpired(session)) {
      const expiry = new Date(credentials.expiration_ms).toISOString();
      return { kind: "expired", because: `the credentials of ${role.name} were valid until ${expiry}.` };
    }
    const caller = { ...callerOf(role, sessionArn(role, name)), accessKeyId };
    return { kind: "known", caller, secretAccessKey: credentials.secretAccessKey };
  }

  /** Identity-based and resource-based policies together, as IAM combines them. */
  authorize(caller: Caller, access: Access): Decision {
    const role = caller.roleArn === undefined ? undefined : this.roles.get(caller.roleArn);
    const question = this.#question(caller, access, role, this.sessions.find(caller.accessKeyId));
    const isAssuming = access.action.toLowerCase() === "sts:assumerole";
    const trust = isAssuming ? this.roles.get(access.resource)?.trust : undefined;
    const granting = evaluate(trust ? [trust] : this.#resourcePolicies(access.resource), question);
    const own = caller.isAdministrator ? ADMINISTRATOR : evaluate(role?.policies ?? [], question);
    const owner = ownerOf(access.resource) || this.#accountId;
    const isForeign = access.resource !== "*" && owner !== caller.accountId;
    return decide(own, granting, question, {
      // Within one account a policy that names the caller itself is enough; an account it names decides by its own.
      identityDecides: isForeign || granting.grants !== "direct",
      // The trust policy decides who may assume a role; in another account any resource's policy has to agree.
      mustBeGranted: (isForeign && !caller.isAdministrator) || isAssuming,
    });
  }

  #role(arn: string): Role {
    const role = this.roles.get(arn);
    if (role) return role;
    throw new Error(`The program declares no role ${arn}; it declares ${[...this.roles.keys()].join(", ") || "none"}.`);
  }

  #operator(): Caller {
    return {
      accessKeyId: this.administrator.accessKeyId,
      arn: `arn:aws:iam::${this.#accountId}:user/administrator`,
      roleArn: undefined,
      accountId: this.#accountId,
      isAdministrator: true,
    };
  }

  #question(caller: Caller, access: Access, role: Role | undefined, session: Session | undefined): Question {
    const { action, resource, context = {} } = access;
    const { roleArn, arn, accountId } = caller;
    const now_ms = this.#clock.now();
    const given = Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]);
    return {
      principal: { accountId, arns: [arn, ...(roleArn === undefined ? [] : [roleArn])], service: undefined },
      action,
      resource,
      // What the operation says of itself goes before what holds for all requests.
      context: {
        ...requestContext({ caller, role, session, resource, region: this.#region, now_ms }),
        ...Object.fromEntries(given),
      },
    };
  }
}

function callerOf(role: Role, arn: string): Caller {
  return { accessKeyId: "", arn, roleArn: role.arn, accountId: role.accountId, isAdministrator: false };
}
