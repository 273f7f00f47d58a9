import type { Bundle } from "@cloudy/bundle/bundle.ts";
import { FAILOVER_ENVIRONMENT } from "@cloudy/contracts/environment/failover.ts";
import { PROBE_ENVIRONMENT } from "@cloudy/contracts/environment/probe.ts";
import { environmentOf } from "@cloudy/contracts/environment/write.ts";
import { FENCE_TAG } from "@cloudy/contracts/stack-tags.ts";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { PhysicalNames } from "../names.ts";
import type { Firewall } from "../network/firewall.ts";
import type { Network } from "../network/network.ts";
import { POSTGRES_PORT, STATUS_PORT } from "../network/ports.ts";
import { allow, allowMetrics, ServiceRole, type Statement } from "../policy.ts";
import type { FailoverSettings } from "../settings/failover-settings.ts";
import { nameOf, ownResources, type StackIdentity } from "../stack.ts";
import { createSchedule } from "./failover-events.ts";

export interface FailoverFunctionArgs {
  readonly region: string;
  readonly accountId: pulumi.Input<string>;
  readonly identity: StackIdentity;
  readonly names: Pick<PhysicalNames, "functions" | "logGroups">;
  readonly settings: FailoverSettings;
  readonly logRetentionDays: number;
  readonly virtualIpCidr: string;
  readonly network: Network;
  readonly firewall: Firewall;
  readonly databaseGroup: aws.autoscaling.Group;
  readonly grantSecretArn: pulumi.Input<string>;
  readonly bundle: Bundle;
}

/** Tag of database instances and of the route tables that carry the virtual IP's route. */
const DATABASE_TAG = FAILOVER_ENVIRONMENT.DATABASE_TAG.default;
const METRICS_NAMESPACE = FAILOVER_ENVIRONMENT.METRICS_NAMESPACE.default;
/** One invocation a minute, which starts rounds for 58 s; the last one may take its time when every call does. */
const FAILOVER_TIMEOUT_SECONDS = 120;
/** A few bounded attempts one after the other: status, PostgreSQL, second opinion. */
const PROBE_TIMEOUT_SECONDS = 20;

/** Two functions of one zip: `probe` sees the database from inside the VPC, `failover` decides and acts from outside. */
export class FailoverFunction extends pulumi.ComponentResource {
  readonly functionName: pulumi.Output<string>;
  readonly logGroupName: pulumi.Output<string>;

  constructor(name: string, args: FailoverFunctionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cloudy:infra:FailoverFunction", name, {}, opts);
    const code = new pulumi.asset.FileArchive(args.bundle.path);
    const probe = this.#createProbe(args, code);
    const logGroup = this.#createLogGroup("CloudyFailover", args.names.logGroups.failover, args);
    const role = new ServiceRole(
      "failover",
      { service: "lambda", statements: failoverStatements(args, probe.arn, logGroup.arn) },
      { parent: this },
    );
    const failover = new aws.lambda.Function(
      "failover",
      {
        name: args.names.functions.failover,
        runtime: "nodejs24.x",
        handler: "failover.handler",
        code,
        role: role.role.arn,
        timeout: FAILOVER_TIMEOUT_SECONDS,
        memorySize: 256,
        environment: {
          variables: environmentOf<typeof FAILOVER_ENVIRONMENT, pulumi.Input<string>>(FAILOVER_ENVIRONMENT, {
            VIRTUAL_IP_CIDR: args.virtualIpCidr,
            STACK: nameOf(args.identity),
            DATABASE_TAG,
            DATABASE_GROUP: args.databaseGroup.name,
            PROBE_FUNCTION: probe.name,
            ROUND_SECONDS: args.settings.roundSeconds,
            GRANT_SECRET_ID: args.grantSecretArn,
            METRICS_NAMESPACE,
          }),
        },
      },
      { parent: this, dependsOn: [role.policy, logGroup] },
    );
    this.functionName = failover.name;
    this.logGroupName = logGroup.name;
    createSchedule(failover, args.databaseGroup, this);
    this.registerOutputs({ functionName: failover.name });
  }

