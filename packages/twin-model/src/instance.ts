export type InstanceState = "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";

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
