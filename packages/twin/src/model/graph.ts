/**
 * What the parts of the twin know of each other. Services (state over an injected clock) live in `cloud/` and `iam/`;
 * `wire/` speaks the AWS protocols; `network/` and `instances/` carry bytes and run processes.
 */

/** Cloud time. Live it runs `speed` times faster than the wall clock; a simulator may drive it by hand. */
export interface Clock {
  readonly speed: number;
  /** Cloud time in ms since the Unix epoch. */
  now(): number;
  /** Runs `task` once after `delay_ms` of cloud time. */
  after(delay_ms: number, task: () => void): Cancel;
  /** Runs `task` every `interval_ms` of cloud time. */
  every(interval_ms: number, task: () => void): Cancel;
}
export type Cancel = () => void;

/** One recorded resource of the Pulumi program; all references are resolved to plain ids, ARNs and names. */
export interface GraphResource {
  /** Pulumi type token, for example `aws:ec2/vpc:Vpc`. */
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly id: string;
  /** Inputs as the program gave them (Pulumi's camelCase names), plus the provider's default tags in `tags`. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Inputs and what AWS would have computed (arn, dnsName, ...). */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly parent: string | undefined;
  /** URNs this resource depends on, by property and by `dependsOn`. */
  readonly dependencies: readonly string[];
}

export interface Graph {
  readonly resources: readonly GraphResource[];
  /** Stack outputs, plain values. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly region: string;
  readonly accountId: string;
  ofType(type: string): readonly GraphResource[];
}

/** The properties of each resource type that a service acts on; the rest is refused by name before anything starts. */
export type Supported = Readonly<Record<string, readonly string[]>>;

// ---------------------------------------------------------------- events between services

export type InstanceState = "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";

export type CloudEvent =
  | { readonly kind: "instance-state"; readonly instanceId: string; readonly state: InstanceState }
  /** Routes, security groups, interfaces, addresses or source/dest checks changed: paths must be worked out again. */
  | { readonly kind: "network-changed" }
  | {
      readonly kind: "scaling-activity";
      readonly groupName: string;
      readonly instanceId: string;
      readonly detailType: string;
      readonly cause: string;
    }
  | {
      readonly kind: "alarm-state";
      readonly alarmName: string;
      readonly from: AlarmState;
      readonly to: AlarmState;
      readonly reason: string;
    }
  | {
      readonly kind: "target-health";
      readonly targetGroupArn: string;
      readonly instanceId: string;
      readonly state: string;
      readonly reason: string;
    }
  /** One sentence for people: what the twin did and why. */
  | { readonly kind: "trace"; readonly source: string; readonly sentence: string };

export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA";

export interface Bus {
  emit(event: CloudEvent): void;
  on(listener: (event: CloudEvent) => void): Cancel;
}

// ---------------------------------------------------------------- what runs

export interface NetworkInterface {
  readonly id: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly privateIp: string;
  publicIp: string | undefined;
  securityGroupIds: string[];
  sourceDestCheck: boolean;
  /** The instance it is attached to, and as which device (0 = primary). */
  attachment: { readonly instanceId: string; readonly deviceIndex: number } | undefined;
  readonly description: string;
}

export interface Instance {
  readonly id: string;
  readonly instanceType: string;
  readonly imageId: string;
  readonly launchTemplateId: string;
  readonly launchTemplateVersion: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  /** Decoded user data (a `#cloud-config` document). */
  readonly userData: string;
  /** ARN of the role in its instance profile, if it has one. */
  readonly roleArn: string | undefined;
  readonly instanceProfileArn: string | undefined;
  readonly tags: Record<string, string>;
  /** 1-minute metrics (`monitoring.enabled` of the launch template), otherwise 5-minute ones. */
  readonly detailedMonitoring: boolean;
  readonly metadata: { readonly tokensRequired: boolean; readonly hopLimit: number; readonly tagsEnabled: boolean };
  readonly launchTime_ms: number;
  state: InstanceState;
  stateReason: string;
  /** `ok` once the operating system is up, `impaired` when its runtime reports so. */
  status: "initializing" | "ok" | "impaired";
}

/** Brings instances to life. `live` interprets the cloud-config and runs real processes. */
export interface InstanceRuntime {
  /** Resolves when the operating system is up and user data ran. Rejects with what was wrong in the user data. */
  boot(instance: Instance, primary: NetworkInterface): Promise<void>;
  /** `shutdown` stops the units in order (SIGTERM, then SIGKILL after TimeoutStopSec); `power-off` is a SIGKILL of all. */
  halt(instanceId: string, how: "shutdown" | "power-off"): Promise<void>;
  /** CPU seconds used since boot and the vCPU capacity in CPU seconds per wall second (both of the host's clock). */
  cpu(instanceId: string): { readonly used_s: number; readonly wall_s: number; readonly share: number };
}

export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  /** Path of the zip file on this machine. */
  readonly zipPath: string;
  /** `file.export`, for example `failover.handler`. */
  readonly handler: string;
  readonly roleArn: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeout_s: number;
  readonly memory_mb: number;
  /** Present when the function runs inside the VPC. */
  readonly vpc:
    | {
        readonly subnetIds: readonly string[];
        readonly securityGroupIds: readonly string[];
        readonly interfaceIds: readonly string[];
      }
    | undefined;
}