  #createProbe(args: FailoverFunctionArgs, code: pulumi.asset.Archive): aws.lambda.Function {
    const logGroup = this.#createLogGroup("CloudyProbe", args.names.logGroups.probe, args);
    const role = new ServiceRole(
      "probe",
      { service: "lambda", statements: probeStatements(logGroup.arn) },
      { parent: this },
    );
    return new aws.lambda.Function(
      "probe",
      {
        name: args.names.functions.probe,
        runtime: "nodejs24.x",
        handler: "probe.handler",
        code,
        role: role.role.arn,
        timeout: PROBE_TIMEOUT_SECONDS,
        memorySize: 256,
        environment: {
          variables: environmentOf(PROBE_ENVIRONMENT, {
            POSTGRES_PORT,
            STATUS_PORT,
            PROBE_TIMEOUT_SECONDS: args.settings.probeTimeoutSeconds,
          }),
        },
        vpcConfig: {
          subnetIds: args.network.privateSubnets.map((subnet) => subnet.id),
          securityGroupIds: [args.firewall.probe.id],
        },
      },
      { parent: this, dependsOn: [role.policy, logGroup] },
    );
  }

  #createLogGroup(name: string, logGroupName: string, args: FailoverFunctionArgs): aws.cloudwatch.LogGroup {
    return new aws.cloudwatch.LogGroup(
      name,
      { name: logGroupName, retentionInDays: args.logRetentionDays },
      { parent: this },
    );
  }
}

function failoverStatements(
  { region, accountId, identity, network, grantSecretArn }: FailoverFunctionArgs,
  probeArn: pulumi.Input<string>,
  logGroupArn: pulumi.Input<string>,
): Statement[] {
  const ownDatabase = { StringEquals: ownResources(identity, DATABASE_TAG) };
  const instances = pulumi.interpolate`arn:aws:ec2:${region}:${accountId}:instance/*`;
  return [
    // EC2's Describe actions know no resources.
    allow("Observe", ["ec2:DescribeInstances", "ec2:DescribeInstanceStatus", "ec2:DescribeRouteTables"], "*"),
    allow("MoveTheRoute", ["ec2:CreateRoute", "ec2:ReplaceRoute"], network.publicRouteTable.arn, ownDatabase),
    // Of an instance that it may terminate it may change this alone: not its user data, nor its security groups.
    allow("DisableSourceDestCheck", "ec2:ModifyInstanceAttribute", instances, {
      ...ownDatabase,
      StringEqualsIgnoreCase: { "ec2:Attribute": "SourceDestCheck" },
    }),
    allow("Fence", "ec2:TerminateInstances", instances, ownDatabase),
    allow("WriteFencesDown", "ec2:CreateTags", network.publicRouteTable.arn, {
      ...ownDatabase,
      "ForAllValues:StringEquals": { "aws:TagKeys": FENCE_TAG },
    }),
    allow("Probe", "lambda:InvokeFunction", probeArn),
    allow("SignGrants", "secretsmanager:GetSecretValue", grantSecretArn),
    allowMetrics(METRICS_NAMESPACE),
    allowLogs(logGroupArn),
  ];
}

function probeStatements(logGroupArn: pulumi.Input<string>): Statement[] {
  const interfaceActions = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
  ];
  return [
    allowLogs(logGroupArn),
    // Lambda itself needs these to put the function into the VPC, on any interface ...
    allow("LambdaManagesItsInterfaces", interfaceActions, "*"),
    // ... but the function's own code, which could use the same role, must not.
    {
      ...allow("TheCodeDoesNot", interfaceActions, "*", {
        ArnLike: { "lambda:SourceFunctionArn": "arn:aws:lambda:*:*:function:*" },
      }),
      Effect: "Deny",
    },
  ];
}

function allowLogs(logGroupArn: pulumi.Input<string>): Statement {
  return allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], pulumi.interpolate`${logGroupArn}:*`);
}
