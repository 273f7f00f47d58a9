import type { Graph } from "@cloudy/twin-model/graph.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";
import { AddressPool } from "./address-pool.ts";
import { notFound } from "./errors.ts";

export interface Vpc {
  readonly id: string;
  readonly cidr: string;
  readonly dnsHostnames: boolean;
  readonly dnsSupport: boolean;
  /** The table that AWS makes with the VPC. */
  readonly mainRouteTableId: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Subnet {
  readonly id: string;
  readonly vpcId: string;
  readonly cidr: string;
  readonly availabilityZone: string;
  readonly publicIpOnLaunch: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly addresses: AddressPool;
}

/** The VPCs and their subnets; they do not change while the cloud runs. */
export class Subnets {
  readonly #vpcs: ReadonlyMap<string, Vpc>;
  readonly #subnets: ReadonlyMap<string, Subnet>;

  constructor(graph: Graph) {
    this.#vpcs = new Map(
      graph.ofType("aws:ec2/vpc:Vpc").map((resource) => {
        const properties = propertiesOf(resource);
        const vpc: Vpc = {
          id: resource.id,
          cidr: properties.text("cidrBlock"),
          dnsHostnames: properties.flag("enableDnsHostnames", false),
          dnsSupport: properties.flag("enableDnsSupport", true),
          mainRouteTableId: properties.optionalText("mainRouteTableId"),
          tags: properties.textMap("tags"),
        };
        return [resource.id, vpc];
      }),
    );
    this.#subnets = new Map(
      graph.ofType("aws:ec2/subnet:Subnet").map((item) => {
        const values = propertiesOf(item);
        const cidr = values.text("cidrBlock");
        const subnet: Subnet = {
          id: item.id,
          vpcId: values.text("vpcId"),
          cidr,
          availabilityZone: values.text("availabilityZone"),
          publicIpOnLaunch: values.flag("mapPublicIpOnLaunch", false),
          tags: values.textMap("tags"),
          addresses: new AddressPool(cidr),
        };
        return [item.id, subnet];
      }),
    );
  }

  vpcs(): readonly Vpc[] {
    return [...this.#vpcs.values()];
  }

  vpc(id: string): Vpc {
    return this.#vpcs.get(id) ?? notFound("InvalidVpcID.NotFound", "vpc", id);
  }

  all(): readonly Subnet[] {
    return [...this.#subnets.values()];
  }

  find(id: string): Subnet | undefined {
    return this.#subnets.get(id);
  }

  get(id: string): Subnet {
    return this.#subnets.get(id) ?? notFound("InvalidSubnetID.NotFound", "subnet", id);
  }
}