export interface FunctionResult {
  readonly payload: unknown;
  /** Set when the handler threw, timed out or the process died. */
  readonly error: { readonly errorType: string; readonly errorMessage: string } | undefined;
  readonly logLines: readonly string[];
}

/** Runs Lambda handlers from their zip, in warm processes that are reused, one event at a time each. */
export interface FunctionRuntime {
  /** `onLine` gets each log line when it is written; the result has them all. */
  invoke(
    definition: FunctionDefinition,
    event: unknown,
    requestId: string,
    onLine: (line: string) => void,
  ): Promise<FunctionResult>;
}

// ---------------------------------------------------------------- the network, as the path finder sees it

export interface SecurityGroupRule {
  readonly direction: "ingress" | "egress";
  /** `tcp`, `udp`, `icmp` or `-1` for all. */
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly peer: { readonly cidr: string } | { readonly securityGroupId: string } | { readonly prefixListId: string };
}

export interface Route {
  readonly destinationCidr: string;
  target:
    | { readonly kind: "local" }
    | { readonly kind: "internet-gateway"; readonly id: string }
    | { readonly kind: "nat-gateway"; readonly id: string }
    | { readonly kind: "network-interface"; readonly id: string; readonly instanceId: string | undefined }
    | { readonly kind: "vpc-endpoint"; readonly id: string };
  /** `blackhole` when the target is gone. */
  state: "active" | "blackhole";
}

/** Read-only view of EC2's network state; `reachability` (pure) works on it. */
export interface NetworkView {
  readonly vpcCidr: string;
  interfaces(): readonly NetworkInterface[];
  instance(id: string): Instance | undefined;
  /** The effective route table of a subnet (its association, else the VPC's main table). */
  routes(subnetId: string): readonly Route[];
  subnet(id: string): { readonly id: string; readonly cidr: string; readonly availabilityZone: string } | undefined;
  rules(securityGroupId: string): readonly SecurityGroupRule[];
  /** CIDRs of a managed prefix list. */
  prefixList(id: string): readonly string[];
  /** Addresses the instance's operating system answers to besides its interfaces' own (the virtual IP). */
  extraAddresses(instanceId: string): readonly string[];
  /** Whether the instance's operating system forwards and masquerades (a NAT instance). */
  forwards(instanceId: string): boolean;
}

// ---------------------------------------------------------------- load balancing and file systems

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

/** What the load balancer's data plane asks of the control plane. */
export interface LoadBalancerView {
  listeners(): readonly Listener[];
  /** Its node's interfaces (one a subnet, with the load balancer's security groups) and its idle timeout. */
  loadBalancer(arn: string): { readonly interfaceIds: readonly string[]; readonly idleTimeout_s: number };
  /** Targets that take new requests, in registration order. */
  healthyTargets(targetGroupArn: string): readonly Target[];
  /** A request was answered: `status` by the target, or by the load balancer itself (502, 503, 504) without a target. */
  record(outcome: {
    readonly loadBalancerArn: string;
    readonly targetGroupArn: string;
    readonly instanceId: string | undefined;
    readonly status: number;
    readonly latency_ms: number;
  }): void;
}

export interface HealthCheck {
  readonly protocol: string;
  readonly path: string;
  readonly port: number;
  /** Of cloud time. */
  readonly timeout_ms: number;
  /** For example `200` or `200-299`. */
  readonly matcher: string;
}

/** Sends one health check from the load balancer's nodes to a target, through the network. */
export interface HealthProber {
  check(
    loadBalancerArn: string,
    target: Target,
    check: HealthCheck,
  ): Promise<{ readonly ok: boolean; readonly reason: string }>;
}

/** What an instance's `mount -t efs` needs to know. */
export interface FileSystemView {
  /** The mount target in that zone. */
  mountTarget(
    fileSystemId: string,
    availabilityZone: string,
  ): { readonly ip: string; readonly interfaceId: string } | undefined;
  accessPoint(id: string):
    | {
        readonly arn: string;
        readonly fileSystemArn: string;
        readonly path: string;
        readonly ownerUid: number;
        readonly ownerGid: number;
        readonly permissions: string;
      }
    | undefined;
  fileSystemArn(id: string): string | undefined;
  /** Whether the file system policy or its settings demand IAM (mounts without `iam` are refused) and TLS. */
  policy(fileSystemId: string): unknown;
}

/** What an instance's boot may change in EC2's view of it. */
export interface InstanceHooks {
  addAddress(instanceId: string, address: string): void;
  enableForwarding(instanceId: string): void;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  /** Cloud time, ms since the epoch. */
  readonly expiration_ms: number;
}

/** Identities and decisions; `action`/`resource` as in wire/operation.ts. */
export interface Identity {
  /** Credentials of a role for a service principal (`ec2.amazonaws.com`, `lambda.amazonaws.com`) its trust policy allows. */
  credentialsFor(roleArn: string, service: string, sessionName: string): Credentials;
  /** Whether the role may do it by its own policies and the resource's; the sentence says which statement decided. */
  roleMay(
    roleArn: string,
    access: { readonly action: string; readonly resource: string; readonly context?: Readonly<Record<string, string>> },
  ): { readonly allowed: boolean; readonly because: string };
}
