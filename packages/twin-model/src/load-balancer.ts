export interface Target {
  readonly instanceId: string;
  readonly ip: string;
  readonly port: number;
}

export interface Listener {
  readonly arn: string;
  readonly loadBalancerArn: string;
  readonly port: number;
  readonly protocol: string;
  readonly action:
    | { readonly kind: "forward"; readonly targetGroupArn: string }
    | { readonly kind: "redirect"; readonly protocol: string; readonly port: string; readonly statusCode: string };
}

/**
 * Outcome of one request: `status` by the target, or by the load balancer itself without one (400, 408, 463, 502, 503, 504, and
 * 460 for a client that left).
 */
export interface RequestOutcome {
  readonly loadBalancerArn: string;
  readonly targetGroupArn: string;
  readonly instanceId: string | undefined;
  readonly status: number;
  readonly latency_ms: number;
}

/** What the load balancer's data plane asks of the control plane. */
export interface LoadBalancerView {
  listeners(): readonly Listener[];
  /** Its node's interfaces (one a subnet, with the load balancer's security groups) and its idle timeout. */
  loadBalancer(arn: string): { readonly interfaceIds: readonly string[]; readonly idleTimeout_s: number };
  /** Targets that take new requests, in registration order. */
  healthyTargets(targetGroupArn: string): readonly Target[];
  /** A request was answered. */
  record(outcome: RequestOutcome): void;
}

export interface HealthCheck {
  readonly protocol: string;
  readonly path: string;
  readonly port: number;
  /** In cloud time. */
  readonly timeout_ms: number;
  /** For example `200` or `200-299`. */
  readonly matcher: string;
}

/** What came of one health check; `reason` and `code` of a failed one as DescribeTargetHealth tells them. */
export type HealthResult =
  | { readonly ok: true; readonly reason: string }
  | {
      readonly ok: false;
      readonly reason: string;
      readonly code: "Target.ResponseCodeMismatch" | "Target.Timeout" | "Target.FailedHealthChecks";
    };

/** Sends one health check from the load balancer's nodes to a target, through the network. */
export interface HealthProber {
  check(loadBalancerArn: string, target: Target, check: HealthCheck): Promise<HealthResult>;
}
