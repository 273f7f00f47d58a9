import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ServiceRole } from "../policy.ts";
import { type StackIdentity, tagsOf } from "../stack.ts";
import type { Images } from "./images.ts";
import type { MachineType } from "./machine-type.ts";

export interface LaunchTemplateArgs {
  readonly identity: StackIdentity;
  readonly machine: MachineType;
  readonly images: Images;
  readonly role: ServiceRole;
  readonly securityGroupIds: readonly pulumi.Input<string>[];
  /** Cloud-config text. */
  readonly userData: pulumi.Input<string>;
}

/** The pinned Amazon Linux 2023, IMDSv2 only, encrypted gp3 disk, one-minute metrics. */
export function createLaunchTemplate(name: string, args: LaunchTemplateArgs, parent: pulumi.Resource) {
  const opts = { parent };
  const profile = new aws.iam.InstanceProfile(name, { role: args.role.role.name }, opts);
  return new aws.ec2.LaunchTemplate(
    name,
    {
      imageId: args.images.of(args.machine.architecture),
      instanceType: args.machine.name,
      iamInstanceProfile: { arn: profile.arn },
      vpcSecurityGroupIds: [...args.securityGroupIds],
      userData: pulumi.output(args.userData).apply((text) => Buffer.from(text).toString("base64")),
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      // The alarms' periods of 60 s need one-minute metrics.
      monitoring: { enabled: true },
      // Default tags of the provider do not reach what an instance brings with it.
      tagSpecifications: ["volume", "network-interface"].map((resourceType) => ({
        resourceType,
        tags: tagsOf(args.identity),
      })),
      blockDeviceMappings: [
        {
          deviceName: "/dev/xvda",
          ebs: { volumeType: "gp3", volumeSize: 8, encrypted: "true", deleteOnTermination: "true" },
        },
      ],
    },
    // An instance that starts before its permissions are there fails its downloads.
    { ...opts, dependsOn: [args.role.policy] },
  );
}
