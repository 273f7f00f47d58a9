import { beforeAll, describe, expect, test } from "vitest";
import { devConfig, type Recording, record } from "./record.ts";

let program: Recording;
beforeAll(async () => {
  program = await record(await devConfig());
});

const FUNCTION = "aws:lambda/function:Function";
const RULE = "aws:cloudwatch/eventRule:EventRule";

describe("functions", () => {
  test("F1: failover runs outside of the VPC, with the environment of docs/contracts.md", () => {
    const { inputs } = program.one(FUNCTION, "failover");
    expect(inputs).toMatchObject({
      name: "CloudyFailover",
      runtime: "nodejs24.x",
      handler: "failover.handler",
      // A round may begin 58 s after the invocation, and take its time.
      timeout: 120,
      memorySize: 256,
      environment: {
        variables: {
          VIRTUAL_IP_CIDR: "10.10.10.10/32",
          STACK: "cloudy/dev",
          DATABASE_TAG: "database",
          DATABASE_GROUP: "Cloudy-database-00ff",
          PROBE_FUNCTION: "CloudyProbe",
          ROUND_SECONDS: "3",
          GRANT_SECRET_ID: "arn:Secret:CloudyFailover",
          METRICS_NAMESPACE: "Cloudy/Database",
        },
      },
    });
    expect(inputs).not.toHaveProperty("vpcConfig");
  });

  test("F2: probe runs in the private subnets with the probe's group", () => {
    expect(program.one(FUNCTION, "probe").inputs).toMatchObject({
      name: "CloudyProbe",
      runtime: "nodejs24.x",
      handler: "probe.handler",
      // Longer than its bounded attempts, one after the other.
      timeout: 20,
      memorySize: 256,
      environment: { variables: { POSTGRES_PORT: "5432", STATUS_PORT: "8010", PROBE_TIMEOUT_SECONDS: "3" } },
      vpcConfig: { subnetIds: ["private-a-id", "private-b-id"], securityGroupIds: ["probe-id"] },
    });
  });

  test("F2: both run the code of one zip", async () => {
    for (const name of ["failover", "probe"]) {
      const code = program.one(FUNCTION, name).inputs["code"] as { path: Promise<string> };
      expect(await code.path, name).toBe("/bundles/failover.zip");
    }
  });

  test("F3: both log into groups of their own that forget after two weeks", () => {
    const groups = program
      .all("aws:cloudwatch/logGroup:LogGroup")
      .map(({ inputs }) => inputs)
      .filter(({ name }) => String(name).startsWith("/aws/lambda/"));
    expect(groups).toHaveLength(2);
    for (const name of ["/aws/lambda/CloudyFailover", "/aws/lambda/CloudyProbe"]) {
      expect(groups).toContainEqual({ name, retentionInDays: 14 });
    }
  });
});

describe("events", () => {
  const pattern = (name: string) => JSON.parse(String(program.one(RULE, name).inputs["eventPattern"]));

  test("F1: every minute", () => {
    expect(program.one(RULE, "every-minute").inputs).toMatchObject({ scheduleExpression: "rate(1 minute)" });
  });

  test("F1: when an instance changes state", () => {
    expect(pattern("instance-state")).toEqual({
      source: ["aws.ec2"],
      "detail-type": ["EC2 Instance State-change Notification"],
      detail: { state: ["shutting-down", "stopping", "stopped", "terminated"] },
    });
  });

  test("F1: when the database group has launched or terminated an instance", () => {
    expect(pattern("database-group")).toEqual({
      source: ["aws.autoscaling"],
      "detail-type": ["EC2 Instance Launch Successful", "EC2 Instance Terminate Successful"],
      detail: { AutoScalingGroupName: ["Cloudy-database-00ff"] },
    });
  });

  test("F1: each of the three rules targets the function and is permitted to", () => {
    const names = ["every-minute", "instance-state", "database-group"];
    expect(
      program
        .all(RULE)
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...names].sort());
    for (const name of names) {
      expect(program.one("aws:cloudwatch/eventTarget:EventTarget", name).inputs).toEqual({
        rule: name,
        arn: "arn:Function:failover",
      });
      expect(program.one("aws:lambda/permission:Permission", name).inputs).toEqual({
        action: "lambda:InvokeFunction",
        function: "CloudyFailover",
        principal: "events.amazonaws.com",
        sourceArn: `arn:EventRule:${name}`,
      });
    }
    expect(program.all("aws:cloudwatch/eventTarget:EventTarget")).toHaveLength(3);
    expect(program.all("aws:lambda/permission:Permission")).toHaveLength(3);
  });
});

describe("alarm", () => {
  const alarm = {
    namespace: "Cloudy/Database",
    metricName: "OnlineDatabases",
    dimensions: { Stack: "cloudy/dev" },
    alarmDescription: expect.stringMatching(
      /^cloudy\/dev: No database has been online for two minutes, or nobody counts/,
    ),
    statistic: "Maximum",
    comparisonOperator: "LessThanThreshold",
    threshold: 1,
    period: 60,
    evaluationPeriods: 2,
    treatMissingData: "breaching",
  };
  const find = (of: Recording) => of.one("aws:cloudwatch/metricAlarm:MetricAlarm", "no-database-online").inputs;

  test("F6: it fires when no database is online, or when nobody counts", () => {
    expect(find(program)).toEqual({ ...alarm, alarmActions: [], okActions: [] });
  });

  test("F6: it tells a topic when one is given", async () => {
    const topic = "arn:aws:sns:eu-west-1:123456789012:operators";
    const told = await record(await devConfig({ "cloudy:alarmTopicArn": topic }));
    expect(find(told)).toEqual({ ...alarm, alarmActions: [topic], okActions: [topic] });
  });
});
