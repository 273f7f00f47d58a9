import { manualClock } from "@cloudy/twin-model/clock.ts";
import type { Caller } from "@cloudy/twin-wire/operation.ts";
import { describe, expect, test } from "vitest";
import { Iam } from "../src/iam/iam.ts";
import { graphOf, resource, role, roleArn } from "./wire-graph.ts";

const routeTable = "arn:aws:ec2:eu-west-1:123456789012:route-table/rtb-1";
const moveRoute = {
  Sid: "MoveRoute",
  Effect: "Allow",
  Action: ["ec2:CreateRoute", "ec2:ReplaceRoute"],
  Resource: "arn:aws:ec2:eu-west-1:123456789012:route-table/*",
  Condition: { StringEquals: { "ec2:ResourceTag/database": "true" } },
};

function callerFor(iam: Iam, name: string, session = "i-0abc"): Caller {
  const credentials = iam.credentialsFor(roleArn(name), "ec2.amazonaws.com", session);
  const known = iam.callerOf(credentials.accessKeyId, credentials.sessionToken);
  if (known.kind !== "known") throw new Error(known.because);
  return known.caller;
}

const iamWith = (...parts: Parameters<typeof graphOf>) => new Iam({ graph: graphOf(...parts), clock: manualClock() });

describe("IAM decisions", () => {
  const iam = iamWith(...role("Failover", [moveRoute]));
  const onTagged = (tag: string) => ({ "ec2:ResourceTag/database": tag });

  test("F7: the failover role may move the route on a tagged route table, and the sentence names the statement", () => {
    const decision = iam.roleMay(roleArn("Failover"), {
      action: "ec2:ReplaceRoute",
      resource: routeTable,
      context: onTagged("true"),
    });
    expect(decision).toEqual({
      allowed: true,
      because: "statement MoveRoute of inline policy Failover allows it",
    });
  });

  test("F7: without the tag it may not, in AWS's words, and the twin says which condition failed", () => {
    const decision = iam.authorize(callerFor(iam, "Failover"), { action: "ec2:ReplaceRoute", resource: routeTable });
    expect(decision).toEqual({
      allowed: false,
      because:
        "User: arn:aws:sts::123456789012:assumed-role/Failover/i-0abc is not authorized to perform: ec2:ReplaceRoute " +
        `on resource: ${routeTable} because no identity-based policy allows the ec2:ReplaceRoute action ` +
        '(statement MoveRoute of inline policy Failover allows the action, but only if StringEquals ec2:resourcetag/database = "true", but it is absent)',
    });
  });

  test("F7: another action, or another kind of resource, is denied", () => {
    const may = (action: string, target: string) =>
      iam.roleMay(roleArn("Failover"), { action, resource: target, context: onTagged("true") }).allowed;
    expect(may("ec2:DeleteRoute", routeTable)).toBe(false);
    expect(may("ec2:ReplaceRoute", routeTable.replace("route-table", "subnet"))).toBe(false);
    expect(may("EC2:replaceroute", routeTable)).toBe(true);
  });

  test("an explicit deny beats every allow", () => {
    const denying = iamWith(
      ...role("R", [
        { Sid: "All", Effect: "Allow", Action: "s3:*", Resource: "*" },
        { Sid: "NotThese", Effect: "Deny", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/secret/*" },
      ]),
    );
    const get = (key: string) =>
      denying.roleMay(roleArn("R"), { action: "s3:GetObject", resource: `arn:aws:s3:::b/${key}` });
    expect(get("public/x").allowed).toBe(true);
    expect(get("secret/x").because).toContain(
      "with an explicit deny in an identity-based policy (statement NotThese of inline policy R denies it)",
    );
  });

  test("managed, customer and inline policies of a role count together; unknown managed ones are refused by name", () => {
    const policyArn = "arn:aws:iam::123456789012:policy/Extra";
    const parts = [
      ...role("R", []),
      resource(
        "aws:iam/policy:Policy",
        "Extra",
        { policy: { Statement: { Effect: "Allow", Action: "sqs:*", Resource: "*" } } },
        { arn: policyArn },
      ),
      resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "a", { role: "R", policyArn }),
      resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "b", {
        role: "R",
        policyArn: "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
      }),
    ];
    const both = iamWith(...parts);
    expect(
      both.roleMay(roleArn("R"), { action: "sqs:SendMessage", resource: "arn:aws:sqs:eu-west-1:123456789012:q" })
        .allowed,
    ).toBe(true);
    expect(both.roleMay(roleArn("R"), { action: "ssm:UpdateInstanceInformation", resource: "*" }).allowed).toBe(true);
    const foreign = { role: "R", policyArn: "arn:aws:iam::aws:policy/AmazonEC2FullAccess" };
    expect(() =>
      iamWith(...parts, resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "c", foreign)),
    ).toThrow("The twin has no document for the policy arn:aws:iam::aws:policy/AmazonEC2FullAccess");
  });

  test("a policy for a role that the program does not declare is an error", () => {
    expect(() => iamWith(...role("R", [moveRoute]).slice(1))).toThrow('names the role "R"');
  });
});

describe("credentials", () => {
  const trusting = { trust: { AWS: roleArn("Web") } };

  test("W8: a service gets credentials only of roles that trust it", () => {
    const iam = iamWith(...role("Web", []));
    expect(() => iam.credentialsFor(roleArn("Web"), "lambda.amazonaws.com", "f")).toThrow(
      "The trust policy of role Web does not let lambda.amazonaws.com assume it.",
    );
    expect(callerFor(iam, "Web").arn).toBe("arn:aws:sts::123456789012:assumed-role/Web/i-0abc");
  });

  test("they expire in cloud time, and new ones are handed out before that", async () => {
    const clock = manualClock();
    const iam = new Iam({ graph: graphOf(...role("Web", [])), clock });
    const get = () => iam.credentialsFor(roleArn("Web"), "ec2.amazonaws.com", "i-1");
    const first = get();
    expect(get()).toBe(first);
    await clock.advance(5.8 * 3600_000);
    const second = get();
    expect(second.accessKeyId).not.toBe(first.accessKeyId);
    expect(iam.callerOf(first.accessKeyId, first.sessionToken).kind).toBe("known");
    await clock.advance(0.3 * 3600_000);
    expect(iam.callerOf(first.accessKeyId, first.sessionToken).kind).toBe("expired");
    expect(iam.callerOf(second.accessKeyId, second.sessionToken).kind).toBe("known");
  });

  test("a key without its own session token is unknown", () => {
    const iam = iamWith(...role("Web", []));
    const { accessKeyId } = iam.credentialsFor(roleArn("Web"), "ec2.amazonaws.com", "i-1");
    const other = iam.credentialsFor(roleArn("Web"), "ec2.amazonaws.com", "i-2");
    expect(iam.callerOf(accessKeyId, undefined).kind).toBe("unknown");
    expect(iam.callerOf(accessKeyId, other.sessionToken).kind).toBe("unknown");
  });

  const assume = { action: "sts:AssumeRole", resource: roleArn("Reader") };

  test("W9: in one account a trust policy that names the role is enough", () => {
    const iam = iamWith(...role("Web", []), ...role("Reader", [], trusting));
    expect(iam.authorize(callerFor(iam, "Web"), assume).allowed).toBe(true);
  });

  test("W9: a trust policy that names the account needs the caller's own permission too", () => {
    const byAccount = { trust: { AWS: "arn:aws:iam::123456789012:root" } };
    const allow = { Effect: "Allow", Action: "sts:AssumeRole", Resource: roleArn("Reader") };
    const without = iamWith(...role("Web", []), ...role("Reader", [], byAccount));
    expect(without.authorize(callerFor(without, "Web"), assume).allowed).toBe(false);
    const withIt = iamWith(...role("Web", [allow]), ...role("Reader", [], byAccount));
    expect(withIt.authorize(callerFor(withIt, "Web"), assume).allowed).toBe(true);
  });

  test("W9: a role in another account needs both, and the trust policy decides", () => {
    const abroad = "210987654321";
    const arn = roleArn("Reader", abroad);
    const allow = { Effect: "Allow", Action: "sts:AssumeRole", Resource: arn };
    const may = (statements: readonly Readonly<Record<string, unknown>>[], trust: unknown) => {
      const iam = iamWith(...role("Web", statements), ...role("Reader", [], { trust, account: abroad }));
      return iam.authorize(callerFor(iam, "Web"), { action: "sts:AssumeRole", resource: arn }).allowed;
    };
    expect(may([allow], { AWS: roleArn("Web") })).toBe(true);
    expect(may([], { AWS: roleArn("Web") })).toBe(false);
    expect(may([allow], { AWS: roleArn("Db") })).toBe(false);
    expect(may([allow], { Service: "ec2.amazonaws.com" })).toBe(false);
  });
});

describe("requests of instances and functions", () => {
  const interfaces = { Action: "ec2:CreateNetworkInterface", Resource: "*" };
  const parts = role(
    "Probe",
    [
      { Sid: "LambdaManagesItsInterfaces", Effect: "Allow", ...interfaces },
      {
        Sid: "TheCodeDoesNot",
        Effect: "Deny",
        ...interfaces,
        Condition: { ArnLike: { "lambda:SourceFunctionArn": "arn:aws:lambda:*:*:function:*" } },
      },
    ],
    { trust: { Service: "lambda.amazonaws.com" } },
  );

  test("F7: Lambda itself may manage the probe's interfaces, the probe's code may not", () => {
    const iam = iamWith(...parts);
    const access = { action: "ec2:CreateNetworkInterface", resource: "*" };
    expect(iam.roleMay(roleArn("Probe"), access).allowed).toBe(true);
    const credentials = iam.credentialsFor(roleArn("Probe"), "lambda.amazonaws.com", "CloudyProbe");
    const known = iam.callerOf(credentials.accessKeyId, credentials.sessionToken);
    if (known.kind !== "known") throw new Error(known.because);
    expect(iam.authorize(known.caller, access).because).toContain("explicit deny");
  });

  test("D2: the file system is mounted over TLS only, and through the access point only", () => {
    const arn = "arn:aws:elasticfilesystem:eu-west-1:123456789012:file-system/fs-1";
    const point = arn.replace("file-system/fs-1", "access-point/fsap-1");
    const allow = { Effect: "Allow", Action: "elasticfilesystem:ClientMount", Resource: arn };
    const deny = { Effect: "Deny", Principal: { AWS: "*" }, Action: "*", Resource: arn };
    const policy = {
      Statement: [
        { ...deny, Sid: "TlsOnly", Condition: { Bool: { "aws:SecureTransport": "false" } } },
        { ...deny, Sid: "Point", Condition: { StringNotEquals: { "elasticfilesystem:AccessPointArn": point } } },
      ],
    };
    const iam = iamWith(
      ...role("Db", [allow]),
      resource("aws:efs/fileSystemPolicy:FileSystemPolicy", "p", { fileSystemId: "fs-1", policy }),
    );
    const mount = (context: Readonly<Record<string, string>>) =>
      iam.roleMay(roleArn("Db"), { action: "elasticfilesystem:ClientMount", resource: arn, context });
    const through = { "elasticfilesystem:AccessPointArn": point };
    expect(mount(through).allowed).toBe(true);
    expect(mount({ ...through, "aws:SecureTransport": "false" }).because).toContain("statement TlsOnly");
    expect(mount({}).because).toContain("statement Point");
  });
});

describe("resource-based policies", () => {
  const secretArn = "arn:aws:secretsmanager:eu-west-1:210987654321:secret:CloudyDB-a1b2c3";
  const read = { Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: "*" };
  const secretPolicy = (principal: string) =>
    resource("aws:secretsmanager/secretPolicy:SecretPolicy", "p", {
      secretArn,
      policy: { Statement: [{ ...read, Principal: { AWS: principal } }] },
    });
  const access = { action: "secretsmanager:GetSecretValue", resource: secretArn };

  test("W9: a secret in another account is read only if both sides allow it", () => {
    const may = (...parts: Parameters<typeof graphOf>) => {
      const iam = iamWith(...parts);
      return iam.authorize(callerFor(iam, "Web"), access).allowed;
    };
    expect(may(...role("Web", [read]), secretPolicy(roleArn("Web")))).toBe(true);
    expect(may(...role("Web", [read]))).toBe(false);
    expect(may(...role("Web", []), secretPolicy(roleArn("Web")))).toBe(false);
    expect(may(...role("Web", [read]), secretPolicy(roleArn("Db")))).toBe(false);
  });

  test("a bucket policy's deny covers its objects and beats the role's allow", () => {
    const deny = {
      Sid: "NoWrites",
      Effect: "Deny",
      Action: "s3:PutObject",
      Principal: "*",
      Resource: "arn:aws:s3:::b/*",
    };
    const iam = iamWith(
      ...role("Web", [{ Effect: "Allow", Action: "s3:*", Resource: "*" }]),
      resource("aws:s3/bucketPolicy:BucketPolicy", "b", { bucket: "b", policy: { Statement: [deny] } }),
    );
    const may = (action: string) => iam.authorize(callerFor(iam, "Web"), { action, resource: "arn:aws:s3:::b/k" });
    expect(may("s3:GetObject").allowed).toBe(true);
    expect(may("s3:PutObject").because).toContain(
      "with an explicit deny in a resource-based policy (statement NoWrites",
    );
  });
});
