import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { policyDocument } from "../policy.ts";
import type { DatabaseSettings } from "../settings/database-settings.ts";

export interface SharedStorageArgs {
  /** Letters of the subnets' zones. */
  readonly zones: readonly string[];
  readonly subnets: readonly aws.ec2.Subnet[];
  readonly securityGroupId: pulumi.Input<string>;
  readonly throughput: DatabaseSettings["efsThroughput"];
}

/** Owner of the database's directory: `postgres` of Amazon Linux's PostgreSQL packages. */
const POSTGRES_UID = 26;

/** The encrypted file system of the one data directory, mounted by TLS, with IAM, through its access point only. */
export class SharedStorage extends pulumi.ComponentResource {
  readonly fileSystem: aws.efs.FileSystem;
  readonly accessPoint: aws.efs.AccessPoint;
  /** What must be there before the first mount. */
  readonly mountable: readonly pulumi.Resource[];

  constructor(name: string, args: SharedStorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cloudy:infra:SharedStorage", name, {}, opts);
    const child = { parent: this };
    // No AWS Backup of it: a recovery point is a copy of files that are being written, and comes back beside the one directory
    // that the policy below lets anybody mount. Backups are those of Backups.
    this.fileSystem = new aws.efs.FileSystem(
      name,
      { encrypted: true, throughputMode: args.throughput, tags: { Name: name } },
      child,
    );
    this.accessPoint = new aws.efs.AccessPoint(
      name,
      {
        fileSystemId: this.fileSystem.id,
        // No posixUser: with an enforced uid PostgreSQL's chown fails. The directory has the right owner instead.
        rootDirectory: {
          path: "/cloudy",
          creationInfo: { ownerUid: POSTGRES_UID, ownerGid: POSTGRES_UID, permissions: "0700" },
        },
      },
      child,
    );
    const policy = new aws.efs.FileSystemPolicy(
      name,
      { fileSystemId: this.fileSystem.id, policy: this.#policy() },
      child,
    );
    const mountTargets = args.subnets.map(
      (subnet, index) =>
        new aws.efs.MountTarget(
          `${name}-${args.zones[index]}`,
          { fileSystemId: this.fileSystem.id, subnetId: subnet.id, securityGroups: [args.securityGroupId] },
          child,
        ),
    );
    this.mountable = [policy, this.accessPoint, ...mountTargets];
    this.registerOutputs({ fileSystemId: this.fileSystem.id });
  }

  /** A file system with a policy refuses anonymous clients; the role's own policy is what lets a client in. */
  #policy(): pulumi.Output<string> {
    return policyDocument([
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: { AWS: "*" },
        Action: "*",
        Resource: this.fileSystem.arn,
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
      {
        Sid: "ThroughTheAccessPointOnly",
        Effect: "Deny",
        Principal: { AWS: "*" },
        Action: "elasticfilesystem:ClientMount",
        Resource: this.fileSystem.arn,
        Condition: { StringNotEquals: { "elasticfilesystem:AccessPointArn": this.accessPoint.arn } },
      },
    ]);
  }
}
