import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** One statement a purpose; the Sid names it. */
export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: { readonly AWS: "*" } | { readonly Service: string };
  readonly Action: string | readonly string[];
  readonly Resource: pulumi.Input<string> | readonly pulumi.Input<string>[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, pulumi.Input<string>>>>>;
}

export function policyDocument(statements: readonly Statement[]): pulumi.Output<string> {
  return pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements });
}

export function allow(
  sid: string,
  action: Statement["Action"],
  resource: Statement["Resource"],
  condition?: NonNullable<Statement["Condition"]>,
): Statement {
  return {
    Sid: sid,
    Effect: "Allow",
    Action: action,
    Resource: resource,
    ...(condition === undefined ? {} : { Condition: condition }),
  };
}

/** PutMetricData knows no resources; the namespace is the only bound it can have. */
export function allowMetrics(namespace: string): Statement {
  return allow("PutMetrics", "cloudwatch:PutMetricData", "*", {
    StringEquals: { "cloudwatch:namespace": namespace },
  });
}

/**
 * What the Systems Manager agent needs for Session Manager and for nothing else: its heartbeat and its message channels.
 * AmazonSSMManagedInstanceCore would let an instance read every parameter of the account.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
 */
export function allowSessionManager(region: string, accountId: pulumi.Input<string>): readonly Statement[] {
  return [
    allow(
      "SessionManagerHeartbeat",
      "ssm:UpdateInstanceInformation",
      pulumi.interpolate`arn:aws:ec2:${region}:${accountId}:instance/*`,
    ),
    // The channels know no resources.
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
}

/** A role of one AWS service with its statements as one inline policy. */
export class ServiceRole extends pulumi.ComponentResource {
  readonly role: aws.iam.Role;
  readonly policy: aws.iam.RolePolicy;

  constructor(
    name: string,
    args: { readonly service: "ec2" | "lambda"; readonly statements: readonly Statement[] },
    opts: pulumi.ComponentResourceOptions,
  ) {
    super("cloudy:infra:ServiceRole", name, {}, opts);
    this.role = new aws.iam.Role(
      name,
      {
        assumeRolePolicy: JSON.stringify({
          Version: "2012-10-17",
          Statement: [
            { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: `${args.service}.amazonaws.com` } },
          ],
        }),
      },
      { parent: this },
    );
    this.policy = new aws.iam.RolePolicy(
      name,
      { role: this.role.name, policy: policyDocument(args.statements) },
      { parent: this },
    );
    this.registerOutputs({ roleArn: this.role.arn });
  }
}
