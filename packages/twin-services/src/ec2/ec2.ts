import { arn, tagConditions } from "@cloudy/twin-model/arn.ts";
import type { Bus } from "@cloudy/twin-model/bus.ts";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Graph, Supported } from "@cloudy/twin-model/graph.ts";
import type { Identifiers } from "@cloudy/twin-model/identifiers.ts";
import type { Instance } from "@cloudy/twin-model/instance.ts";
import type { InstanceHooks, InstanceRuntime } from "@cloudy/twin-model/instance-runtime.ts";
import type { NetworkInterface, NetworkView, Route, SecurityGroupRule } from "@cloudy/twin-model/network.ts";
import { Instances } from "./instances.ts";
import { Interfaces } from "./interfaces.ts";
import { LaunchTemplates } from "./launch-templates.ts";
import { RouteTables } from "./route-tables.ts";
import { SecurityGroups } from "./security-groups.ts";
import { placeServiceInterfaces } from "./service-interfaces.ts";
import { Subnets } from "./subnets.ts";

/** EC2 and VPC: the network's tables and the instances on it. */
export class Ec2 implements NetworkView, InstanceHooks {
  readonly graph: Graph;
  readonly clock: Clock;
  readonly subnets: Subnets;
  readonly groups: SecurityGroups;
  readonly interfaceTable: Interfaces;
  readonly routeTables: RouteTables;
  readonly launchTemplates: LaunchTemplates;
  readonly instances: Instances;
  readonly #bus: Bus;
  readonly #extraAddresses = new Map<string, readonly string[]>();
  readonly #forwarding = new Set<string>();

  constructor(graph: Graph, clock: Clock, bus: Bus, ids: Identifiers) {
    this.graph = graph;
    this.clock = clock;
    this.#bus = bus;
    const changed = () => bus.emit({ kind: "network-changed" });
    this.subnets = new Subnets(graph);
    this.groups = new SecurityGroups(graph);
    this.interfaceTable = new Interfaces(graph, this.subnets, this.groups, ids, changed);
    const targets = { behind: (interfaceId: string) => this.#behind(interfaceId) };
    this.routeTables = new RouteTables(graph, this.subnets, ids, targets, changed);
    placeServiceInterfaces(graph, this.interfaceTable, ids);
    this.launchTemplates = new LaunchTemplates(graph, clock.now());
    this.instances = new Instances({
      clock,
      bus,
      ids,
      interfaces: this.interfaceTable,
      subnets: this.subnets,
      changed,
    });
    bus.on((event) => {
      if (event.kind === "instance-state" && event.state !== "running") this.#forgetAddresses(event.instanceId);
    });
  }

  /** Must be called before the first instance is launched. */
  bind(runtime: InstanceRuntime): void {
    this.instances.bind(runtime);
  }

  get vpcCidr(): string {
    return this.subnets.vpc.cidr;
  }

  interfaces(): readonly NetworkInterface[] {
    return this.interfaceTable.all();
  }

  instance(id: string): Instance | undefined {
    return this.instances.find(id);
  }

  routes(subnetId: string): readonly Route[] {
    return this.routeTables.forSubnet(subnetId)?.routes.flatMap((route) => this.routeTables.resolve(route)) ?? [];
  }

  subnet(id: string): { readonly id: string; readonly cidr: string; readonly availabilityZone: string } | undefined {
    return this.subnets.find(id);
  }

  rules(securityGroupId: string): readonly SecurityGroupRule[] {
    return this.groups.rules(securityGroupId);
  }

  prefixList(id: string): readonly string[] {
    return this.routeTables.prefixList(id);
  }

  extraAddresses(instanceId: string): readonly string[] {
    return this.#extraAddresses.get(instanceId) ?? [];
  }

  forwards(instanceId: string): boolean {
    return this.#forwarding.has(instanceId);
  }

  addAddress(instanceId: string, address: string): void {
    const known = this.extraAddresses(instanceId);
    if (known.includes(address)) return;
    this.#extraAddresses.set(instanceId, [...known, address]);
    this.#bus.emit({ kind: "network-changed" });
  }

  enableForwarding(instanceId: string): void {
    this.#forwarding.add(instanceId);
    this.#bus.emit({ kind: "network-changed" });
  }

  /** ARN and condition keys of one of EC2's resources, as its policies see it. */
  resource(
    kind: string,
    id: string,
    tags: Readonly<Record<string, string>>,
  ): {
    readonly resource: string;
    readonly context: Readonly<Record<string, string>>;
  } {
    return {
      resource: arn(this.graph, "ec2", `${kind}/${id}`),
      context: { ...tagConditions(tags, "ec2"), "ec2:region": this.graph.region },
    };
  }

  #behind(interfaceId: string): { readonly instanceId: string | undefined; readonly alive: boolean } {
    const instanceId = this.interfaceTable.find(interfaceId)?.attachment?.instanceId;
    if (instanceId === undefined) return { instanceId, alive: false };
    const state = this.instances.find(instanceId)?.state;
    return { instanceId, alive: state !== undefined && state !== "terminated" && state !== "stopped" };
  }

