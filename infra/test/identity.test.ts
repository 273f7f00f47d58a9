import { beforeAll, describe, expect, test } from "vitest";
import { devConfig, type Recording, record, userDataOf } from "./record.ts";

let program: Recording;
beforeAll(async () => {
  program = await record(await devConfig());
});

const statements = (name: string, of = program) =>
  JSON.parse(String(of.one("aws:iam/rolePolicy:RolePolicy", name).inputs["policy"])).Statement;

const allow = (Sid: string, Action: unknown, Resource: unknown, Condition?: unknown) => ({
  Sid,
  Effect: "Allow",
  Action,
  Resource,
  ...(Condition === undefined ? {} : { Condition }),
});
const metrics = (namespace: string) =>
  allow("PutMetrics", "cloudwatch:PutMetricData", "*", { StringEquals: { "cloudwatch:namespace": namespace } });
const sessionManager = [
  allow("SessionManagerHeartbeat", "ssm:UpdateInstanceInformation", "arn:aws:ec2:eu-west-1:123456789012:instance/*"),
  allow(
    "SessionManagerChannels",
    [
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ],
    "*",
  ),
];
const ownGroup = (name: string) =>
  `arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:*:autoScalingGroupName/Cloudy-${name}-00ff`;
const journal = (tier: string) =>
  allow("SendTheJournal", ["logs:CreateLogStream", "logs:PutLogEvents"], `arn:LogGroup:${tier}-instances:*`);

const INSTANCES = "arn:aws:ec2:eu-west-1:123456789012:instance/*";
const own = (role: string) => ({
  [`ec2:ResourceTag/${role}`]: "true",
  "ec2:ResourceTag/Project": "cloudy",
  "ec2:ResourceTag/Stack": "dev",
});
const TAGGED = { StringEquals: own("database") };

