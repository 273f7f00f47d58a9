import { cidrContains } from "@cloudy/twin-model/cidr.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { findPath } from "../src/network/reachability.ts";
import { resolveDestination } from "../src/network/resolve.ts";
import { longestPrefixRoute } from "../src/network/routing.ts";
import { interfaceOf, route, tcp, VIP, viewOf, type World, world } from "./network-world.ts";

const INTERNET = "198.51.100.10";

function verdict(change: (state: World) => void, from: string, ip: string, port: number, tracked = false): string {
  const state = world();
  change(state);
  const path = findPath(viewOf(state), from, ip, port, { tracked });
  if (path.kind === "dropped") return path.reason;
  return path.to.kind === "internet" ? `internet: ${path.via.join("; ")}` : (path.to.instanceId ?? path.to.interfaceId);
}
const unchanged = () => {};

test("W6: the load balancer reaches the web tier on 8080 only", () => {
  expect(verdict(unchanged, "eni-alb", "10.0.0.10", 8080)).toBe("i-web");
  expect(verdict(unchanged, "eni-alb", "10.0.0.10", 22)).toMatch(/no egress rule of sg-alb .* 10\.0\.0\.10:22/);
});

test("D3: a database takes 5432 from the web group and from nobody else", () => {
  expect(verdict(unchanged, "eni-web", VIP, 5432)).toBe("i-db1");
  const openAlb = (state: World) => state.rules["sg-alb"]?.push(tcp("egress", 5432, "0.0.0.0/0"));
  expect(verdict(openAlb, "eni-alb", VIP, 5432)).toMatch(/no ingress rule of sg-db .*5432 from 10\.0\.0\.5/);
});

test("D3: a rule deleted on either side drops the packet and names the side", () => {
  const noIngress = (state: World) => state.rules["sg-db"]?.shift();
  const noEgress = (state: World) => state.rules["sg-web"]?.splice(1, 1);
  expect(verdict(noIngress, "eni-web", VIP, 5432)).toMatch(/no ingress rule of sg-db/);
  expect(verdict(noEgress, "eni-web", VIP, 5432)).toMatch(/no egress rule of sg-web/);
});

test("F3: the virtual IP goes where the route points, and is a blackhole once the target is gone", () => {
  const repoint = (state: World) => {
    state.routes["public"] = [route(`${VIP}/32`, { kind: "network-interface", id: "eni-db2", instanceId: "i-db2" })];
  };
  const blackhole = (state: World) => {
    const vip = state.routes["public"]?.find((candidate) => candidate.destinationCidr === `${VIP}/32`);
    Object.assign(vip ?? {}, { state: "blackhole" });
  };
  expect(verdict(repoint, "eni-web", VIP, 5432)).toBe("i-db2");
  expect(verdict(blackhole, "eni-web", VIP, 5432)).toMatch(/blackhole/);
});

test("F5: packets for the virtual IP are dropped while the target's source/dest check is on", () => {
  const check = (state: World) => Object.assign(interfaceOf(state, "eni-db1"), { sourceDestCheck: true });
  expect(verdict(check, "eni-web", VIP, 5432)).toMatch(/source\/dest check is on/);
});

test("D5: an instance that does not hold the virtual IP drops its packets", () => {
  expect(verdict((state) => Object.assign(state, { extra: {} }), "eni-web", VIP, 5432)).toMatch(
    /neither owns 10\.10\.10\.10/,
  );
});

test("D3: an egress rule that names the database group does not cover the virtual IP", () => {
  const byGroup = (state: World) => Object.assign(state.rules, { "sg-web": [tcp("egress", 5432, "sg-db")] });
  expect(verdict(byGroup, "eni-web", VIP, 5432)).toMatch(/no egress rule of sg-web/);
  expect(verdict(byGroup, "eni-web", "10.0.1.11", 5432)).toBe("i-db1");
});

