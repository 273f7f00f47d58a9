import { beforeAll, describe, expect, test } from "vitest";
import { devConfig, type Recorded, type Recording, record } from "./record.ts";

let program: Recording;
beforeAll(async () => {
  program = await record(await devConfig());
});

/** `web <- load-balancer 8080`: who takes what from whom; `->` the other way. */
function sentence(arrow: "<-" | "->", { inputs }: Recorded): string {
  const peer = String(inputs["referencedSecurityGroupId"] ?? inputs["cidrIpv4"]).replace(/-id$/, "");
  const owner = String(inputs["securityGroupId"]).replace(/-id$/, "");
  const ports = inputs["fromPort"] === inputs["toPort"] ? inputs["fromPort"] : "a range";
  return `${owner} ${arrow} ${peer} ${inputs["ipProtocol"]} ${ports}`;
}

const rules = (of: Recording): readonly string[] => [
  ...of.all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").map((rule) => sentence("<-", rule)),
  ...of.all("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule").map((rule) => sentence("->", rule)),
];

const COMMON = [
  "load-balancer <- 0.0.0.0/0 tcp 8080",
  "load-balancer -> web tcp 8080",
  "web <- load-balancer tcp 8080",
  "web -> 0.0.0.0/0 tcp 80",
  "web -> 0.0.0.0/0 tcp 443",
  "web -> 10.10.10.10/32 tcp 5432",
  "database <- web tcp 5432",
  "database <- probe tcp 5432",
  "database <- probe tcp 8010",
  "database <- database tcp 8010",
  "database -> database tcp 8010",
  "database -> 0.0.0.0/0 tcp 80",
  "database -> 0.0.0.0/0 tcp 443",
  "database -> file-system tcp 2049",
  "file-system <- database tcp 2049",
  "probe -> database tcp 5432",
  "probe -> database tcp 8010",
];

describe("security groups", () => {
  test("W1 W6 D2 D3 N4: exactly these rules exist", () => {
    const nat = [
      "nat <- database tcp 80",
      "nat <- database tcp 443",
      "nat -> 0.0.0.0/0 tcp 80",
      "nat -> 0.0.0.0/0 tcp 443",
    ];
    expect([...rules(program)].sort()).toEqual([...COMMON, ...nat].sort());
  });

  test("N5: without a bastion there is no port 22 anywhere", () => {
    expect(rules(program).filter((rule) => / 22$/.test(rule))).toEqual([]);
  });

  test("no group hides further rules inline", () => {
    const groups = program.all("aws:ec2/securityGroup:SecurityGroup");
    expect(groups).toHaveLength(6);
    for (const { name, inputs } of groups) {
      expect(inputs).not.toHaveProperty("ingress");
      expect(inputs).not.toHaveProperty("egress");
      expect(inputs["vpcId"]).toBe("cloudy-id");
      // What an administrator sees in a list of groups.
      expect(inputs["tags"]).toEqual({ Name: name });
    }
  });

  test("N4: a NAT gateway needs no rules of ours, endpoints one a tier, since AWS's names lead to them everywhere", async () => {
    const gateway = await record(await devConfig({ "cloudy:nat": "gateway" }));
    expect([...rules(gateway)].sort()).toEqual([...COMMON].sort());
    const none = await record(await devConfig({ "cloudy:nat": "none" }));
    expect([...rules(none)].sort()).toEqual(
      [...COMMON, "endpoints <- database tcp 443", "endpoints <- web tcp 443"].sort(),
    );
  });

  test("W1: HTTPS opens 443 on the load balancer, and 80 for the way there", async () => {
    const arn = "arn:aws:acm:eu-west-1:123456789012:certificate/x";
    const https = await record(await devConfig({ "cloudy:nat": "gateway", "cloudy:certificateArn": arn }));
    expect([...rules(https)].sort()).toEqual(
      [...COMMON, "load-balancer <- 0.0.0.0/0 tcp 443", "load-balancer <- 0.0.0.0/0 tcp 80"].sort(),
    );
  });
});
