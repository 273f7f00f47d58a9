import type { FileSystemView } from "@cloudy/twin-model/file-system.ts";
import type { Graph, GraphResource } from "@cloudy/twin-model/graph.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";
import type { Interfaces } from "../ec2/interfaces.ts";

type AccessPoint = NonNullable<ReturnType<FileSystemView["accessPoint"]>>;

interface MountTarget {
  readonly fileSystemId: string;
  readonly availabilityZone: string;
  readonly ip: string;
  readonly interfaceId: string;
}

/** Who may enter a directory that an access point creates. */
const OWNER_DEFAULT = { ownerUid: 0, ownerGid: 0, permissions: "0755" };

/** EFS: file systems, their mount targets (with interfaces in the VPC), access points and policies. */
export class Efs implements FileSystemView {
  readonly #fileSystems: ReadonlyMap<string, GraphResource>;
  readonly #mountTargets: readonly MountTarget[];
  readonly #accessPoints: ReadonlyMap<string, AccessPoint>;
  readonly #policies: ReadonlyMap<string, unknown>;

  constructor(graph: Graph, interfaces: Interfaces) {
    this.#fileSystems = new Map(
      graph.ofType("aws:efs/fileSystem:FileSystem").map((resource) => [resource.id, resource]),
    );
    this.#mountTargets = graph
      .ofType("aws:efs/mountTarget:MountTarget")
      .map((resource) => placed(resource, interfaces));
    this.#accessPoints = new Map(
      graph.ofType("aws:efs/accessPoint:AccessPoint").map((resource) => [resource.id, accessPointOf(resource)]),
    );
    this.#policies = new Map(
      graph.ofType("aws:efs/fileSystemPolicy:FileSystemPolicy").map((resource) => {
        const properties = propertiesOf(resource);
        return [properties.text("fileSystemId"), JSON.parse(properties.text("policy"))];
      }),
    );
  }

  mountTarget(fileSystemId: string, availabilityZone: string): MountTarget | undefined {
    return this.#mountTargets.find(
      (target) => target.fileSystemId === fileSystemId && target.availabilityZone === availabilityZone,
    );
  }

  accessPoint(id: string): AccessPoint | undefined {
    return this.#accessPoints.get(id);
  }

  fileSystemArn(id: string): string | undefined {
    const resource = this.#fileSystems.get(id);
    return resource && propertiesOf(resource).text("arn");
  }

  policy(fileSystemId: string): unknown {
    return this.#policies.get(fileSystemId);
  }
}

function placed(resource: GraphResource, interfaces: Interfaces): MountTarget {
  const properties = propertiesOf(resource);
  const fileSystemId = properties.text("fileSystemId");
  const created = interfaces.create({
    subnetId: properties.text("subnetId"),
    securityGroupIds: properties.texts("securityGroups"),
    description: `EFS mount target for ${fileSystemId} (${resource.id})`,
    privateIp: properties.optionalText("ipAddress"),
  });
  return {
    fileSystemId,
    availabilityZone: created.availabilityZone,
    ip: created.privateIp,
    interfaceId: created.id,
  };
}

function accessPointOf(resource: GraphResource): AccessPoint {
  const properties = propertiesOf(resource);
  const root = properties.child("rootDirectory");
  const creation = root?.child("creationInfo");
  return {
    arn: properties.text("arn"),
    fileSystemArn: properties.text("fileSystemArn"),
    path: root?.optionalText("path") ?? "/",
    ownerUid: creation?.number("ownerUid") ?? OWNER_DEFAULT.ownerUid,
    ownerGid: creation?.number("ownerGid") ?? OWNER_DEFAULT.ownerGid,
    permissions: creation?.text("permissions") ?? OWNER_DEFAULT.permissions,
  };
}