test("D2: the mount target takes 2049 from the database group only", () => {
  expect(verdict(unchanged, "eni-db1", "10.0.1.50", 2049)).toBe("eni-efs");
  const open = (state: World) => state.rules["sg-web"]?.push(tcp("egress", 2049, "0.0.0.0/0"));
  expect(verdict(open, "eni-web", "10.0.1.50", 2049)).toMatch(/no ingress rule of sg-efs/);
});

test("N3: the way to the internet needs the gateway's route and a public address", () => {
  expect(verdict(unchanged, "eni-web", INTERNET, 443)).toBe("internet: 0.0.0.0/0 via igw-1 as 203.0.113.10");
  const noAddress = (state: World) => Object.assign(interfaceOf(state, "eni-web"), { publicIp: undefined });
  expect(verdict(noAddress, "eni-web", INTERNET, 443)).toMatch(/no public address/);
  const noRoute = (state: World) => state.routes["public"]?.splice(1, 1);
  expect(verdict(noRoute, "eni-web", INTERNET, 443)).toMatch(/no route to/);
});

test("N4: private instances reach 443 through the NAT instance, and each of its conditions counts", () => {
  expect(verdict(unchanged, "eni-db1", INTERNET, 443)).toMatch(
    /^internet: .*eni-nat of i-nat; .*igw-1 as 203\.0\.113\.20$/,
  );
  const broken: readonly (readonly [RegExp, (state: World) => void])[] = [
    [/source\/dest check is on/, (state) => Object.assign(interfaceOf(state, "eni-nat"), { sourceDestCheck: true })],
    [/neither owns .* nor forwards/, (state) => state.forwarding.clear()],
    [/no ingress rule of sg-nat/, (state) => state.rules["sg-nat"]?.shift()],
    [/no egress rule of sg-nat/, (state) => state.rules["sg-nat"]?.pop()],
    [
      /no interface with a public address/,
      (state) => Object.assign(interfaceOf(state, "eni-nat"), { publicIp: undefined }),
    ],
    [/i-nat is terminated/, (state) => Object.assign(state.instances, { "i-nat": { state: "terminated" } })],
    [/attached to no instance/, (state) => Object.assign(interfaceOf(state, "eni-nat"), { attachment: undefined })],
  ];
  for (const [reason, change] of broken) expect(verdict(change, "eni-db1", INTERNET, 443)).toMatch(reason);
});

test("N4: the NAT instance takes 80 and 443 from the database group, not from others", () => {
  const stranger = (state: World) => {
    Object.assign(interfaceOf(state, "eni-db1"), { securityGroupIds: ["sg-other"] });
    state.rules["sg-other"] = [tcp("egress", 443, "0.0.0.0/0")];
  };
  expect(verdict(stranger, "eni-db1", INTERNET, 443)).toMatch(/no ingress rule of sg-nat/);
});

test("N4: with a NAT gateway or an S3 endpoint the private subnets reach what these carry", () => {
  const gateway = (state: World) =>
    Object.assign(state.routes, { private: [route("0.0.0.0/0", { kind: "nat-gateway", id: "nat-1" })] });
  expect(verdict(gateway, "eni-db1", INTERNET, 443)).toBe("internet: 0.0.0.0/0 via nat-1");
  const endpoint = (state: World) =>
    Object.assign(state.routes, { private: [route("pl-s3", { kind: "vpc-endpoint", id: "vpce-1" })] });
  expect(verdict(endpoint, "eni-db1", "198.51.100.130", 443)).toBe("internet: pl-s3 via vpce-1");
  expect(verdict(endpoint, "eni-db1", INTERNET, 443)).toMatch(/no route to/);
});

test("N4: S3's name is found behind the gateway endpoint, other services are not", () => {
  const state = world();
  state.routes["private"] = [route("pl-s3", { kind: "vpc-endpoint", id: "vpce-1" })];
  const origin = { name: "i-db1", interfaceId: "eni-db1" };
  const ask = (host: string) => resolveDestination(viewOf(state), origin, host, 4566).kind;
  expect(ask("s3.aws.twin.internal")).toBe("delivered");
  expect(ask("aws.twin.internal")).toBe("dropped");
});

