import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Artifact } from "../artifacts/artifacts.ts";
import { databaseCapacity } from "../instance/capacity.ts";
import { renderCloudConfig } from "../instance/cloud-config.ts";
import type { Images } from "../instance/images.ts";
import { createInstanceLogs, type InstanceLogArgs, type InstanceLogs } from "../instance/instance-logs.ts";
import { createLaunchTemplate } from "../instance/launch-template.ts";
import type { MachineType } from "../instance/machine-type.ts";
import { createScalingGroup, groupArn, groupName, type RolledGroup } from "../instance/scaling-group.ts";
import type { Firewall } from "../network/firewall.ts";
import type { Network } from "../network/network.ts";
import { allow, allowMetrics, allowSessionManager, policyDocument, ServiceRole } from "../policy.ts";
import type { Secrets } from "../secrets/secrets.ts";
import type { DatabaseSettings } from "../settings/database-settings.ts";
import { nameOf, type StackIdentity } from "../stack.ts";
import type { Backups } from "./backups.ts";
import { DATABASE_METRICS_NAMESPACE, dbBoot } from "./db-boot.ts";
import { SharedStorage } from "./shared-storage.ts";

export interface DbClusterArgs {
  readonly region: string;
  readonly accountId: pulumi.Input<string>;
  readonly identity: StackIdentity;
  readonly images: Images;
  readonly bootSeconds: number;
  readonly settings: DatabaseSettings;
  readonly machine: MachineType;
  readonly logs: InstanceLogArgs;
  readonly virtualIp: string;
  readonly network: Network;
  readonly firewall: Firewall;
  readonly secrets: Secrets;
  readonly backups: Backups;
  readonly dbAgent: Artifact;
  readonly hostMetrics: Artifact;
  /** The way out must be there before the instances are. */
  readonly dependsOn: readonly pulumi.Resource[];
}

/** Instances over one data directory, each with an agent that runs PostgreSQL one epoch at a time. */
export class DbCluster extends pulumi.ComponentResource {
  readonly group: aws.autoscaling.Group;
  readonly rolled: RolledGroup;
  readonly fileSystemId: pulumi.Output<string>;

  constructor(name: string, args: DbClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cloudy:infra:DbCluster", name, {}, opts);
    const storage = new SharedStorage(
      name,
      {
        zones: args.network.zones,
        subnets: args.network.privateSubnets,
        securityGroupId: args.firewall.fileSystem.id,
        throughput: args.settings.efsThroughput,
      },
      { parent: this },
    );
    this.fileSystemId = storage.fileSystem.id;
    const ownName = groupName(name, args.identity, this);
    const logs = createInstanceLogs(name, args.logs, this);
    const role = this.#createRole(name, args, storage, logs, groupArn(args, ownName));
    const launchTemplate = createLaunchTemplate(
      name,
      {
        identity: args.identity,
        machine: args.machine,
        images: args.images,
        role,
        securityGroupIds: [args.firewall.database.id],
        userData: userData(args, storage, logs.group),
      },
      this,
    );
    this.group = createScalingGroup(
      name,
      {
        identity: args.identity,
        launchTemplate,
        subnets: args.network.privateSubnets,
        min: args.settings.min,
        max: args.settings.max,
        desired: args.settings.desired,
        tags: { Name: "Database", database: "true" },
        isScaled: false,
        bootSeconds: args.bootSeconds,
        readiness: { by: "instance", groupName: ownName },
        dependsOn: [...storage.mountable, ...args.secrets.versions, ...args.dependsOn],
      },
      this,
    );
    this.rolled = { tier: "database", group: this.group.name, launchTemplate: launchTemplate.id, alarms: [] };
    // Only now the group is known by name, and thus the one group whose instances may be protected.
    new aws.iam.RolePolicy(
      `${name}-protection`,
      {
        role: role.role.name,
        policy: policyDocument([allow("ProtectTheHolder", "autoscaling:SetInstanceProtection", this.group.arn)]),
      },
      { parent: this },
    );
    this.registerOutputs({ groupName: this.group.name });
  }

  #createRole(
    name: string,
    args: DbClusterArgs,
    storage: SharedStorage,
    logs: InstanceLogs,
    ownGroupArn: pulumi.Input<string>,
  ): ServiceRole {
    return new ServiceRole(
      name,
      {
        service: "ec2",
        statements: [
          ...allowSessionManager(args.region, args.accountId),
          logs.statement,
          allowMetrics(DATABASE_METRICS_NAMESPACE),
          allow("FetchArtifacts", "s3:GetObject", args.dbAgent.bundlesArn),
          allow("ReadSecrets", "secretsmanager:GetSecretValue", [
            args.secrets.database.arn,
            args.secrets.server.arn,
            args.secrets.failover.arn,
          ]),
          allow(
            "MountTheFileSystem",
            ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess"],
            storage.fileSystem.arn,
            { StringEquals: { "elasticfilesystem:AccessPointArn": storage.accessPoint.arn } },
          ),
          ...args.backups.statements(),
          // It has no narrower resource; the group's name cannot be known before its instances are described.
          allow("FindTheOwnGroup", "autoscaling:DescribeAutoScalingInstances", "*"),
          allow("SayThatItIsReady", "autoscaling:CompleteLifecycleAction", ownGroupArn),
        ],
      },
      { parent: this },
    );
  }
}

function userData(args: DbClusterArgs, storage: SharedStorage, logGroup: string): pulumi.Output<string> {
  const { region, virtualIp, settings, dbAgent, hostMetrics } = args;
  return pulumi
    .output({
      dbAgent: dbAgent.s3Uri,
      hostMetrics: hostMetrics.s3Uri,
      fileSystemId: storage.fileSystem.id,
      accessPointId: storage.accessPoint.id,
      databaseSecretId: args.secrets.database.arn,
      serverSecretId: args.secrets.server.arn,
      grantSecretId: args.secrets.failover.arn,
      backupBucket: args.backups.bucket.bucket,
    })
    .apply((known) =>
      renderCloudConfig(
        "database",
        dbBoot({
          ...known,
          region,
          stack: nameOf(args.identity),
          logGroup,
          virtualIp,
          settings,
          capacity: databaseCapacity(args.machine),
          dbAgent: { ...dbAgent, s3Uri: known.dbAgent },
          hostMetrics: { ...hostMetrics, s3Uri: known.hostMetrics },
        }),
      ),
    );
}
