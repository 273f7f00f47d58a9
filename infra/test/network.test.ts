import { beforeAll, describe, expect, test } from "vitest";
import { devConfig, type Recording, record } from "./record.ts";

let program: Recording;
beforeAll(async () => {
  program = await record(await devConfig());
});

/** Reference to the provider that index.ts makes. */
const OURS = /::pulumi:providers:aws::aws::/;

const routes = () =>
  program
    .all("aws:ec2/route:Route")
    .map(({ inputs }) => [inputs["routeTableId"], inputs["destinationCidrBlock"], inputs]);

describe("network", () => {
  test("N1: VPC 10.0.0.0/16 with DNS hostnames and support, in the region of the config", () => {
    expect(program.one("aws:ec2/vpc:Vpc").inputs).toMatchObject({
      cidrBlock: "10.0.0.0/16",
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: { Name: "cloudy" },
    });
    expect(program.one("pulumi:providers:aws").inputs).toMatchObject({ region: "eu-west-1" });
  });

  test("N1: everything that belongs to a VPC is in this one", () => {
    const kinds = [
      "subnet:Subnet",
      "routeTable:RouteTable",
      "internetGateway:InternetGateway",
      "vpcEndpoint:VpcEndpoint",
    ];
    for (const kind of kinds) {
      const members = program.all(`aws:ec2/${kind}`);
      expect(members.length, kind).toBeGreaterThan(0);
      for (const { name, inputs } of members) expect(inputs["vpcId"], name).toBe("cloudy-id");
    }
  });

  test("N2: two public subnets with public addresses, two private ones without, in two zones", () => {
    const subnets = program.all("aws:ec2/subnet:Subnet").map(({ name, inputs }) => ({
      name,
      cidr: inputs["cidrBlock"],
      zone: inputs["availabilityZone"],
      isPublic: inputs["mapPublicIpOnLaunch"],
    }));
    for (const { name, inputs } of program.all("aws:ec2/subnet:Subnet")) expect(inputs["tags"]).toEqual({ Name: name });
    expect(subnets).toHaveLength(4);
    expect(subnets).toEqual(
      expect.arrayContaining([
        { name: "public-a", cidr: "10.0.0.0/24", zone: "eu-west-1a", isPublic: true },
        { name: "public-b", cidr: "10.0.2.0/24", zone: "eu-west-1b", isPublic: true },
        { name: "private-a", cidr: "10.0.1.0/24", zone: "eu-west-1a", isPublic: false },
        { name: "private-b", cidr: "10.0.3.0/24", zone: "eu-west-1b", isPublic: false },
      ]),
    );
  });

  test("N3: one public route table to the internet gateway, the only one tagged database=true", () => {
    const tables = program.all("aws:ec2/routeTable:RouteTable");
    expect(tables.map(({ name, inputs }) => [name, inputs["tags"]]).sort()).toEqual([
      ["private-a", { Name: "private-a" }],
      ["private-b", { Name: "private-b" }],
      ["public", { Name: "public", database: "true" }],
    ]);
    const associations = program
      .all("aws:ec2/routeTableAssociation:RouteTableAssociation")
      .map(({ inputs }) => `${inputs["subnetId"]} ${inputs["routeTableId"]}`);
    expect(associations.sort()).toEqual([
      "private-a-id private-a-id",
      "private-b-id private-b-id",
      "public-a-id public-id",
      "public-b-id public-id",
    ]);
  });

  test("N3: the program makes the ways out, one a route table, and no route for the virtual IP", () => {
    expect(routes()).toHaveLength(3);
    expect(routes()).toEqual(
      expect.arrayContaining([
        ["public-id", "0.0.0.0/0", expect.objectContaining({ gatewayId: "internet-id" })],
        ["private-a-id", "0.0.0.0/0", expect.objectContaining({ networkInterfaceId: "nat-id" })],
        ["private-b-id", "0.0.0.0/0", expect.objectContaining({ networkInterfaceId: "nat-id" })],
      ]),
    );
    for (const { inputs } of program.all("aws:ec2/routeTable:RouteTable")) expect(inputs).not.toHaveProperty("routes");
  });

  test("N4: a NAT group of exactly one, with a fixed interface without source/dest check and a fixed address", () => {
    expect(program.one("aws:ec2/networkInterface:NetworkInterface").inputs).toMatchObject({
      subnetId: "public-a-id",
      securityGroups: ["nat-id"],
      sourceDestCheck: false,
      tags: { Name: "nat" },
    });
    expect(program.one("aws:ec2/eip:Eip").inputs).toMatchObject({ domain: "vpc", networkInterface: "nat-id" });
    expect(program.one("aws:autoscaling/group:Group", "nat").inputs).toMatchObject({
      minSize: 1,
      maxSize: 1,
      desiredCapacity: 1,
      vpcZoneIdentifiers: ["public-a-id"],
    });
    expect(program.one("aws:ec2/launchTemplate:LaunchTemplate", "nat").inputs).toMatchObject({
      instanceType: "t2.nano",
      vpcSecurityGroupIds: ["nat-id"],
    });
  });

  test("N4: private instances reach S3, and thus packages and artifacts, without the NAT", () => {
    expect(program.one("aws:ec2/vpcEndpoint:VpcEndpoint").inputs).toMatchObject({
      serviceName: "com.amazonaws.eu-west-1.s3",
      vpcEndpointType: "Gateway",
      routeTableIds: ["private-a-id", "private-b-id"],
    });
  });

  test("all resources carry Project and Stack by the provider's default tags", () => {
    // The engine takes a provider's nested inputs as JSON.
    expect(JSON.parse(String(program.one("pulumi:providers:aws").inputs["defaultTags"]))).toEqual({
      tags: { Project: "cloudy", Stack: "dev" },
    });
  });

  test.each<Record<string, string>>([
    {},
    { "cloudy:nat": "gateway", "cloudy:scaling": "target-tracking" },
    { "cloudy:nat": "none", "cloudy:domain": "app.example.com" },
  ])(
    "N1: with %j, all is made and asked by this provider, for Pulumi's own may be of another account",
    async (given) => {
      const { resources, calls, optionsOf } = await record(await devConfig(given));
      const made = resources.filter(({ type }) => type.startsWith("aws:"));
      expect(made.length).toBeGreaterThan(90);
      for (const { type, name } of made) expect(optionsOf(type, name).provider, `${type} ${name}`).toMatch(OURS);
      expect(calls.length).toBeGreaterThan(0);
      for (const { token, provider } of calls) expect(provider, token).toMatch(OURS);
    },
  );

  test("F7: the failover function's own tag is nobody else's business, not even a refresh's", () => {
    const { inputs } = program.one("pulumi:providers:aws");
    expect(JSON.parse(String(inputs["ignoreTags"]))).toEqual({ keys: ["cloudy:fences"] });
  });
});

