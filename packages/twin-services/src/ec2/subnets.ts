import type { Graph } from "@cloudy/twin-model/graph.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";
import { AddressPool } from "./address-pool.ts";
import { notFound } from "./errors.ts";

export interface Vpc {
  readonly id: string;
  readonly cidr: string;
  readonly dnsHostnames: boolean;
  readonly dnsSupport: boolean;
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

/** The VPC and its subnets; they do not change while the cloud runs. */
export class Subnets {
  readonly vpc: Vpc;
  readonly #subnets: ReadonlyMap<string, Subnet>;

  constructor(graph: Graph) {
    const [resource, ...others] = graph.ofType("aws:ec2/vpc:Vpc");
    if (resource === undefined || others.length > 0) {
      throw new Error(`The twin models one VPC, but the program declares ${others.length + (resource ? 1 : 0)}.`);
    }
    const properties = propertiesOf(resource);
    this.vpc = {
      id: resource.id,
      cidr: properties.text("cidrBlock"),
      dnsHostnames: properties.flag("enableDnsHostnames", false),
      dnsSupport: properties.flag("enableDnsSupport", true),
      tags: properties.textMap("tags"),
    };
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
