import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { allow, type Statement } from "../policy.ts";

export interface InstanceLogArgs {
  readonly groupName: string;
  readonly retentionDays: number;
}

export interface InstanceLogs {
  /** Name of the log group. */
  readonly group: string;
  /** What an instance may do there: add lines, and neither read nor remove any. */
  readonly statement: Statement;
}

/** The log group of a tier's instances. It has a stream for each instance, which outlives the instance. */
export function createInstanceLogs(
  tier: string,
  { groupName: name, retentionDays }: InstanceLogArgs,
  parent: pulumi.Resource,
): InstanceLogs {
  const group = new aws.cloudwatch.LogGroup(`${tier}-instances`, { name, retentionInDays: retentionDays }, { parent });
  const streams = pulumi.interpolate`${group.arn}:*`;
  return { group: name, statement: allow("SendTheJournal", ["logs:CreateLogStream", "logs:PutLogEvents"], streams) };
}
