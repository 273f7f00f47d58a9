import type { GroupSettings } from "./group-settings.ts";
import type { GroupParts, Member } from "./member.ts";

/** What is wrong with an instance, in the words of an activity's cause; nothing when it is healthy. */
export function faultOf(member: Member, settings: GroupSettings, parts: GroupParts): string | undefined {
  const { clock, ec2, loadBalancing } = parts;
  const instance = ec2.instances.find(member.instanceId);
  if (instance === undefined || (instance.state !== "running" && instance.state !== "pending")) {
    return "an EC2 health check indicating it has been terminated or stopped";
  }
  // The grace period protects what is still starting, but not what is gone.
  if (member.inServiceAt_ms === undefined) return undefined;
  if (clock.now() - member.inServiceAt_ms < settings.gracePeriod_s * 1000) return undefined;
  if (instance.status === "impaired") return "an EC2 instance status checks failure";
  if (settings.healthCheckType !== "ELB") return undefined;
  const states = settings.targetGroupArns.map((arn) => loadBalancing.targets(arn).health(member.instanceId)?.state);
  return states.includes("unhealthy") ? "an ELB system health check failure" : undefined;
}
