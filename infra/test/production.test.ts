import { beforeAll, describe, expect, test } from "vitest";
import { preview } from "./preview-engine.ts";
import { type Recording, record, stackConfig, userDataOf } from "./record.ts";

describe("Pulumi.prod.yaml", () => {
  let program: Recording;
  beforeAll(async () => {
    program = await record(await stackConfig("prod"));
  });
  const group = (name: string) => program.one("aws:autoscaling/group:Group", name).inputs;

  test("N2 N4: three zones, each with a way out of its own", () => {
    const zones = program.all("aws:ec2/subnet:Subnet").map(({ inputs }) => inputs["availabilityZone"]);
    expect(new Set(zones)).toEqual(new Set(["eu-west-1a", "eu-west-1b", "eu-west-1c"]));
    const routes = program
      .all("aws:ec2/route:Route")
      .filter(({ name }) => name.startsWith("private-internet"))
      .map(({ inputs }) => [inputs["routeTableId"], inputs["natGatewayId"]]);
    expect(routes).toEqual(["a", "b", "c"].map((zone) => [`private-${zone}-id`, `nat-${zone}-id`]));
    const subnets = program.all("aws:ec2/natGateway:NatGateway").map(({ inputs }) => inputs["subnetId"]);
    expect(subnets).toEqual(["public-a-id", "public-b-id", "public-c-id"]);
  });

  test("W4 D1: with one zone lost there are still two web instances and a database", () => {
    expect(group("web")).toMatchObject({
      minSize: 3,
      vpcZoneIdentifiers: ["public-a-id", "public-b-id", "public-c-id"],
    });
    expect(group("database")).toMatchObject({ minSize: 2, maxSize: 2, desiredCapacity: 2 });
    expect(group("database")["vpcZoneIdentifiers"]).toHaveLength(3);
    expect(program.all("aws:efs/mountTarget:MountTarget")).toHaveLength(3);
  });

  test("W2: a hung instance is out of service within 15 s, and requests in flight may end before it goes", () => {
    const target = program.one("aws:lb/targetGroup:TargetGroup").inputs;
    const { interval, unhealthyThreshold } = target["healthCheck"] as Record<string, number>;
    expect(Number(interval) * Number(unhealthyThreshold)).toBeLessThanOrEqual(15);
    const shutdown = /SHUTDOWN_SECONDS=(\d+)/.exec(userDataOf(program, "web"))?.[1];
    expect(Number(shutdown)).toBeLessThan(Number(target["deregistrationDelay"]));
  });

  test("W9: every secret can be restored for a month", () => {
    const days = program.all("aws:secretsmanager/secret:Secret").map(({ inputs }) => inputs["recoveryWindowInDays"]);
    expect(days).toEqual([30, 30, 30]);
  });

  test("W5: target tracking scales the web tier; no alarm of ours interferes", () => {
    const policies = program.all("aws:autoscaling/policy:Policy").map(({ inputs }) => inputs["policyType"]);
    expect(policies).toEqual(["TargetTrackingScaling"]);
    expect(program.all("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ name }) => name)).not.toContain("cpu-high");
  });
});

test("a preview of the production stack succeeds without a word of complaint", async () => {
  const run = await preview(await stackConfig("prod"));
  expect(run).toMatchObject({ exitCode: 0, errors: [], stderr: "" });
});
