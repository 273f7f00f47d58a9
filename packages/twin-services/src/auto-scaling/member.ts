import type { Bus } from "@cloudy/twin-model/bus.ts";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Identifiers } from "@cloudy/twin-model/identifiers.ts";
import type { Ec2 } from "../ec2/ec2.ts";
import type { LoadBalancing } from "../load-balancing/load-balancing.ts";
import type { Activity } from "./activities.ts";
import type { Candidate } from "./balance.ts";
import type { GroupSettings } from "./group-settings.ts";

/** An instance of a group. */
export interface Member extends Candidate {
  readonly launchTemplate: { readonly id: string; readonly name: string; readonly version: string };
  readonly instanceType: string;
  /** It waits for its group's launch hooks in `Pending:Wait`. */
  lifecycle: "Pending" | "Pending:Wait" | "Pending:Proceed" | "InService" | "Terminating";
  health: "Healthy" | "Unhealthy";
  protectedFromScaleIn: boolean;
  inServiceAt_ms: number | undefined;
  activity: Activity;
}

export interface GroupParts {
  readonly clock: Clock;
  readonly bus: Bus;
  readonly ids: Identifiers;
  readonly ec2: Ec2;
  readonly loadBalancing: LoadBalancing;
}

/** What a group's instance is tagged with: what the group propagates, and Auto Scaling's own. */
export function instanceTags(
  settings: GroupSettings,
  template: { readonly templateId: string; readonly version: number },
): Record<string, string> {
  const propagated = settings.tags.filter((tag) => tag.propagateAtLaunch);
  return {
    ...Object.fromEntries(propagated.map((tag) => [tag.key, tag.value])),
    "aws:autoscaling:groupName": settings.name,
    "aws:ec2launchtemplate:id": template.templateId,
    "aws:ec2launchtemplate:version": String(template.version),
  };
}