describe("ways out", () => {
  test("N4: nat: gateway makes one gateway, route table and route a zone and no NAT instance", async () => {
    const gateways = await record(await devConfig({ "cloudy:nat": "gateway" }));
    expect(gateways.all("aws:ec2/natGateway:NatGateway").map(({ inputs }) => inputs["subnetId"])).toEqual([
      "public-a-id",
      "public-b-id",
    ]);
    const addresses = gateways.all("aws:ec2/eip:Eip").map(({ name, inputs }) => [name, inputs]);
    expect(addresses).toEqual([
      ["nat-a", { domain: "vpc" }],
      ["nat-b", { domain: "vpc" }],
    ]);
    const allocations = gateways.all("aws:ec2/natGateway:NatGateway").map(({ inputs }) => inputs["allocationId"]);
    expect(allocations).toEqual(["nat-a-id", "nat-b-id"]);
    const ways = gateways
      .all("aws:ec2/route:Route")
      .map(({ inputs }) => `${inputs["routeTableId"]} ${inputs["natGatewayId"] ?? "internet"}`);
    expect(ways.sort()).toEqual(["private-a-id nat-a-id", "private-b-id nat-b-id", "public-id internet"]);
    const associations = gateways
      .all("aws:ec2/routeTableAssociation:RouteTableAssociation")
      .map(({ inputs }) => `${inputs["subnetId"]} ${inputs["routeTableId"]}`);
    expect(associations.sort()).toEqual([
      "private-a-id private-a-id",
      "private-b-id private-b-id",
      "public-a-id public-id",
      "public-b-id public-id",
    ]);
    const s3 = gateways.one("aws:ec2/vpcEndpoint:VpcEndpoint").inputs;
    expect(s3["routeTableIds"]).toEqual(["private-a-id", "private-b-id"]);
    expect(gateways.all("aws:autoscaling/group:Group").map(({ name }) => name)).not.toContain("nat");
    expect(gateways.all("aws:ec2/securityGroup:SecurityGroup").map(({ name }) => name)).not.toContain("nat");
  });

  test("N4 N5: nat: none leaves endpoints only, for all that instances call and for Session Manager", async () => {
    const none = await record(await devConfig({ "cloudy:nat": "none" }));
    const services = none.all("aws:ec2/vpcEndpoint:VpcEndpoint").map(({ inputs }) => inputs["serviceName"]);
    expect(services.sort()).toEqual([
      "com.amazonaws.eu-west-1.autoscaling",
      "com.amazonaws.eu-west-1.logs",
      "com.amazonaws.eu-west-1.monitoring",
      "com.amazonaws.eu-west-1.s3",
      "com.amazonaws.eu-west-1.secretsmanager",
      "com.amazonaws.eu-west-1.ssm",
      "com.amazonaws.eu-west-1.ssmmessages",
    ]);
    for (const service of ["secretsmanager", "monitoring", "autoscaling", "logs", "ssm", "ssmmessages"]) {
      expect(none.one("aws:ec2/vpcEndpoint:VpcEndpoint", service).inputs, service).toMatchObject({
        vpcId: "cloudy-id",
        vpcEndpointType: "Interface",
        // AWS's own names lead to the endpoint, so that nothing on the instances has to know of it.
        privateDnsEnabled: true,
        subnetIds: ["private-a-id", "private-b-id"],
        securityGroupIds: ["endpoints-id"],
      });
    }
    expect(none.all("aws:ec2/route:Route").map(({ name }) => name)).toEqual(["public-internet"]);
    expect(none.all("aws:ec2/eip:Eip")).toHaveLength(0);
  });
});
