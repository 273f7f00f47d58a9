import { parse } from "@cloudy/contracts/document.ts";
import { LookEventSchema } from "@cloudy/contracts/look.ts";
import { RestoreEventSchema } from "@cloudy/contracts/restore.ts";
import type { RestorePoint } from "@cloudy/contracts/restore-point.ts";
import type { Schema } from "@cloudy/contracts/schema.ts";
import { SwitchoverEventSchema } from "@cloudy/contracts/switchover.ts";

/** What the function is invoked with: a trigger of EventBridge, or an operator's command (docs/contracts.md). */
export type Command =
  | {
      readonly kind: "rounds";
      readonly trigger: "schedule" | "event";
      /** What the event is about, if it says so. */
      readonly group: string | undefined;
      readonly instanceId: string | undefined;
    }
  | { readonly kind: "switchover" }
  | { readonly kind: "restore"; readonly point: RestorePoint }
  | { readonly kind: "look" };

/** Only what is clearly an operator's command is one; throws on one that is not complete. */
export function parseEvent(event: unknown): Command {
  const { restore, source, detail } = fieldsOf(event);
  if (isRead(SwitchoverEventSchema, event)) return { kind: "switchover" };
  if (isRead(LookEventSchema, event)) return { kind: "look" };
  if (typeof restore === "object" && restore !== null) {
    return { kind: "restore", point: parse(RestoreEventSchema, event, "the event").restore };
  }
  const { AutoScalingGroupName: group, "instance-id": instanceId } = fieldsOf(detail);
  return {
    kind: "rounds",
    trigger: source === "aws.ec2" || source === "aws.autoscaling" ? "event" : "schedule",
    group: typeof group === "string" ? group : undefined,
    instanceId: typeof instanceId === "string" ? instanceId : undefined,
  };
}

function isRead(schema: Schema<unknown>, event: unknown): boolean {
  return "value" in schema.read(event);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
