import type { HealthCheck, HealthResult } from "@cloudy/twin-model/load-balancer.ts";
import type { Properties } from "@cloudy/twin-model/properties.ts";

export interface TargetGroupSettings {
  readonly arn: string;
  readonly name: string;
  /** `targetgroup/<name>/<id>`: its name as a metric dimension. */
  readonly suffix: string;
  readonly protocol: string;
  readonly port: number;
  readonly vpcId: string;
  readonly deregistrationDelay_s: number;
  readonly interval_s: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  readonly check: HealthCheck;
  readonly tags: Readonly<Record<string, string>>;
}

type TargetState = "initial" | "healthy" | "unhealthy" | "draining" | "unused";

/** A registered target: what the load balancer's nodes know of it. */
export interface TargetHealth {
  readonly state: TargetState;
  readonly reason: string;
  readonly description: string;
  /** Successive results of the same kind, for the thresholds. */
  readonly successes: number;
  readonly failures: number;
}

export const registered: TargetHealth = {
  state: "initial",
  reason: "Elb.RegistrationInProgress",
  description: "Target registration is in progress",
  successes: 0,
  failures: 0,
};

/**
 * One result of a health check. A new target is healthy after its first success, whatever the threshold (Elastic Load
 * Balancing's documentation); later changes need as many results in a row as the thresholds say.
 */
export function nextHealth(
  health: TargetHealth,
  result: HealthResult,
  settings: Pick<TargetGroupSettings, "healthyThreshold" | "unhealthyThreshold">,
): TargetHealth {
  if (health.state === "draining" || health.state === "unused") return health;
  const successes = result.ok ? health.successes + 1 : 0;
  const failures = result.ok ? 0 : health.failures + 1;
  const counted = { ...health, successes, failures };
  if (result.ok) {
    const isHealthy = health.state !== "unhealthy" || successes >= settings.healthyThreshold;
    return isHealthy ? { ...counted, state: "healthy", reason: "", description: "" } : counted;
  }
  if (health.state === "initial") {
    const failed = failures >= settings.unhealthyThreshold;
    const state = failed ? "unhealthy" : "initial";
    const reason = failed ? result.code : "Elb.InitialHealthChecking";
    return { ...counted, state, reason, description: failed ? result.reason : "Initial health checks in progress" };
  }
  if (health.state === "healthy" && failures < settings.unhealthyThreshold) return counted;
  return { ...counted, state: "unhealthy", reason: result.code, description: result.reason };
}

/** Reads a recorded target group; defaults are those of Elastic Load Balancing for HTTP. */
export function targetGroupSettings(properties: Properties): TargetGroupSettings {
  const check = properties.child("healthCheck");
  const protocol = properties.optionalText("protocol") ?? "HTTP";
  const port = properties.number("port");
  const checkPort = check?.optionalText("port") ?? "traffic-port";
  const arn = properties.text("arn");
  return {
    arn,
    name: properties.text("name"),
    suffix: properties.optionalText("arnSuffix") ?? arn.slice(arn.indexOf(":targetgroup/") + 1),
    protocol,
    port,
    vpcId: properties.text("vpcId"),
    deregistrationDelay_s: properties.number("deregistrationDelay", 300),
    interval_s: check?.number("interval", 30) ?? 30,
    healthyThreshold: check?.number("healthyThreshold", 3) ?? 3,
    unhealthyThreshold: check?.number("unhealthyThreshold", 3) ?? 3,
    check: {
      protocol: check?.optionalText("protocol") ?? protocol,
      path: check?.optionalText("path") ?? "/",
      port: checkPort === "traffic-port" ? port : Number(checkPort),
      timeout_ms: (check?.number("timeout", 5) ?? 5) * 1000,
      matcher: check?.optionalText("matcher") ?? "200",
    },
    tags: properties.textMap("tags"),
  };
}
