import type { Caller } from "@cloudy/twin-wire/operation.ts";
import type { Context } from "./condition.ts";
import type { Role } from "./roles.ts";
import type { Session } from "./sessions.ts";

interface Request {
  readonly caller: Caller;
  readonly role: Role | undefined;
  readonly session: Session | undefined;
  readonly resource: string;
  /** The region of the program, where its instances and functions are. */
  readonly region: string;
  readonly now_ms: number;
}

/**
 * Condition keys that every request has. The twin's transport is plain HTTP on the loopback device where real clients
 * use TLS, so `aws:SecureTransport` is what it would be on AWS.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function requestContext({ caller, role, session, resource, region, now_ms }: Request): Context {
  const tags = Object.entries(role?.tags ?? {}).map(([key, value]) => [`aws:principaltag/${key.toLowerCase()}`, value]);
  const owner = ownerOf(resource);
  return {
    "aws:principalarn": caller.roleArn ?? caller.arn,
    "aws:principalaccount": caller.accountId,
    "aws:principaltype": role ? "AssumedRole" : "User",
    "aws:principalisawsservice": "false",
    "aws:userid": userId(role, session?.name),
    "aws:securetransport": "true",
    "aws:viaawsservice": "false",
    "aws:currenttime": new Date(now_ms).toISOString(),
    "aws:epochtime": String(Math.floor(now_ms / 1000)),
    ...(caller.region === undefined ? {} : { "aws:requestedregion": caller.region }),
    ...(owner === "" ? {} : { "aws:resourceaccount": owner }),
    ...(role && session ? sourceOf(session, `${region}:${role.accountId}`) : {}),
    ...Object.fromEntries(tags),
  };
}

/** Account in an ARN; those of S3 and of AWS's own things (images, managed policies) have none. */
export function ownerOf(arn: string): string {
  const owner = arn.split(":")[4] ?? "";
  return /^\d{12}$/.test(owner) ? owner : "";
}

/** What `aws:userid` and STS call the caller. */
export function userId(role: Role | undefined, sessionName = ""): string {
  return role ? `${role.id}:${sessionName}` : "AIDAADMINISTRATOR";
}

/** Sessions of instances and functions are named after them, and say so in each request. */
function sourceOf({ service, name }: Session, place: string): Context {
  if (service === "ec2.amazonaws.com") return { "ec2:sourceinstancearn": `arn:aws:ec2:${place}:instance/${name}` };
  if (service === "lambda.amazonaws.com")
    return { "lambda:sourcefunctionarn": `arn:aws:lambda:${place}:function:${name}` };
  return {};
}