describe("roles", () => {
  test("W8: a web instance may put its metrics, fetch its artifacts and read its secret", () => {
    expect(statements("web")).toEqual([
      ...sessionManager,
      journal("web"),
      metrics("WebServers"),
      allow("FetchArtifacts", "s3:GetObject", "arn:Bucket:artifacts/*"),
      allow("ReadTheDatabaseSecret", "secretsmanager:GetSecretValue", "arn:Secret:CloudyDB"),
    ]);
  });

  test("W9: with a role in another account it may assume that role instead, and nothing else", async () => {
    const accountRoleArn = "arn:aws:iam::210987654321:role/SecretsManagerCloudy";
    const secret = JSON.stringify({ accountRoleArn, region: "us-east-1" });
    const elsewhere = await record(await devConfig({ "cloudy:secret": secret }));
    expect(statements("web", elsewhere)).toEqual([
      ...sessionManager,
      journal("web"),
      metrics("WebServers"),
      allow("FetchArtifacts", "s3:GetObject", "arn:Bucket:artifacts/*"),
      allow("ReadTheDatabaseSecretElsewhere", "sts:AssumeRole", accountRoleArn),
    ]);
    const userData = userDataOf(elsewhere, "web");
    expect(userData).toContain(`SECRET_ROLE_ARN=${accountRoleArn}`);
    expect(userData).toContain("SECRET_REGION=us-east-1");
    expect(userData).toContain("SECRET_ID=CloudyDB");
  });

  test("A6: with access tokens a web instance may read their secret, too, and the API is told of it", async () => {
    const tokensSecretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:CloudyTokens-AbCdEf";
    const guarded = await record(
      await devConfig({ "cloudy:tokensSecretArn": tokensSecretArn, "cloudy:requestsPerMinute": "600" }),
    );
    expect(statements("web", guarded)).toContainEqual(
      allow("ReadTheAccessTokens", "secretsmanager:GetSecretValue", tokensSecretArn),
    );
    const userData = userDataOf(guarded, "web");
    expect(userData).toContain(`TOKENS_SECRET_ID=${tokensSecretArn}`);
    expect(userData).toContain("REQUESTS_PER_MINUTE=600");
  });

  test("D2 W8: a database instance may also mount the file system through the access point, and read the grant key", () => {
    expect(statements("database")).toEqual([
      ...sessionManager,
      journal("database"),
      metrics("DatabaseServers"),
      allow("FetchArtifacts", "s3:GetObject", "arn:Bucket:artifacts/*"),
      allow("ReadSecrets", "secretsmanager:GetSecretValue", [
        "arn:Secret:CloudyDB",
        "arn:Secret:CloudyDBServer",
        "arn:Secret:CloudyFailover",
      ]),
      allow(
        "MountTheFileSystem",
        ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess"],
        "arn:FileSystem:database",
        { StringEquals: { "elasticfilesystem:AccessPointArn": "arn:AccessPoint:database" } },
      ),
      allow(
        "KeepBackups",
        ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
        "arn:Bucket:backups/*",
      ),
      allow("ListBackups", "s3:ListBucket", "arn:Bucket:backups"),
      allow("FindTheOwnGroup", "autoscaling:DescribeAutoScalingInstances", "*"),
      allow("SayThatItIsReady", "autoscaling:CompleteLifecycleAction", ownGroup("database")),
    ]);
  });

  test("D1: it may protect instances of its own group from scaling in, and of no other", () => {
    expect(statements("database-protection")).toEqual([
      allow("ProtectTheHolder", "autoscaling:SetInstanceProtection", "arn:Group:database"),
    ]);
  });

  test("no role may delete what was removed from the backups, or change the bucket", () => {
    const actions = program
      .all("aws:iam/rolePolicy:RolePolicy")
      .flatMap(({ inputs }) => JSON.parse(String(inputs["policy"])).Statement)
      .flatMap(({ Action }: { Action: string | string[] }) => Action)
      .filter((action: string) => action.startsWith("s3:"));
    expect([...new Set(actions)].sort()).toEqual([
      "s3:AbortMultipartUpload",
      "s3:DeleteObject",
      "s3:GetObject",
      "s3:ListBucket",
      "s3:PutObject",
    ]);
  });

  test("A7: of all roles only the database instances' may read the server's key", () => {
    const readers = program
      .all("aws:iam/rolePolicy:RolePolicy")
      .filter(({ inputs }) => String(inputs["policy"]).includes("arn:Secret:CloudyDBServer"));
    expect(readers.map(({ name }) => name)).toEqual(["database"]);
    expect(JSON.stringify(program.all("aws:iam/rolePolicy:RolePolicy"))).not.toMatch(/secret:[^"]*\*/i);
  });

  test("N4, R1: a NAT instance may attach the fixed interface to a NAT instance of this stack", () => {
    expect(statements("nat")).toEqual([
      ...sessionManager,
      journal("nat"),
      allow("AttachTheInterface", "ec2:AttachNetworkInterface", "arn:NetworkInterface:nat"),
      allow("AttachItToANatInstance", "ec2:AttachNetworkInterface", INSTANCES, {
        StringEquals: own("nat"),
      }),
      allow("SayThatItIsReady", "autoscaling:CompleteLifecycleAction", ownGroup("nat")),
    ]);
    expect(program.one("aws:autoscaling/group:Group", "nat").inputs["tags"]).toEqual([
      { key: "Name", value: "NAT", propagateAtLaunch: true },
      { key: "nat", value: "true", propagateAtLaunch: true },
      { key: "Project", value: "cloudy", propagateAtLaunch: true },
      { key: "Stack", value: "dev", propagateAtLaunch: true },
    ]);
  });

  test("F7, R1: the failover function may do exactly what it does, on what is tagged database=true in this stack", () => {
    expect(statements("failover")).toEqual([
      allow("Observe", ["ec2:DescribeInstances", "ec2:DescribeInstanceStatus", "ec2:DescribeRouteTables"], "*"),
      allow(
        "MoveTheRoute",
        ["ec2:CreateRoute", "ec2:ReplaceRoute"],
        "arn:aws:ec2:eu-west-1:123456789012:route-table/public-id",
        TAGGED,
      ),
      allow("DisableSourceDestCheck", "ec2:ModifyInstanceAttribute", INSTANCES, {
        ...TAGGED,
        StringEqualsIgnoreCase: { "ec2:Attribute": "SourceDestCheck" },
      }),
      allow("Fence", "ec2:TerminateInstances", INSTANCES, TAGGED),
      allow("WriteFencesDown", "ec2:CreateTags", "arn:aws:ec2:eu-west-1:123456789012:route-table/public-id", {
        ...TAGGED,
        "ForAllValues:StringEquals": { "aws:TagKeys": "cloudy:fences" },
      }),
      allow("Probe", "lambda:InvokeFunction", "arn:Function:probe"),
      allow("SignGrants", "secretsmanager:GetSecretValue", "arn:Secret:CloudyFailover"),
      metrics("Cloudy/Database"),
      allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], "arn:LogGroup:CloudyFailover:*"),
    ]);
  });

  test("F7: the probe may log; Lambda may manage its interfaces, its code may not", () => {
    const interfaceActions = [
      "ec2:CreateNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:DeleteNetworkInterface",
      "ec2:AssignPrivateIpAddresses",
      "ec2:UnassignPrivateIpAddresses",
    ];
    expect(statements("probe")).toEqual([
      allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], "arn:LogGroup:CloudyProbe:*"),
      allow("LambdaManagesItsInterfaces", interfaceActions, "*"),
      {
        ...allow("TheCodeDoesNot", interfaceActions, "*", {
          ArnLike: { "lambda:SourceFunctionArn": "arn:aws:lambda:*:*:function:*" },
        }),
        Effect: "Deny",
      },
    ]);
  });

  test("W8 F7: five roles, each with one inline policy (databases two: the group's name is known late) and trusted by its own service", () => {
    const trust = program
      .all("aws:iam/role:Role")
      .map(({ name, inputs }) => [name, JSON.parse(String(inputs["assumeRolePolicy"])).Statement]);
    const trusts = (service: string) => [
      { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: `${service}.amazonaws.com` } },
    ];
    expect(Object.fromEntries(trust)).toEqual({
      nat: trusts("ec2"),
      database: trusts("ec2"),
      web: trusts("ec2"),
      failover: trusts("lambda"),
      probe: trusts("lambda"),
    });
    const attached = program.all("aws:iam/rolePolicy:RolePolicy").map(({ name, inputs }) => [name, inputs["role"]]);
    expect(Object.fromEntries(attached)).toEqual({
      nat: "nat",
      database: "database",
      "database-protection": "database",
      web: "web",
      failover: "failover",
      probe: "probe",
    });
  });

  test("W3 F7: each instance and each function has the role of its own name", () => {
    const profiles = program.all("aws:iam/instanceProfile:InstanceProfile").map(({ name, inputs }) => [name, inputs]);
    expect(Object.fromEntries(profiles)).toEqual({
      nat: { role: "nat" },
      database: { role: "database" },
      web: { role: "web" },
    });
    const functions = program.all("aws:lambda/function:Function").map(({ name, inputs }) => [name, inputs["role"]]);
    expect(Object.fromEntries(functions)).toEqual({ failover: "arn:Role:failover", probe: "arn:Role:probe" });
  });

  test("F7: every document is in the policy language of 2012; without its version AWS reads the one of 2008", () => {
    const documents = [
      ...program.all("aws:iam/role:Role").map(({ inputs }) => inputs["assumeRolePolicy"]),
      ...program.all("aws:iam/rolePolicy:RolePolicy").map(({ inputs }) => inputs["policy"]),
      program.one("aws:efs/fileSystemPolicy:FileSystemPolicy").inputs["policy"],
    ];
    expect(documents).toHaveLength(5 + 6 + 1);
    for (const document of documents) expect(JSON.parse(String(document)).Version).toBe("2012-10-17");
  });

  test("N5 R6: Session Manager's agent may do what a session takes, on instances only", () => {
    const roles = program
      .all("aws:iam/rolePolicy:RolePolicy")
      .filter(({ inputs }) => String(inputs["policy"]).includes("ssm"))
      .map(({ name }) => name);
    expect(roles.sort()).toEqual(["database", "nat", "web"]);
    for (const role of roles) expect(statements(role)).toEqual(expect.arrayContaining(sessionManager));
  });
});
