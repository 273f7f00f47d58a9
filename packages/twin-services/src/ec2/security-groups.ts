import type { Graph } from "@cloudy/twin-model/graph.ts";
import type { SecurityGroupRule } from "@cloudy/twin-model/network.ts";
import { type Properties, propertiesOf } from "@cloudy/twin-model/properties.ts";
import { AwsError } from "@cloudy/twin-wire/operation.ts";

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly rules: readonly DescribedRule[];
}

export interface DescribedRule {
  readonly rule: SecurityGroupRule;
  readonly description: string | undefined;
}

/** Security groups and their rules. The provider removes the default "all egress", so only declared rules count. */
export class SecurityGroups {
  readonly #groups: ReadonlyMap<string, SecurityGroup>;

  constructor(graph: Graph) {
    const separate = separateRules(graph);
    this.#groups = new Map(
      graph.ofType("aws:ec2/securityGroup:SecurityGroup").map((resource) => {
        const properties = propertiesOf(resource);
        const inline = [
          ...inlineRules(properties, resource.id, "ingress"),
          ...inlineRules(properties, resource.id, "egress"),
        ];
        return [
          resource.id,
          {
            id: resource.id,
            name: properties.optionalText("name") ?? resource.name,
            description: properties.optionalText("description") ?? "Managed by Pulumi",
            vpcId: properties.text("vpcId"),
            tags: properties.textMap("tags"),
            rules: [...inline, ...(separate.get(resource.id) ?? [])],
          },
        ];
      }),
    );
  }

  all(): readonly SecurityGroup[] {
    return [...this.#groups.values()];
  }

  find(id: string): SecurityGroup | undefined {
    return this.#groups.get(id);
  }

  get(id: string): SecurityGroup {
    const group = this.find(id);
    if (group === undefined) throw new AwsError("InvalidGroup.NotFound", `The security group '${id}' does not exist`);
    return group;
  }

  rules(id: string): readonly SecurityGroupRule[] {
    return this.#groups.get(id)?.rules.map((described) => described.rule) ?? [];
  }
}

function separateRules(graph: Graph): ReadonlyMap<string, readonly DescribedRule[]> {
  const rules = new Map<string, DescribedRule[]>();
  for (const direction of ["ingress", "egress"] as const) {
    const kind = direction === "ingress" ? "Ingress" : "Egress";
    for (const resource of graph.ofType(`aws:vpc/securityGroup${kind}Rule:SecurityGroup${kind}Rule`)) {
      const properties = propertiesOf(resource);
      const groupId = properties.text("securityGroupId");
      const rule: DescribedRule = {
        rule: {
          direction,
          ...traffic(
            properties.text("ipProtocol"),
            properties.optionalNumber("fromPort"),
            properties.optionalNumber("toPort"),
          ),
          peer: separatePeer(properties),
        },
        description: properties.optionalText("description"),
      };
      rules.set(groupId, [...(rules.get(groupId) ?? []), rule]);
    }
  }
  return rules;
}

function separatePeer(properties: Properties): SecurityGroupRule["peer"] {
  const cidr = properties.optionalText("cidrIpv4");
  const securityGroupId = properties.optionalText("referencedSecurityGroupId");
  const prefixListId = properties.optionalText("prefixListId");
  if (cidr !== undefined) return { cidr };
  if (securityGroupId !== undefined) return { securityGroupId };
  if (prefixListId !== undefined) return { prefixListId };
  throw new Error(
    `${properties.where}: one of [cidrIpv4], [referencedSecurityGroupId] or [prefixListId] must be given.`,
  );
}

function inlineRules(group: Properties, groupId: string, direction: "ingress" | "egress"): readonly DescribedRule[] {
  return group.children(direction).flatMap((properties) => {
    const peers: readonly SecurityGroupRule["peer"][] = [
      ...properties.texts("cidrBlocks").map((cidr) => ({ cidr })),
      ...properties.texts("securityGroups").map((securityGroupId) => ({ securityGroupId })),
      ...properties.texts("prefixListIds").map((prefixListId) => ({ prefixListId })),
      ...(properties.flag("self", false) ? [{ securityGroupId: groupId }] : []),
    ];
    const match = traffic(properties.text("protocol"), properties.number("fromPort"), properties.number("toPort"));
    const description = properties.optionalText("description");
    return peers.map((peer) => ({ rule: { direction, ...match, peer }, description }));
  });
}

const protocolNumbers: Readonly<Record<string, string>> = { "1": "icmp", "6": "tcp", "17": "udp", all: "-1" };

function traffic(protocol: string, fromPort: number | undefined, toPort: number | undefined) {
  const name = protocolNumbers[protocol] ?? protocol;
  return name === "-1"
    ? { protocol: name, fromPort: 0, toPort: 65535 }
    : { protocol: name, fromPort: fromPort ?? 0, toPort: toPort ?? fromPort ?? 65535 };
}
