import type { Graph } from "@cloudy/twin-model/graph.ts";
import { type Properties, propertiesOf } from "@cloudy/twin-model/properties.ts";
import { AwsError } from "@cloudy/twin-wire/operation.ts";

/** What an instance is launched from, with everything resolved that the program named. */
export interface LaunchTemplateVersion {
  readonly templateId: string;
  readonly templateName: string;
  readonly version: number;
  readonly createdAt_ms: number;
  readonly imageId: string;
  readonly instanceType: string;
  readonly userData: string;
  readonly instanceProfileArn: string | undefined;
  readonly roleArn: string | undefined;
  readonly securityGroupIds: readonly string[];
  /** Overrides the subnet's own setting when the template says so. */
  readonly publicIp: boolean | undefined;
  readonly detailedMonitoring: boolean;
  readonly metadata: { readonly tokensRequired: boolean; readonly hopLimit: number; readonly tagsEnabled: boolean };
  readonly blockDevices: readonly BlockDevice[];
  readonly instanceTags: Readonly<Record<string, string>>;
}

export interface BlockDevice {
  readonly deviceName: string;
  readonly volumeType: string | undefined;
  readonly volumeSize_gib: number | undefined;
  readonly encrypted: boolean;
  readonly deleteOnTermination: boolean;
}

interface Template {
  readonly id: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly versions: LaunchTemplateVersion[];
  readonly defaultVersion: number;
}

/** Launch templates and their versions. The program makes version 1; CreateLaunchTemplateVersion adds to it. */
export class LaunchTemplates {
  readonly #templates: ReadonlyMap<string, Template>;

  constructor(graph: Graph, now_ms: number) {
    const profiles = instanceProfiles(graph);
    this.#templates = new Map(
      graph.ofType("aws:ec2/launchTemplate:LaunchTemplate").map((resource) => {
        const properties = propertiesOf(resource);
        const name = properties.optionalText("name") ?? resource.name;
        const first = declaredVersion(resource.id, name, properties, profiles, now_ms);
        const tags = properties.textMap("tags");
        return [resource.id, { id: resource.id, name, tags, versions: [first], defaultVersion: 1 }];
      }),
    );
  }

  get(idOrName: string): Template {
    const byId = this.#templates.get(idOrName);
    const found = byId ?? [...this.#templates.values()].find((template) => template.name === idOrName);
    if (found !== undefined) return found;
    const code = idOrName.startsWith("lt-")
      ? "InvalidLaunchTemplateId.NotFound"
      : "InvalidLaunchTemplateName.NotFoundException";
    throw new AwsError(code, `The specified launch template, with template ID or name ${idOrName}, does not exist.`);
  }

  /** `$Latest`, `$Default` or a number. */
  resolve(idOrName: string, version: string): LaunchTemplateVersion {
    const template = this.get(idOrName);
    const latest = template.versions.length;
    const number = version === "$Latest" ? latest : version === "$Default" ? template.defaultVersion : Number(version);
    const found = template.versions.find((item) => item.version === number);
    if (found !== undefined) return found;
    throw new AwsError(
      "InvalidLaunchTemplateId.VersionNotFound",
      `Could not find the specified version ${version} for the launch template with ID ${template.id}.`,
    );
  }

  addVersion(
    idOrName: string,
    source: string,
    changes: Partial<LaunchTemplateVersion>,
    now_ms: number,
  ): LaunchTemplateVersion {
    const template = this.get(idOrName);
    const version = template.versions.length + 1;
    const added = { ...this.resolve(template.id, source), ...changes, version, createdAt_ms: now_ms };
    template.versions.push(added);
    return added;
  }
}

interface Profile {
  readonly arn: string;
  readonly roleArn: string | undefined;
}

function instanceProfiles(graph: Graph): ReadonlyMap<string, Profile> {
  const roles = new Map(
    graph.ofType("aws:iam/role:Role").flatMap((resource) => {
      const properties = propertiesOf(resource);
      const arn = properties.text("arn");
      return [resource.id, properties.optionalText("name") ?? resource.name, arn].map((key) => [key, arn] as const);
    }),
  );
  return new Map(
    graph.ofType("aws:iam/instanceProfile:InstanceProfile").flatMap((resource) => {
      const properties = propertiesOf(resource);
      const role = properties.optionalText("role");
      const profile = { arn: properties.text("arn"), roleArn: role === undefined ? undefined : roles.get(role) };
      return [resource.id, properties.optionalText("name") ?? resource.name, profile.arn].map(
        (key) => [key, profile] as const,
      );
    }),
  );
}

function declaredVersion(
  templateId: string,
  templateName: string,
  properties: Properties,
  profiles: ReadonlyMap<string, Profile>,
  createdAt_ms: number,
): LaunchTemplateVersion {
  const [nic] = properties.children("networkInterfaces");
  const profile = profileOf(properties, profiles);
  const metadata = properties.child("metadataOptions");
  const instanceTags = properties
    .children("tagSpecifications")
    .find((item) => item.text("resourceType") === "instance");
  const groups = properties.texts("vpcSecurityGroupIds");
  return {
    templateId,
    templateName,
    version: 1,
    createdAt_ms,
    imageId: properties.text("imageId"),
    instanceType: properties.text("instanceType"),
    userData: Buffer.from(properties.optionalText("userData") ?? "", "base64").toString("utf8"),
    instanceProfileArn: profile?.arn,
    roleArn: profile?.roleArn,
    securityGroupIds: groups.length > 0 ? groups : (nic?.texts("securityGroups") ?? []),
    publicIp:
      nic?.raw("associatePublicIpAddress") === undefined ? undefined : nic.flag("associatePublicIpAddress", false),
    detailedMonitoring: properties.child("monitoring")?.flag("enabled", false) ?? false,
    metadata: {
      tokensRequired: metadata?.optionalText("httpTokens") === "required",
      hopLimit: metadata?.number("httpPutResponseHopLimit", 1) ?? 1,
      tagsEnabled: metadata?.optionalText("instanceMetadataTags") === "enabled",
    },
    blockDevices: properties.children("blockDeviceMappings").map(blockDevice),
    instanceTags: instanceTags?.textMap("tags") ?? {},
  };
}

function profileOf(properties: Properties, profiles: ReadonlyMap<string, Profile>): Profile | undefined {
  const declared = properties.child("iamInstanceProfile");
  const key = declared?.optionalText("arn") ?? declared?.optionalText("name");
  if (key === undefined) return undefined;
  const profile = profiles.get(key);
  if (profile === undefined)
    throw new Error(`${properties.where}: instance profile [${key}] is not part of the program.`);
  return profile;
}

function blockDevice(properties: Properties): BlockDevice {
  const ebs = properties.child("ebs");
  return {
    deviceName: properties.text("deviceName"),
    volumeType: ebs?.optionalText("volumeType"),
    volumeSize_gib: ebs?.optionalNumber("volumeSize"),
    encrypted: ebs?.flag("encrypted", false) ?? false,
    deleteOnTermination: ebs?.flag("deleteOnTermination", true) ?? true,
  };
}
