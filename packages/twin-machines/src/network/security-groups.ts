import { cidrContains } from "@cloudy/twin-model/cidr.ts";
import type { NetworkInterface, NetworkView, SecurityGroupRule } from "@cloudy/twin-model/network.ts";

/** The other end as a security group sees it: its address, and the interface it comes from when it is one of the VPC. */
export interface Peer {
  readonly ip: string;
  readonly interface: NetworkInterface | undefined;
}

/** Whether a rule of one of the interface's security groups lets TCP to `port` through, to or from `peer`. */
export function groupsAllow(
  view: NetworkView,
  own: NetworkInterface,
  direction: SecurityGroupRule["direction"],
  peer: Peer,
  port: number,
): boolean {
  return own.securityGroupIds.some((groupId) =>
    view
      .rules(groupId)
      .some((rule) => rule.direction === direction && coversPort(rule, port) && matchesPeer(view, rule, peer)),
  );
}

function coversPort(rule: SecurityGroupRule, port: number): boolean {
  if (rule.protocol === "-1") return true;
  // 6 is TCP's protocol number.
  if (rule.protocol !== "tcp" && rule.protocol !== "6") return false;
  return rule.fromPort <= port && port <= rule.toPort;
}

function matchesPeer(view: NetworkView, rule: SecurityGroupRule, peer: Peer): boolean {
  const allowed = rule.peer;
  if ("cidr" in allowed) return cidrContains(allowed.cidr, peer.ip);
  if ("prefixListId" in allowed)
    return view.prefixList(allowed.prefixListId).some((cidr) => cidrContains(cidr, peer.ip));
  // A reference to a group means the private addresses of its interfaces: a virtual IP is not among them.
  return (
    peer.interface !== undefined &&
    peer.interface.privateIp === peer.ip &&
    peer.interface.securityGroupIds.includes(allowed.securityGroupId)
  );
}