test("N3: private addresses never leave by the internet gateway", () => {
  const noVipRoute = (state: World) => state.routes["public"]?.pop();
  expect(verdict(noVipRoute, "eni-web", VIP, 5432)).toMatch(/private address: igw-1 does not carry it/);
});

test("D3: a tracked connection outlives its security-group rule, but not its route", () => {
  const noRule = (state: World) => Object.assign(state.rules, { "sg-web": [], "sg-db": [] });
  expect(verdict(noRule, "eni-web", VIP, 5432)).toMatch(/no egress rule/);
  expect(verdict(noRule, "eni-web", VIP, 5432, true)).toBe("i-db1");
  expect(verdict((state) => state.routes["public"]?.pop(), "eni-web", VIP, 5432, true)).toMatch(/does not carry/);
});

test("F1: a function outside of the VPC has AWS's API and nothing in the VPC", () => {
  const origin = { name: "failover", interfaceId: undefined };
  expect(resolveDestination(viewOf(world()), origin, "aws.twin.internal", 80).kind).toBe("delivered");
  expect(resolveDestination(viewOf(world()), origin, "10.0.1.11", 8010).kind).toBe("dropped");
});

test("N1: the longest prefix wins, whatever the order of the routes", () => {
  const prefixes = fc.uniqueArray(fc.integer({ min: 0, max: 32 }), { minLength: 1, maxLength: 6 });
  const address = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => parts.join("."));
  fc.assert(
    fc.property(prefixes, address, (lengths, ip) => {
      const state = world();
      state.routes["private"] = lengths.map((length) => route(`${ip}/${length}`, { kind: "local" }));
      const chosen = longestPrefixRoute(viewOf(state), "private", ip);
      expect(chosen?.destinationCidr).toBe(`${ip}/${Math.max(...lengths)}`);
    }),
  );
});

test("N1: a range holds exactly the addresses that share its prefix", () => {
  expect(cidrContains("10.0.0.0/16", "10.0.255.255")).toBe(true);
  expect(cidrContains("10.0.0.0/16", "10.1.0.0")).toBe(false);
  expect(cidrContains("0.0.0.0/0", "255.255.255.255")).toBe(true);
  expect(cidrContains("10.10.10.10/32", "10.10.10.11")).toBe(false);
  expect(cidrContains("2001:db8::/32", "10.0.0.1")).toBe(false);
});

test("N1: an address is that of the own VPC, whatever has it in another VPC of the same range", () => {
  const beside = (state: World) => {
    state.vpcs = { elsewhere: "vpc-2" };
    const [web, database] = [interfaceOf(state, "eni-web"), interfaceOf(state, "eni-db1")];
    // Both come before their namesakes, so that whoever looks for the address alone finds the wrong one.
    state.interfaces.unshift(
      { ...web, id: "eni-other-web", subnetId: "elsewhere", attachment: undefined },
      { ...database, id: "eni-other-db", subnetId: "elsewhere", attachment: undefined },
    );
    state.routes["elsewhere"] = [route("10.0.0.0/16", { kind: "local" })];
  };
  expect(verdict(beside, "eni-alb", "10.0.0.10", 8080)).toBe("i-web");
  expect(verdict(beside, "eni-other-web", "10.0.1.11", 5432)).not.toBe("i-db1");
  const lonely = (state: World) => {
    beside(state);
    state.interfaces = state.interfaces.filter(({ id }) => id !== "eni-other-db");
    state.rules["sg-web"]?.push(tcp("egress", 5432, "0.0.0.0/0"));
  };
  expect(verdict(lonely, "eni-other-web", "10.0.1.11", 5432)).toBe("no interface in the VPC has the address 10.0.1.11");
});
