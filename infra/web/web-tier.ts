import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Artifact } from "../artifacts/artifacts.ts";
import { idleCoresWarning, webProcesses } from "../instance/capacity.ts";
import { renderCloudConfig } from "../instance/cloud-config.ts";
import type { Images } from "../instance/images.ts";
import { createInstanceLogs, type InstanceLogArgs, type InstanceLogs } from "../instance/instance-logs.ts";
import { createLaunchTemplate } from "../instance/launch-template.ts";
import type { MachineType } from "../instance/machine-type.ts";
import { createScalingGroup, type RolledGroup } from "../instance/scaling-group.ts";
import type { Firewall } from "../network/firewall.ts";
import type { Network } from "../network/network.ts";
import { allow, allowMetrics, allowSessionManager, ServiceRole } from "../policy.ts";
import type { Secrets } from "../secrets/secrets.ts";
import type { LogSettings } from "../settings/log-settings.ts";
import type { SecretSettings } from "../settings/secret-settings.ts";
import type { WebSettings } from "../settings/web-settings.ts";
import { nameOf, type StackIdentity } from "../stack.ts";
import { LoadBalancer } from "./load-balancer.ts";
import { createScaling, type ScalingAlarms } from "./scaling.ts";
import { WEB_METRICS_NAMESPACE, webBoot } from "./web-boot.ts";

export interface WebTierArgs {
  readonly region: string;
  readonly accountId: pulumi.Input<string>;
  readonly identity: StackIdentity;
  readonly images: Images;
  /** Name of the load balancer. */
  readonly loadBalancerName: string;
  readonly settings: WebSettings;
  /** How long a boot may take before the load balancer's word counts. */
  readonly bootSeconds: number;
  readonly machine: MachineType;
  /** To the database, of each instance. */
  readonly connections: number;
  /** Of the load balancer's requests. */
  readonly accessLogs: LogSettings;
  /** Of the instances. */
  readonly logs: InstanceLogArgs;
  readonly secret: SecretSettings;
  readonly secrets: Secrets;
  /** Address of the database. */
  readonly virtualIp: string;
  readonly network: Network;
  readonly firewall: Firewall;
  readonly api: Artifact;
  readonly hostMetrics: Artifact;
  /** The database group: the web group starts after it. */
  readonly dependsOn: readonly pulumi.Resource[];
}

/** The load-balanced, auto-scaled API. */
export class WebTier extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;
  readonly loadBalancer: aws.lb.LoadBalancer;
  readonly targetGroup: aws.lb.TargetGroup;
  /** Of HTTPS. */
  readonly certificateArn: pulumi.Input<string> | undefined;
  readonly group: aws.autoscaling.Group;
  readonly rolled: RolledGroup;
  /** None with `scaling: target-tracking`, where AWS keeps alarms of its own. */
  readonly alarms: ScalingAlarms | undefined;

  constructor(name: string, args: WebTierArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cloudy:infra:WebTier", name, {}, opts);
    const { settings, machine } = args;
    const processes = webProcesses(machine, args.connections);
    const growsAbove = settings.scaling === "simple" ? settings.cpuHighPercent : settings.cpuTargetPercent;
    const warning = idleCoresWarning(machine, processes, growsAbove);
    if (warning !== undefined) pulumi.log.warn(warning, this);
    const balancer = new LoadBalancer(name, args, { parent: this });
    this.url = balancer.url;
    this.loadBalancer = balancer.loadBalancer;
    this.targetGroup = balancer.targetGroup;
    this.certificateArn = balancer.certificateArn;
    const logs = createInstanceLogs(name, args.logs, this);
    const launchTemplate = createLaunchTemplate(
      name,
      {
        identity: args.identity,
        machine,
        images: args.images,
        role: this.#createRole(name, args, logs),
        securityGroupIds: [args.firewall.web.id],
        userData: userData(args, logs.group, processes),
      },
      this,
    );
    this.group = createScalingGroup(
      name,
      {
        launchTemplate,
        subnets: args.network.publicSubnets,
        min: settings.min,
        max: settings.max,
        desired: settings.min,
        identity: args.identity,
        isScaled: true,
        tags: { Name: "Web" },
        bootSeconds: args.bootSeconds,
        readiness: {
          by: "load-balancer",
          targetGroupArn: this.targetGroup.arn,
        },
        // Its load balancer must listen before instances are checked by it.
        dependsOn: [balancer, ...args.dependsOn],
      },
      this,
    );
    this.rolled = { tier: "web", group: this.group.name, launchTemplate: launchTemplate.id, alarms: [] };
    this.alarms = createScaling(name, settings, this.group, this);
    this.registerOutputs({ url: this.url });
  }

  #createRole(name: string, args: WebTierArgs, logs: InstanceLogs): ServiceRole {
    const { accountRoleArn } = args.secret;
    const { tokensSecretArn } = args.settings;
    return new ServiceRole(
      name,
      {
        service: "ec2",
        statements: [
          ...allowSessionManager(args.region, args.accountId),
          logs.statement,
          allowMetrics(WEB_METRICS_NAMESPACE),
          allow("FetchArtifacts", "s3:GetObject", args.api.bundlesArn),
          accountRoleArn === undefined
            ? allow("ReadTheDatabaseSecret", "secretsmanager:GetSecretValue", args.secrets.database.arn)
            : allow("ReadTheDatabaseSecretElsewhere", "sts:AssumeRole", accountRoleArn),
          ...(tokensSecretArn === undefined
            ? []
            : [allow("ReadTheAccessTokens", "secretsmanager:GetSecretValue", tokensSecretArn)]),
        ],
      },
      { parent: this },
    );
  }
}

function userData(args: WebTierArgs, logGroup: string, processes: number): pulumi.Output<string> {
  const { region, settings, secret, secrets, virtualIp, connections, api, hostMetrics } = args;
  // In another account the secret is found by its name; here by its ARN.
  const secretId = secret.accountRoleArn === undefined ? secrets.database.arn : secrets.database.name;
  const { certificateAuthority } = secrets;
  return pulumi
    .output({ api: api.s3Uri, hostMetrics: hostMetrics.s3Uri, secretId, certificateAuthority })
    .apply((known) =>
      renderCloudConfig(
        "web",
        webBoot({
          region,
          stack: nameOf(args.identity),
          logGroup,
          settings,
          api: { ...api, s3Uri: known.api },
          hostMetrics: { ...hostMetrics, s3Uri: known.hostMetrics },
          secretId: known.secretId,
          secretRegion: secret.region ?? region,
          secretRoleArn: secret.accountRoleArn,
          database: { host: virtualIp, connections, certificateAuthority: known.certificateAuthority },
          processes,
        }),
      ),
    );
}
