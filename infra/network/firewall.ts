import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as ports from "./ports.ts";

export interface FirewallArgs {
  readonly vpcId: pulumi.Input<string>;
  /** `10.10.10.10/32`: a security-group reference does not match the virtual IP as a destination. */
  readonly virtualIpCidr: string;
  readonly nat: "instance" | "gateway" | "none";
  /** Whether the load balancer listens on 443 too, and on 80 to lead there. */
  readonly https: boolean;
}

type Group = aws.ec2.SecurityGroup;
type Peer = { readonly cidrIpv4: string } | { readonly group: Group };

/** All security groups and who may talk to whom: the whole table is in `#allowFlows`. */
export class Firewall extends pulumi.ComponentResource {
  readonly loadBalancer: Group;
  readonly web: Group;
  readonly database: Group;
  readonly fileSystem: Group;
  readonly probe: Group;
  /** The group of the NAT instance; only with `nat: instance`. */
  readonly nat: Group | undefined;
  /** The group of the interface endpoints that replace a NAT; only with `nat: none`. */
  readonly endpoints: Group | undefined;

  constructor(name: string, args: FirewallArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cloudy:infra:Firewall", name, {}, opts);
    const group = (label: string, description: string): Group =>
      new aws.ec2.SecurityGroup(label, { vpcId: args.vpcId, description, tags: { Name: label } }, { parent: this });
    this.loadBalancer = group("load-balancer", "Load balancer, open to the internet");
    this.web = group("web", "Web instances, reached by the load balancer only");
    this.database = group("database", "Database instances, reached by web instances and the probe only");
    this.fileSystem = group("file-system", "File system of the database, reached by database instances only");
    this.probe = group("probe", "Probe function, reached by nobody");
    this.nat = args.nat === "instance" ? group("nat", "NAT instance, used by database instances only") : undefined;
    this.endpoints = args.nat === "none" ? group("endpoints", "AWS APIs inside the VPC, for databases") : undefined;
    this.#allowFlows(args);
    this.registerOutputs({});
  }

  #allowFlows(args: FirewallArgs): void {
    const anywhere: Peer = { cidrIpv4: ports.ANYWHERE };
    this.#ingress("load-balancer", this.loadBalancer, "anywhere", anywhere, ports.LISTENER_PORT);
    for (const port of args.https ? [ports.HTTP_PORT, ports.HTTPS_PORT] : []) {
      this.#ingress("load-balancer", this.loadBalancer, "anywhere", anywhere, port);
    }
    this.#flow("load-balancer", this.loadBalancer, "web", this.web, ports.API_PORT);

    // To the virtual IP: it leaves for the address, and arrives from the web group.
    this.#egress("web", this.web, "virtual-ip", { cidrIpv4: args.virtualIpCidr }, ports.POSTGRES_PORT);
    this.#ingress("database", this.database, "web", { group: this.web }, ports.POSTGRES_PORT);

    this.#flow("probe", this.probe, "database", this.database, ports.POSTGRES_PORT);
    this.#flow("probe", this.probe, "database", this.database, ports.STATUS_PORT);
    // Agents ask each other, for a second opinion.
    this.#flow("database", this.database, "database", this.database, ports.STATUS_PORT);
    this.#flow("database", this.database, "file-system", this.fileSystem, ports.NFS_PORT);

    // AWS APIs and package repositories.
    for (const port of [ports.HTTP_PORT, ports.HTTPS_PORT]) {
      this.#egress("web", this.web, "anywhere", anywhere, port);
      this.#egress("database", this.database, "anywhere", anywhere, port);
      if (this.nat !== undefined) {
        this.#ingress("nat", this.nat, "database", { group: this.database }, port);
        this.#egress("nat", this.nat, "anywhere", anywhere, port);
      }
    }
    if (this.endpoints !== undefined) {
      this.#ingress("endpoints", this.endpoints, "database", { group: this.database }, ports.HTTPS_PORT);
      // AWS's names lead to the endpoints in the whole VPC, for web instances as well.
      this.#ingress("endpoints", this.endpoints, "web", { group: this.web }, ports.HTTPS_PORT);
    }
  }

  /** Both ends of a conversation between two groups. */
  #flow(fromName: string, from: Group, toName: string, to: Group, port: number): void {
    this.#egress(fromName, from, toName, { group: to }, port);
    this.#ingress(toName, to, fromName, { group: from }, port);
  }

  #ingress(ownerName: string, owner: Group, peerName: string, peer: Peer, port: number): void {
    const label = `${ownerName}-from-${peerName}-${port}`;
    new aws.vpc.SecurityGroupIngressRule(label, rule(owner, peer, port), { parent: this });
  }

  #egress(ownerName: string, owner: Group, peerName: string, peer: Peer, port: number): void {
    const label = `${ownerName}-to-${peerName}-${port}`;
    new aws.vpc.SecurityGroupEgressRule(label, rule(owner, peer, port), { parent: this });
  }
}

function rule(owner: Group, peer: Peer, port: number) {
  return {
    securityGroupId: owner.id,
    ipProtocol: "tcp",
    fromPort: port,
    toPort: port,
    ...("group" in peer ? { referencedSecurityGroupId: peer.group.id } : { cidrIpv4: peer.cidrIpv4 }),
  };
}