  /** Addresses on `lo` and forwarding are settings of a running system; they are gone when it stops. */
  #forgetAddresses(instanceId: string): void {
    this.#extraAddresses.delete(instanceId);
    this.#forwarding.delete(instanceId);
  }
}

export const ec2Supported: Supported = {
  "aws:ec2/vpc:Vpc": ["cidrBlock", "enableDnsHostnames", "enableDnsSupport", "tags"],
  "aws:ec2/subnet:Subnet": ["vpcId", "cidrBlock", "availabilityZone", "mapPublicIpOnLaunch", "tags"],
  "aws:ec2/internetGateway:InternetGateway": ["vpcId", "tags"],
  "aws:ec2/routeTable:RouteTable": [
    "vpcId",
    "tags",
    "routes.cidrBlock",
    "routes.gatewayId",
    "routes.natGatewayId",
    "routes.networkInterfaceId",
  ],
  "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation": ["vpcId", "routeTableId"],
  "aws:ec2/routeTableAssociation:RouteTableAssociation": ["routeTableId", "subnetId"],
  "aws:ec2/route:Route": ["routeTableId", "destinationCidrBlock", "gatewayId", "natGatewayId", "networkInterfaceId"],
  "aws:ec2/vpcEndpoint:VpcEndpoint": [
    "vpcId",
    "serviceName",
    "vpcEndpointType",
    "routeTableIds",
    "subnetIds",
    "securityGroupIds",
    "privateDnsEnabled",
    "tags",
  ],
  "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": ["vpcEndpointId", "routeTableId"],
  "aws:ec2/networkInterface:NetworkInterface": [
    "subnetId",
    "privateIp",
    "privateIps",
    "securityGroups",
    "sourceDestCheck",
    "description",
    "tags",
  ],
  "aws:ec2/eip:Eip": ["domain", "networkInterface", "tags"],
  "aws:ec2/eipAssociation:EipAssociation": ["allocationId", "networkInterfaceId"],
  "aws:ec2/natGateway:NatGateway": ["allocationId", "subnetId", "tags"],
  "aws:ec2/securityGroup:SecurityGroup": ["name", "description", "vpcId", "ingress", "egress", "tags"],
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": [
    "securityGroupId",
    "ipProtocol",
    "fromPort",
    "toPort",
    "cidrIpv4",
    "referencedSecurityGroupId",
    "prefixListId",
    "description",
  ],
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": [
    "securityGroupId",
    "ipProtocol",
    "fromPort",
    "toPort",
    "cidrIpv4",
    "referencedSecurityGroupId",
    "prefixListId",
    "description",
  ],
  "aws:ec2/launchTemplate:LaunchTemplate": [
    "name",
    "imageId",
    "instanceType",
    "iamInstanceProfile",
    "vpcSecurityGroupIds",
    "userData",
    "metadataOptions.httpEndpoint",
    "metadataOptions.httpTokens",
    "metadataOptions.httpPutResponseHopLimit",
    "metadataOptions.instanceMetadataTags",
    "monitoring",
    "networkInterfaces.associatePublicIpAddress",
    "networkInterfaces.securityGroups",
    "tagSpecifications.resourceType",
    "tagSpecifications.tags",
    "blockDeviceMappings.deviceName",
    "blockDeviceMappings.ebs.volumeType",
    "blockDeviceMappings.ebs.volumeSize",
    "blockDeviceMappings.ebs.encrypted",
    "blockDeviceMappings.ebs.deleteOnTermination",
    "tags",
  ],
};
