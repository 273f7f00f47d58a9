import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { renderCloudConfig } from "../instance/cloud-config.ts";
import type { Images } from "../instance/images.ts";
import { createInstanceLogs, type InstanceLogArgs, type InstanceLogs } from "../instance/instance-logs.ts";
import { createLaunchTemplate } from "../instance/launch-template.ts";
import type { MachineType } from "../instance/machine-type.ts";
import { createScalingGroup, groupArn, groupName, type RolledGroup } from "../instance/scaling-group.ts";
import { allow, allowSessionManager, ServiceRole } from "../policy.ts";
import type { NetworkSettings } from "../settings/network-settings.ts";
import { ownResources, type StackIdentity } from "../stack.ts";
import type { Firewall } from "./firewall.ts";
import { natBoot } from "./nat-boot.ts";
import type { Network } from "./network.ts";
import { ANYWHERE } from "./ports.ts";

export interface NatArgs {
  readonly region: string;
  readonly accountId: pulumi.Input<string>;
  readonly identity: StackIdentity;
  readonly settings: NetworkSettings;
  /** Of the NAT instance, where there is one. */
  readonly machine: MachineType | undefined;
  readonly images: Images;
  readonly bootSeconds: number;
  readonly logs: InstanceLogArgs;
  readonly network: Network;
  readonly firewall: Firewall;
}

/**
 * AWS services that database instances call; without a NAT they need an endpoint of their own. The last two are Session
 * Manager's, the only way in.
 */
const PRIVATE_SERVICES = ["secretsmanager", "monitoring", "autoscaling", "logs", "ssm", "ssmmessages"] as const;

/**
 * The private subnets' way out: an instance that heals by itself, a gateway a zone, or none but endpoints.
 * Monthly in eu-west-1, without traffic: instance about 10 USD (t2.nano, two public addresses), gateways 35 USD each,
 * six endpoints of 8 USD each and zone.
 */
export class Nat extends pulumi.ComponentResource {
  /** Empty unless the way out is an instance. */
  readonly rolled: readonly RolledGroup[];

  constructor(name: string, args: NatArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cloudy:infra:Nat", name, {}, opts);
    // Whatever the way out is now: what earlier NAT instances wrote stays readable.
    const logs = createInstanceLogs("nat", args.logs, this);
    this.rolled = args.settings.nat === "instance" ? [this.#createInstance(args, logs)] : [];
    if (args.settings.nat === "gateway") this.#createGateways(args);
    if (args.settings.nat === "none") this.#createEndpoints(args);
    this.registerOutputs({});
  }

  #createInstance(args: NatArgs, logs: InstanceLogs): RolledGroup {
    const { region, accountId, identity, settings, machine, images, bootSeconds, network, firewall } = args;
    // The first by its letter: another order of the zones does not move it.
    const subnet = network.publicSubnets[network.zones.indexOf([...network.zones].sort()[0] ?? "")];
    if (subnet === undefined || firewall.nat === undefined || machine === undefined)
      throw new Error("a NAT instance needs a public subnet, its group and its type");
    const opts = { parent: this };
    const fixed = new aws.ec2.NetworkInterface(
      "nat",
      { subnetId: subnet.id, securityGroups: [firewall.nat.id], sourceDestCheck: false, tags: { Name: "nat" } },
      opts,
    );
    // AWS gives no address to an interface of a VPC that has no internet gateway yet.
    new aws.ec2.Eip("nat", { domain: "vpc", networkInterface: fixed.id }, { ...opts, dependsOn: [network] });
    const name = groupName("nat", identity, this);
    const role = new ServiceRole(
      "nat",
      {
        service: "ec2",
        statements: [
          ...allowSessionManager(region, accountId),
          logs.statement,
          allow("AttachTheInterface", "ec2:AttachNetworkInterface", fixed.arn),
          allow(
            "AttachItToANatInstance",
            "ec2:AttachNetworkInterface",
            pulumi.interpolate`arn:aws:ec2:${region}:${accountId}:instance/*`,
            { StringEquals: ownResources(identity, "nat") },
          ),
          allow("SayThatItIsReady", "autoscaling:CompleteLifecycleAction", groupArn({ region, accountId }, name)),
        ],
      },
      opts,
    );
    const userData = pulumi
      .all([fixed.id, fixed.macAddress, name])
      .apply(([interfaceId, interfaceMac, groupName]) =>
        renderCloudConfig(
          "NAT",
          natBoot({ logGroup: logs.group, vpcCidr: settings.vpcCidr, interfaceId, interfaceMac, groupName }),
        ),
      );
    const launchTemplate = createLaunchTemplate(
      "nat",
      { identity, machine, images, role, securityGroupIds: [firewall.nat.id], userData },
      this,
    );
    // The interface belongs to one zone, and so do its instances.
    const group = createScalingGroup(
      "nat",
      {
        identity,
        launchTemplate,
        subnets: [subnet],
        min: 1,
        max: 1,
        desired: 1,
        tags: { Name: "NAT", nat: "true" },
        isScaled: false,
        bootSeconds,
        readiness: { by: "instance", groupName: name },
        // It installs packages and calls EC2 when it boots.
        dependsOn: [network, firewall],
      },
      this,
    );
    this.#routeTo(network, () => ({ networkInterfaceId: fixed.id }));
    return { tier: "nat", group: group.name, launchTemplate: launchTemplate.id, alarms: [] };
  }

  #createGateways({ network }: NatArgs): void {
    const gateways = network.publicSubnets.map((subnet, index) => {
      const name = `nat-${network.zones[index]}`;
      const address = new aws.ec2.Eip(name, { domain: "vpc" }, { parent: this });
      return new aws.ec2.NatGateway(
        name,
        { allocationId: address.id, subnetId: subnet.id },
        // It fails in a VPC that has no internet gateway yet.
        { parent: this, dependsOn: [network] },
      );
    });
    this.#routeTo(network, (zone) => {
      const gateway = gateways[zone];
      if (gateway === undefined) throw new Error(`no NAT gateway in zone ${zone}`);
      return { natGatewayId: gateway.id };
    });
  }

  #createEndpoints({ region, network, firewall }: NatArgs): void {
    if (firewall.endpoints === undefined) throw new Error("interface endpoints need their group");
    for (const service of PRIVATE_SERVICES) {
      new aws.ec2.VpcEndpoint(
        service,
        {
          vpcId: network.vpc.id,
          serviceName: `com.amazonaws.${region}.${service}`,
          vpcEndpointType: "Interface",
          privateDnsEnabled: true,
          subnetIds: network.privateSubnets.map((subnet) => subnet.id),
          securityGroupIds: [firewall.endpoints.id],
        },
        { parent: this },
      );
    }
  }

  #routeTo(
    network: Network,
    target: (zone: number) => { networkInterfaceId: pulumi.Input<string> } | { natGatewayId: pulumi.Input<string> },
  ): void {
    for (const [index, table] of network.privateRouteTables.entries()) {
      new aws.ec2.Route(
        `private-internet-${network.zones[index]}`,
        { routeTableId: table.id, destinationCidrBlock: ANYWHERE, ...target(index) },
        { parent: this },
      );
    }
  }
}
