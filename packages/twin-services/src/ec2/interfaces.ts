import type { Graph } from "@cloudy/twin-model/graph.ts";
import type { Identifiers } from "@cloudy/twin-model/identifiers.ts";
import type { NetworkInterface } from "@cloudy/twin-model/network.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";
import { AwsError } from "@cloudy/twin-wire/operation.ts";
import { AddressPool } from "./address-pool.ts";
import { notFound } from "./errors.ts";
import type { SecurityGroups } from "./security-groups.ts";
import type { Subnet, Subnets } from "./subnets.ts";

/** Addresses reserved for documentation (RFC 5737): a public address of the twin can never be somebody's real one. */
const publicRange = "198.51.100.0/24";

export interface InterfaceRecord extends NetworkInterface {
  readonly tags: Readonly<Record<string, string>>;
  attachmentId: string | undefined;
  deleteOnTermination: boolean;
  /** Elastic IP in use; an automatic public address goes back to the pool with the interface. */
  elastic: boolean;
}

export interface ElasticIp {
  readonly allocationId: string;
  readonly publicIp: string;
  readonly tags: Readonly<Record<string, string>>;
  associationId: string | undefined;
  interfaceId: string | undefined;
}

export interface NewInterface {
  readonly id?: string;
  readonly subnetId: string;
  readonly securityGroupIds: readonly string[];
  readonly description: string;
  readonly privateIp?: string | undefined;
  readonly sourceDestCheck?: boolean;
  readonly publicIp?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Network interfaces and the public addresses on them. */
export class Interfaces {
  readonly #subnets: Subnets;
  readonly #groups: SecurityGroups;
  readonly #ids: Identifiers;
  readonly #changed: () => void;
  readonly #interfaces = new Map<string, InterfaceRecord>();
  readonly #elasticIps = new Map<string, ElasticIp>();
  readonly #publicAddresses = new AddressPool(publicRange);

  constructor(graph: Graph, subnets: Subnets, groups: SecurityGroups, ids: Identifiers, changed: () => void) {
    this.#subnets = subnets;
    this.#groups = groups;
    this.#ids = ids;
    this.#changed = changed;
    for (const resource of graph.ofType("aws:ec2/networkInterface:NetworkInterface")) {
      const properties = propertiesOf(resource);
      this.create({
        id: resource.id,
        subnetId: properties.text("subnetId"),
        securityGroupIds: properties.texts("securityGroups"),
        description: properties.optionalText("description") ?? "",
        privateIp: properties.optionalText("privateIp") ?? properties.texts("privateIps")[0],
        sourceDestCheck: properties.flag("sourceDestCheck", true),
        tags: properties.textMap("tags"),
      });
    }
    for (const resource of graph.ofType("aws:ec2/eip:Eip")) this.#allocate(resource.id, propertiesOf(resource));
    for (const resource of graph.ofType("aws:ec2/eipAssociation:EipAssociation")) {
      const properties = propertiesOf(resource);
      this.associate(properties.text("allocationId"), properties.text("networkInterfaceId"), resource.id);
    }
  }

