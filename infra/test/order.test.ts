import { beforeAll, describe, expect, test } from "vitest";
import { devConfig, type Recording, record } from "./record.ts";

let program: Recording;
beforeAll(async () => {
  program = await record(await devConfig());
});

const GROUP = "aws:autoscaling/group:Group";
const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const FUNCTION = "aws:lambda/function:Function";
const WAY_TO_THE_INTERNET = ["InternetGateway::internet", "Route::public-internet"];

/** `Route::public-internet`: what the engine makes first, given or found in the properties. */
const before = (type: string, name: string, of = program): readonly string[] =>
  of.optionsOf(type, name).dependencies.map((urn) => String(urn.split(":").slice(-3).join(":")));

const named = (kind: string, of = program): readonly string[] =>
  of.resources.filter(({ type }) => type.endsWith(`:${kind}`)).map(({ name }) => `${kind}::${name}`);
const firewallRules = () => [...named("SecurityGroupIngressRule"), ...named("SecurityGroupEgressRule")];

describe("instances start after what they need to boot", () => {
  test("W4: web instances after the database group, a listening load balancer, the public routes and all rules", () => {
    expect(before(GROUP, "web")).toEqual(
      expect.arrayContaining([
        "Group::database",
        "Listener::http",
        ...WAY_TO_THE_INTERNET,
        "RouteTableAssociation::public-a",
        "RouteTableAssociation::public-b",
        ...firewallRules(),
      ]),
    );
  });

  test("W4 D1: database instances after the NAT group, the private routes and all rules", () => {
    expect(before(GROUP, "database")).toEqual(
      expect.arrayContaining([
        "Group::nat",
        "Eip::nat",
        "Route::private-internet-a",
        "RouteTableAssociation::private-a",
        "RouteTableAssociation::private-b",
        "VpcEndpoint::s3",
        ...firewallRules(),
      ]),
    );
  });

  test("D2 W9: database instances after the file system can be mounted by its policy, and the secrets have values", () => {
    expect(before(GROUP, "database")).toEqual(
      expect.arrayContaining([
        "FileSystemPolicy::database",
        "AccessPoint::database",
        "MountTarget::database-a",
        "MountTarget::database-b",
        "SecretVersion::CloudyDB",
        "SecretVersion::CloudyDBServer",
        "SecretVersion::CloudyFailover",
      ]),
    );
  });

  test("N4: NAT instances after the public routes and all rules", () => {
    expect(before(GROUP, "nat")).toEqual(
      expect.arrayContaining([...WAY_TO_THE_INTERNET, "RouteTableAssociation::public-a", ...firewallRules()]),
    );
  });

  test.each(["web", "database", "nat"])("W3: %s instances after their role may do what it must", (name) => {
    expect(before(TEMPLATE, name)).toContain(`RolePolicy::${name}`);
    expect(before(GROUP, name)).toContain(`LaunchTemplate::${name}`);
  });
});

describe("AWS refuses public addresses in a VPC without an internet gateway", () => {
  test("W1 N4: the load balancer and the NAT's address come after it", () => {
    for (const [type, name] of [
      ["aws:lb/loadBalancer:LoadBalancer", "web"],
      ["aws:ec2/eip:Eip", "nat"],
    ] as const) {
      expect(before(type, name), name).toEqual(expect.arrayContaining(WAY_TO_THE_INTERNET));
    }
  });

  test("N4: so do NAT gateways, and databases come after these and their routes", async () => {
    const gateways = await record(await devConfig({ "cloudy:nat": "gateway" }));
    const names = ["nat-a", "nat-b"];
    for (const name of names) {
      expect(before("aws:ec2/natGateway:NatGateway", name, gateways), name).toEqual(
        expect.arrayContaining(WAY_TO_THE_INTERNET),
      );
    }
    expect(before(GROUP, "database", gateways)).toEqual(
      expect.arrayContaining([
        ...names.map((name) => `NatGateway::${name}`),
        "Route::private-internet-a",
        "Route::private-internet-b",
      ]),
    );
  });
});

describe("the rest", () => {
  test.each([
    ["failover", "CloudyFailover"],
    ["probe", "CloudyProbe"],
  ])("F1: %s can log from its first invocation, into the group that forgets", (name, logGroup) => {
    expect(before(FUNCTION, name)).toEqual(
      expect.arrayContaining([`RolePolicy::${name}`, `LogGroup::${logGroup}`, `Role::${name}`]),
    );
  });

  test.each(["every-minute", "instance-state", "database-group"])(
    "F1: rule %s has no target before it may invoke it",
    (name) => {
      expect(before("aws:cloudwatch/eventTarget:EventTarget", name)).toContain(`Permission::${name}`);
    },
  );

  test.each(["api", "db-agent", "host-metrics"])("W3: %s is not uploaded before the bucket is closed", (name) => {
    expect(before("aws:s3/bucketObjectv2:BucketObjectv2", name)).toContain("BucketPublicAccessBlock::artifacts");
  });

  test("backups are versioned before a rule removes old versions", () => {
    const type = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration";
    expect(before(type, "backups")).toContain("BucketVersioning::backups");
  });
});
