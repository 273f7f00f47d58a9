import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { NetworkSettings, SubnetPlan } from "../settings/network-settings.ts";
import { ANYWHERE } from "./ports.ts";

export interface NetworkArgs {
  readonly region: string;
  readonly settings: NetworkSettings;
}

/**
 * VPC, public subnets behind an internet gateway, private subnets whose way out is the Nat component's. The virtual IP's
 * route in the public table belongs to the failover function: a route of Pulumi's would be undone at the next deploy.
 */
export class Network extends pulumi.ComponentResource {
  readonly vpc: aws.ec2.Vpc;
  readonly publicSubnets: readonly aws.ec2.Subnet[];
  readonly privateSubnets: readonly aws.ec2.Subnet[];
  /** The route table of the web tier, tagged `database=true`: here the failover function keeps the virtual IP's route. */
  readonly publicRouteTable: aws.ec2.RouteTable;
  /** One a zone, whatever the way out is: a subnet keeps its table when that changes. */
  readonly privateRouteTables: readonly aws.ec2.RouteTable[];
  /** Letters of the zones, in the order of the subnets. Names come from them: a zone more or less moves no other's resources. */
  readonly zones: readonly string[];

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cloudy:infra:Network", name, {}, opts);
    const { settings } = args;
    this.vpc = new aws.ec2.Vpc(
      name,
      {
        cidrBlock: settings.vpcCidr,
        enableDnsHostnames: true,
        enableDnsSupport: true,
        tags: { Name: name },
      },
      { parent: this },
    );
    this.zones = settings.publicSubnets.map(({ zone }) => zone.slice(-1));
    this.publicSubnets = this.#createSubnets("public", settings.publicSubnets, true);
    this.privateSubnets = this.#createSubnets("private", settings.privateSubnets, false);
    this.publicRouteTable = this.#createPublicRoutes();
    this.privateRouteTables = this.zones.map((zone) => this.#createRouteTable(`private-${zone}`));
    this.#associate("private", this.privateSubnets, (zone) => this.privateRouteTables[zone]);
    this.#createS3Endpoint(args.region);
    this.registerOutputs({ vpcId: this.vpc.id });
  }

  #createSubnets(kind: "public" | "private", plans: readonly SubnetPlan[], isPublic: boolean): aws.ec2.Subnet[] {
    return plans.map(
      ({ zone, cidr }) =>
        new aws.ec2.Subnet(
          `${kind}-${zone.slice(-1)}`,
          {
            vpcId: this.vpc.id,
            cidrBlock: cidr,
            availabilityZone: zone,
            mapPublicIpOnLaunch: isPublic,
            tags: { Name: `${kind}-${zone.slice(-1)}` },
          },
          { parent: this },
        ),
    );
  }

  #createPublicRoutes(): aws.ec2.RouteTable {
    const gateway = new aws.ec2.InternetGateway("internet", { vpcId: this.vpc.id }, { parent: this });
    const table = this.#createRouteTable("public", { database: "true" });
    this.#associate("public", this.publicSubnets, () => table);
    new aws.ec2.Route(
      "public-internet",
      { routeTableId: table.id, destinationCidrBlock: ANYWHERE, gatewayId: gateway.id },
      { parent: this },
    );
    return table;
  }

  #createRouteTable(label: string, tags: Readonly<Record<string, string>> = {}): aws.ec2.RouteTable {
    return new aws.ec2.RouteTable(label, { vpcId: this.vpc.id, tags: { Name: label, ...tags } }, { parent: this });
  }

  /** AWS lets a subnet have one association: it must be one resource, under one name, for as long as the zone is there. */
  #associate(
    kind: "public" | "private",
    subnets: readonly aws.ec2.Subnet[],
    tableOf: (zone: number) => aws.ec2.RouteTable | undefined,
  ): void {
    for (const [index, subnet] of subnets.entries()) {
      const table = tableOf(index);
      if (table === undefined) throw new Error(`no ${kind} route table in zone ${index}`);
      new aws.ec2.RouteTableAssociation(
        `${kind}-${this.zones[index]}`,
        { routeTableId: table.id, subnetId: subnet.id },
        { parent: this },
      );
    }
  }

  /** Free of charge: artifacts and dnf's repositories (they live in S3) are reached even while the NAT is away. */
  #createS3Endpoint(region: string): void {
    new aws.ec2.VpcEndpoint(
      "s3",
      {
        vpcId: this.vpc.id,
        serviceName: `com.amazonaws.${region}.s3`,
        vpcEndpointType: "Gateway",
        routeTableIds: this.privateRouteTables.map((table) => table.id),
      },
      { parent: this },
    );
  }
}