  all(): readonly InterfaceRecord[] {
    return [...this.#interfaces.values()];
  }

  elasticIps(): readonly ElasticIp[] {
    return [...this.#elasticIps.values()];
  }

  find(id: string): InterfaceRecord | undefined {
    return this.#interfaces.get(id);
  }

  get(id: string): InterfaceRecord {
    return this.#interfaces.get(id) ?? notFound("InvalidNetworkInterfaceID.NotFound", "networkInterface", id);
  }

  /** The interfaces of an instance, primary first. */
  of(instanceId: string): readonly InterfaceRecord[] {
    return this.all()
      .filter((item) => item.attachment?.instanceId === instanceId)
      .sort((a, b) => (a.attachment?.deviceIndex ?? 0) - (b.attachment?.deviceIndex ?? 0));
  }

  create(request: NewInterface): InterfaceRecord {
    const subnet = this.#subnets.get(request.subnetId);
    this.#checkGroups(request.securityGroupIds, subnet);
    const { addresses } = subnet;
    const created: InterfaceRecord = {
      id: request.id ?? this.#ids.resource("eni"),
      subnetId: subnet.id,
      availabilityZone: subnet.availabilityZone,
      privateIp: request.privateIp === undefined ? addresses.take() : addresses.claim(request.privateIp),
      publicIp: request.publicIp === true ? this.#publicAddresses.take() : undefined,
      securityGroupIds: [...request.securityGroupIds],
      sourceDestCheck: request.sourceDestCheck ?? true,
      attachment: undefined,
      attachmentId: undefined,
      deleteOnTermination: false,
      elastic: false,
      description: request.description,
      tags: request.tags ?? {},
    };
    this.#interfaces.set(created.id, created);
    this.#changed();
    return created;
  }

  attach(id: string, instanceId: string, deviceIndex: number, deleteOnTermination: boolean): string {
    const item = this.get(id);
    if (item.attachment !== undefined) {
      throw new AwsError("InvalidParameterValue", `Interface: [${id}] in use.`);
    }
    if (this.of(instanceId).some((other) => other.attachment?.deviceIndex === deviceIndex)) {
      throw new AwsError(
        "InvalidParameterValue",
        `Instance '${instanceId}' already has an interface attached at device index '${deviceIndex}'.`,
      );
    }
    const attachmentId = this.#ids.resource("eni-attach");
    item.attachment = { instanceId, deviceIndex };
    item.attachmentId = attachmentId;
    item.deleteOnTermination = deleteOnTermination;
    this.#changed();
    return attachmentId;
  }

  /** What termination does: interfaces made with the instance go, others are only detached. */
  releaseFrom(instanceId: string): void {
    for (const item of this.of(instanceId)) {
      item.attachment = undefined;
      item.attachmentId = undefined;
      if (item.deleteOnTermination) this.#delete(item);
    }
    this.#changed();
  }

  /** A stopped instance gives its automatic public address back and gets another one when it starts. */
  setAutomaticPublicIp(id: string, wanted: boolean): void {
    const item = this.get(id);
    if (item.elastic) return;
    if (item.publicIp !== undefined) this.#publicAddresses.release(item.publicIp);
    item.publicIp = wanted ? this.#publicAddresses.take() : undefined;
    this.#changed();
  }

  setGroups(id: string, groupIds: readonly string[]): void {
    const item = this.get(id);
    this.#checkGroups(groupIds, this.#subnets.get(item.subnetId));
    item.securityGroupIds = [...groupIds];
    this.#changed();
  }

  setSourceDestCheck(id: string, enabled: boolean): void {
    this.get(id).sourceDestCheck = enabled;
    this.#changed();
  }

  associate(allocationId: string, interfaceId: string, associationId: string): void {
    const address = this.#elasticIps.get(allocationId);
    if (address === undefined) notFound("InvalidAllocationID.NotFound", "allocation", allocationId);
    const item = this.get(interfaceId);
    if (item.publicIp !== undefined && !item.elastic) this.#publicAddresses.release(item.publicIp);
    item.publicIp = address.publicIp;
    item.elastic = true;
    address.interfaceId = interfaceId;
    address.associationId = associationId;
    this.#changed();
  }

  #allocate(id: string, properties: ReturnType<typeof propertiesOf>): void {
    const allocationId = properties.optionalText("allocationId") ?? id;
    this.#elasticIps.set(allocationId, {
      allocationId,
      publicIp: properties.optionalText("publicIp") ?? this.#publicAddresses.take(),
      tags: properties.textMap("tags"),
      associationId: undefined,
      interfaceId: undefined,
    });
    const interfaceId = properties.optionalText("networkInterface");
    if (interfaceId !== undefined) this.associate(allocationId, interfaceId, this.#ids.resource("eipassoc"));
  }

  #delete(item: InterfaceRecord): void {
    this.#subnets.get(item.subnetId).addresses.release(item.privateIp);
    if (item.publicIp !== undefined && !item.elastic) this.#publicAddresses.release(item.publicIp);
    for (const address of this.#elasticIps.values()) {
      if (address.interfaceId !== item.id) continue;
      address.interfaceId = undefined;
      address.associationId = undefined;
    }
    this.#interfaces.delete(item.id);
  }

  #checkGroups(ids: readonly string[], subnet: Subnet): void {
    for (const id of ids) {
      if (this.#groups.get(id).vpcId === subnet.vpcId) continue;
      throw new AwsError(
        "InvalidParameter",
        `Security group ${id} and subnet ${subnet.id} belong to different networks.`,
      );
    }
  }
}
