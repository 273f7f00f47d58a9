import { document, parse } from "./document.ts";
import { filledList, filledText, list, object, oneOf, optional, pick, type Static, text } from "./schema.ts";

const outputs = object({
  url: filledText,
  region: filledText,
  loadBalancerArn: filledText,
  targetGroupArn: filledText,
  webGroupName: filledText,
  databaseGroupName: filledText,
  /** A plain address, without a prefix length. */
  virtualIp: filledText,
  databaseRouteTableIds: filledList(filledText),
  /** Absent or empty when the group scales by target tracking, whose alarms are AWS's own. */
  highCpuAlarmName: optional(text),
  lowCpuAlarmName: optional(text),
  failoverFunctionName: filledText,
  failoverLogGroupName: filledText,
  databaseSecretArn: filledText,
  /** Absent from a stack before there were backups. */
  backupBucketName: optional(text),
  /** Groups of instances in the order in which a changed launch template rolls. Absent from a stack before there was a roll. */
  instanceGroups: optional(
    list(
      object({
        tier: oneOf("nat", "web", "database"),
        group: filledText,
        launchTemplate: filledText,
        /** Names of alarms that stop and undo a roll. */
        alarms: list(filledText),
      }),
    ),
  ),
  /** The images that instances start from. Absent from a stack before they were pinned. */
  imageIds: optional(list(object({ architecture: filledText, id: filledText }))),
  /** When clients would begin to refuse the database's certificate, as RFC 3339. */
  databaseCertificateExpires: optional(text),
});

/** The outputs of the stack, as `pulumi stack output --json` and the twin tell them. */
export const StackOutputsSchema = document("set of stack outputs", outputs);

export type StackOutputs = Static<typeof StackOutputsSchema>;
export type StackOutputName = keyof typeof outputs.fields;

/** Only those that a reader uses, so that it understands a stack of another release. */
export function parseOutputs<const Names extends readonly StackOutputName[]>(
  given: unknown,
  source: string,
  names: Names,
) {
  return parse(document("set of stack outputs", pick(outputs, names)), given, source);
}
