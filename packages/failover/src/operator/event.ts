import type { RestorePoint } from "@cloudy/contracts/signed-messages.ts";
import { FailoverError } from "../errors.ts";

/** What the function is invoked with: a trigger of EventBridge, or an operator's command (docs/contracts.md). */
export type Command =
  | { readonly kind: "rounds"; readonly trigger: "schedule" | "event"; readonly group: string | undefined }
  | { readonly kind: "switchover" }
  | { readonly kind: "restore"; readonly point: RestorePoint }
  | { readonly kind: "look" };

/** Only what is clearly an operator's command is one; throws on one that is not complete. */
export function parseEvent(event: unknown): Command {
  const { switchover, look, restore, source, detail } = (event ?? {}) as Readonly<Record<string, unknown>>;
  if (isObject(switchover)) return { kind: "switchover" };
  if (isObject(look)) return { kind: "look" };
  if (isObject(restore)) return { kind: "restore", point: parsePoint(restore) };
  const group = isObject(detail) ? detail["AutoScalingGroupName"] : undefined;
  return {
    kind: "rounds",
    trigger: source === "aws.ec2" || source === "aws.autoscaling" ? "event" : "schedule",
    group: typeof group === "string" ? group : undefined,
  };
}

function parsePoint({ backup, targetTime }: Readonly<Record<string, unknown>>): RestorePoint {
  if (typeof backup !== "string" || backup === "") throw new FailoverError("[restore.backup] must name a base backup");
  if (targetTime === null) return { backup, targetTime };
  if (typeof targetTime !== "string" || !isInstant(targetTime)) {
    throw new FailoverError(
      `[restore.targetTime] must be null or a time like 2026-01-02T03:04:05.678Z, got ${JSON.stringify(targetTime)}`,
    );
  }
  return { backup, targetTime };
}

/** Exactly as Date.toISOString() writes it, since it is signed as text. */
function isInstant(text: string): boolean {
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString() === text;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
