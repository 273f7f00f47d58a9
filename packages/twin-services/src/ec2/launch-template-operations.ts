import type {
  CreateLaunchTemplateVersionRequest,
  CreateLaunchTemplateVersionResult,
  DescribeLaunchTemplateVersionsRequest,
  DescribeLaunchTemplateVersionsResult,
  LaunchTemplateVersion as SdkVersion,
} from "@aws-sdk/client-ec2";
import { AwsError, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import type { Ec2 } from "./ec2.ts";
import { required } from "./errors.ts";
import type { LaunchTemplateVersion } from "./launch-templates.ts";
import { pageOf } from "./page.ts";

/** A new version and an instance refresh are how a group gets bigger instances or new artifacts. */
export function launchTemplateOperations(ec2: Ec2): Operations {
  const nameOf = (request: { LaunchTemplateId?: string | undefined; LaunchTemplateName?: string | undefined }) =>
    required(request.LaunchTemplateId ?? request.LaunchTemplateName, "LaunchTemplateId");
  return {
    DescribeLaunchTemplateVersions: operation<
      DescribeLaunchTemplateVersionsRequest,
      DescribeLaunchTemplateVersionsResult
    >({
      access: () => [{ action: "ec2:DescribeLaunchTemplateVersions", resource: "*" }],
      run: (request) => {
        const template = ec2.launchTemplates.get(nameOf(request));
        const wanted = request.Versions?.map((version) => ec2.launchTemplates.resolve(template.id, version));
        const page = pageOf(wanted ?? template.versions, request);
        return {
          LaunchTemplateVersions: page.items.map((version) => describe(version, template.defaultVersion)),
          ...page.next,
        };
      },
    }),
    CreateLaunchTemplateVersion: operation<CreateLaunchTemplateVersionRequest, CreateLaunchTemplateVersionResult>({
      access: (request) => {
        const template = ec2.launchTemplates.get(nameOf(request));
        const { resource, context } = ec2.resource("launch-template", template.id, template.tags);
        return [{ action: "ec2:CreateLaunchTemplateVersion", resource, context }];
      },
      run: (request) => {
        const template = ec2.launchTemplates.get(nameOf(request));
        const source = request.SourceVersion ?? "$Latest";
        const added = ec2.launchTemplates.addVersion(template.id, source, changesOf(request), ec2.clock.now());
        return { LaunchTemplateVersion: describe(added, template.defaultVersion) };
      },
    }),
  };
}

function changesOf(request: CreateLaunchTemplateVersionRequest): Partial<LaunchTemplateVersion> {
  const data = required(request.LaunchTemplateData, "LaunchTemplateData");
  const { InstanceType, ImageId, UserData, Monitoring, ...others } = data;
  const [other] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (other !== undefined) {
    throw new AwsError(
      "InvalidParameterValue",
      `The twin changes InstanceType, ImageId, UserData and Monitoring of a launch template, but not ${other}.`,
    );
  }
  return {
    ...(InstanceType === undefined ? {} : { instanceType: InstanceType }),
    ...(ImageId === undefined ? {} : { imageId: ImageId }),
    ...(UserData === undefined ? {} : { userData: Buffer.from(UserData, "base64").toString("utf8") }),
    ...(Monitoring?.Enabled === undefined ? {} : { detailedMonitoring: Monitoring.Enabled }),
  };
}

function describe(version: LaunchTemplateVersion, defaultVersion: number): SdkVersion {
  return {
    LaunchTemplateId: version.templateId,
    LaunchTemplateName: version.templateName,
    VersionNumber: version.version,
    CreateTime: new Date(version.createdAt_ms),
    DefaultVersion: version.version === defaultVersion,
    LaunchTemplateData: {
      ImageId: version.imageId,
      InstanceType: version.instanceType as NonNullable<NonNullable<SdkVersion["LaunchTemplateData"]>["InstanceType"]>,
      UserData: Buffer.from(version.userData).toString("base64"),
      SecurityGroupIds: [...version.securityGroupIds],
      Monitoring: { Enabled: version.detailedMonitoring },
      ...(version.instanceProfileArn === undefined ? {} : { IamInstanceProfile: { Arn: version.instanceProfileArn } }),
      MetadataOptions: {
        HttpTokens: version.metadata.tokensRequired ? "required" : "optional",
        HttpPutResponseHopLimit: version.metadata.hopLimit,
        InstanceMetadataTags: version.metadata.tagsEnabled ? "enabled" : "disabled",
      },
      BlockDeviceMappings: version.blockDevices.map((device) => ({
        DeviceName: device.deviceName,
        Ebs: {
          Encrypted: device.encrypted,
          DeleteOnTermination: device.deleteOnTermination,
          ...(device.volumeType === undefined ? {} : { VolumeType: device.volumeType as "gp3" }),
          ...(device.volumeSize_gib === undefined ? {} : { VolumeSize: device.volumeSize_gib }),
        },
      })),
      TagSpecifications: [
        {
          ResourceType: "instance",
          Tags: Object.entries(version.instanceTags).map(([Key, Value]) => ({ Key, Value })),
        },
      ],
    },
  };
}
