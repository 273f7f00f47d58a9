import type { Properties } from "@cloudy/twin-model/properties.ts";

interface PolicyBase {
  readonly name: string;
  readonly arn: string;
  readonly groupName: string;
  readonly enabled: boolean;
}

export interface SimplePolicy extends PolicyBase {
  readonly kind: "SimpleScaling";
  readonly adjustmentType: "ChangeInCapacity" | "ExactCapacity" | "PercentChangeInCapacity";
  readonly adjustment: number;
  readonly minAdjustmentMagnitude: number | undefined;
  /** Instead of the group's default cooldown. */
  readonly cooldown_s: number | undefined;
}

export interface TargetTrackingPolicy extends PolicyBase {
  readonly kind: "TargetTrackingScaling";
  readonly metricType: "ASGAverageCPUUtilization" | "ALBRequestCountPerTarget";
  /** `app/<name>/<id>/targetgroup/<name>/<id>`, for the request count. */
  readonly resourceLabel: string | undefined;
  readonly targetValue: number;
  readonly disableScaleIn: boolean;
  readonly warmup_s: number | undefined;
}

export type Policy = SimplePolicy | TargetTrackingPolicy;

interface Capacity {
  readonly desired: number;
  readonly min: number;
  readonly max: number;
}

/** The capacity a simple policy asks for, within the group's limits. */
export function adjusted(policy: SimplePolicy, { desired, min, max }: Capacity): number {
  const clamp = (wanted: number) => Math.min(max, Math.max(min, wanted));
  switch (policy.adjustmentType) {
    case "ChangeInCapacity":
      return clamp(desired + policy.adjustment);
    case "ExactCapacity":
      return clamp(policy.adjustment);
    case "PercentChangeInCapacity":
      return clamp(desired + percentChange(desired, policy.adjustment, policy.minAdjustmentMagnitude ?? 1));
  }
}

/** AWS rounds towards zero, except that a change is at least of the given magnitude (one by default). */
function percentChange(desired: number, percent: number, least: number): number {
  const change = Math.trunc((desired * percent) / 100);
  return percent === 0 ? 0 : Math.sign(percent) * Math.max(least, Math.abs(change));
}

/**
 * The capacity at which the metric would meet the target, if load spreads evenly. It only grows in answer to the high
 * alarm and only shrinks in answer to the low one, never in between.
 */
export function tracked(
  policy: TargetTrackingPolicy,
  state: Capacity & {
    readonly value: number;
    /** Instances that are in service and past their warm-up: those that produced the value. */
    readonly warm: number;
    readonly warming: number;
  },
): number {
  const { desired, min, max, value, warm, warming } = state;
  if (warm === 0) return desired;
  const wanted = Math.min(max, Math.max(min, Math.ceil((warm * value) / policy.targetValue)));
  if (value > policy.targetValue) return Math.max(desired, wanted);
  // While an instance warms up the group is still finding out whether it was enough.
  return policy.disableScaleIn || warming > 0 ? desired : Math.min(desired, wanted);
}

/** Reads a recorded scaling policy. */
export function policySettings(properties: Properties): Policy {
  const base = {
    name: properties.text("name"),
    arn: properties.text("arn"),
    groupName: properties.text("autoscalingGroupName"),
    enabled: properties.flag("enabled", true),
  };
  const kind = properties.optionalText("policyType") ?? "SimpleScaling";
  if (kind === "TargetTrackingScaling") return { ...base, kind, ...trackingSettings(properties) };
  if (kind !== "SimpleScaling") {
    throw new Error(
      `${properties.where}: [policyType] is ${kind}, but the twin knows SimpleScaling and TargetTrackingScaling.`,
    );
  }
  return {
    ...base,
    kind,
    adjustmentType: adjustmentType(properties),
    adjustment: properties.number("scalingAdjustment"),
    minAdjustmentMagnitude: properties.optionalNumber("minAdjustmentMagnitude"),
    cooldown_s: properties.optionalNumber("cooldown"),
  };
}

function adjustmentType(properties: Properties): SimplePolicy["adjustmentType"] {
  const given = properties.text("adjustmentType");
  const known = ["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"] as const;
  const found = known.find((type) => type === given);
  if (found !== undefined) return found;
  throw new Error(`${properties.where}: [adjustmentType] is ${given}, but AWS knows ${known.join(", ")}.`);
}

function trackingSettings(properties: Properties) {
  const configuration = properties.child("targetTrackingConfiguration");
  const specification = configuration?.child("predefinedMetricSpecification");
  const metricType = specification?.text("predefinedMetricType");
  if (configuration === undefined || specification === undefined) {
    throw new Error(`${properties.where}: [targetTrackingConfiguration.predefinedMetricSpecification] is required.`);
  }
  if (metricType !== "ASGAverageCPUUtilization" && metricType !== "ALBRequestCountPerTarget") {
    throw new Error(
      `${specification.where}: the twin tracks ASGAverageCPUUtilization and ALBRequestCountPerTarget, but not ${metricType}.`,
    );
  }
  return {
    metricType,
    resourceLabel: specification.optionalText("resourceLabel"),
    targetValue: configuration.number("targetValue"),
    disableScaleIn: configuration.flag("disableScaleIn", false),
    warmup_s: properties.optionalNumber("estimatedInstanceWarmup"),
  } as const;
}
