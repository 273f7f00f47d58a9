import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { CloudWatchClient, GetMetricStatisticsCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeInstancesCommand,
  DescribeRouteTablesCommand,
  EC2Client,
  ReplaceRouteCommand,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { GetFunctionCommand, InvokeCommand, LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from "@aws-sdk/core/protocols";
import { afterEach, describe, expect, test } from "vitest";
import { AwsError } from "../src/operation.ts";
import { recorded, testEndpoint } from "./endpoint-rig.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const endpoint of open.splice(0)) await endpoint.close();
});

async function endpointWith(...args: Parameters<typeof testEndpoint>) {
  const endpoint = await testEndpoint(...args);
  open.push(endpoint);
  return endpoint;
}

describe("EC2 query", () => {
  const launched = new Date("2026-01-01T00:00:00Z");
  const instance = {
    InstanceId: "i-1",
    State: { Code: 16, Name: "running" },
    LaunchTime: launched,
    Tags: [{ Key: "Name", Value: "Data <base> & co" }],
    SourceDestCheck: false,
    NetworkInterfaces: [{ NetworkInterfaceId: "eni-1", Groups: [{ GroupId: "sg-1" }] }],
  };

  test("nested lists, filters, dates, flags and special characters arrive both ways", async () => {
    const ec2 = recorded({ DescribeInstances: { Reservations: [{ Instances: [instance] }] } }, "ec2");
    const { tester } = await endpointWith({ ec2: ec2.operations });
    const input = {
      InstanceIds: ["i-1", "i-2"],
      Filters: [{ Name: "tag:database", Values: ["true", "a,b&c=d"] }],
      MaxResults: 12,
    };
    const output = await new EC2Client(tester).send(new DescribeInstancesCommand(input));
    expect(ec2.inputs).toEqual([input]);
    expect(output.Reservations?.[0]?.Instances?.[0]).toEqual(instance);
    expect(output.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("structures nest, booleans and EC2's own parameter names are read, actions without result answer", async () => {
    const ec2 = recorded({ RunInstances: { Instances: [] }, ReplaceRoute: undefined }, "ec2");
    const { tester } = await endpointWith({ ec2: ec2.operations });
    const client = new EC2Client(tester);
    const run = {
      MinCount: 1,
      MaxCount: 2,
      ImageId: "ami-1",
      NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: true, Groups: ["sg-1", "sg-2"] }],
      TagSpecifications: [{ ResourceType: "instance" as const, Tags: [{ Key: "k", Value: "" }] }],
    };
    await client.send(new RunInstancesCommand(run));
    await client.send(new ReplaceRouteCommand({ RouteTableId: "rtb-1", DestinationCidrBlock: "10.10.10.10/32" }));
    expect(ec2.inputs[0]).toMatchObject(run);
    expect(ec2.inputs[1]).toEqual({ RouteTableId: "rtb-1", DestinationCidrBlock: "10.10.10.10/32" });
  });

  test("empty results, errors and their codes, and DryRun", async () => {
    const gone = new AwsError("InvalidRouteTableID.NotFound", "The routeTable ID 'rtb-9' does not exist");
    const ec2 = recorded({ DescribeInstances: { Reservations: [] }, DescribeRouteTables: gone }, "ec2");
    const { tester } = await endpointWith({ ec2: ec2.operations });
    const client = new EC2Client(tester);
    expect((await client.send(new DescribeInstancesCommand({}))).Reservations ?? []).toEqual([]);
    await expect(client.send(new DescribeRouteTablesCommand({}))).rejects.toMatchObject({
      name: "InvalidRouteTableID.NotFound",
      message: "The routeTable ID 'rtb-9' does not exist",
      $metadata: { httpStatusCode: 400 },
    });
    await expect(client.send(new DescribeInstancesCommand({ DryRun: true }))).rejects.toMatchObject({
      name: "DryRunOperation",
      $metadata: { httpStatusCode: 412 },
    });
  });
});

describe("AWS query", () => {
  test("Auto Scaling: member lists in, nested result out", async () => {
    const group = {
      AutoScalingGroupName: "web",
      MinSize: 2,
      MaxSize: 3,
      DesiredCapacity: 2,
      DefaultCooldown: 60,
      AvailabilityZones: ["eu-west-1a"],
      HealthCheckType: "ELB",
      CreatedTime: new Date("2026-01-01T00:00:00.500Z"),
      Instances: [
        {
          InstanceId: "i-1",
          AvailabilityZone: "eu-west-1a",
          LifecycleState: "InService" as const,
          HealthStatus: "Healthy",
          ProtectedFromScaleIn: false,
        },
      ],
    };
    const scaling = recorded({ DescribeAutoScalingGroups: { AutoScalingGroups: [group] } }, "autoscaling");
    const { tester } = await endpointWith({ "auto-scaling": scaling.operations });
    const input = { AutoScalingGroupNames: ["web", "db"] };
    const output = await new AutoScalingClient(tester).send(new DescribeAutoScalingGroupsCommand(input));
    expect(scaling.inputs).toEqual([input]);
    expect(output.AutoScalingGroups).toEqual([group]);
  });

  test("Elastic Load Balancing: results and typed errors", async () => {
    const health = { Target: { Id: "i-1", Port: 8080 }, TargetHealth: { State: "healthy" as const } };
    const missing = new AwsError("TargetGroupNotFound", "One or more target groups not found");
    const elb = recorded(
      { DescribeTargetHealth: { TargetHealthDescriptions: [health] }, ModifyTargetGroup: missing },
      "elasticloadbalancing",
    );
    const { tester } = await endpointWith({ "elastic-load-balancing-v2": elb.operations });
    const client = new ElasticLoadBalancingV2Client(tester);
    const input = { TargetGroupArn: "arn:x", Targets: [{ Id: "i-1", Port: 8080 }] };
    expect((await client.send(new DescribeTargetHealthCommand(input))).TargetHealthDescriptions).toEqual([health]);
    expect(elb.inputs).toEqual([input]);
    await expect(client.send(new ModifyTargetGroupCommand({ TargetGroupArn: "arn:x" }))).rejects.toMatchObject({
      name: "TargetGroupNotFoundException",
      message: "One or more target groups not found",
    });
  });
});

describe("CloudWatch in each of its protocols", () => {
  const datum = {
    MetricName: "cpu-usage-percent",
    Dimensions: [{ Name: "Instance", Value: "i-1" }],
    Timestamp: new Date("2026-01-01T00:00:10Z"),
    Value: 12.5,
    Unit: "Percent" as const,
  };
  const point = { Timestamp: new Date("2026-01-01T00:01:00Z"), Average: 61.25, Unit: "Percent" as const };
  const query = {
    Namespace: "AWS/EC2",
    MetricName: "CPUUtilization",
    StartTime: new Date("2026-01-01T00:00:00Z"),
    EndTime: new Date("2026-01-01T00:05:00Z"),
    Period: 60,
    Statistics: ["Average" as const],
  };

  test.each([
    ["JSON 1.0, the SDK's choice", undefined],
    ["CBOR, boto3's choice", AwsSmithyRpcV2CborProtocol],
    ["query, the oldest", AwsQueryProtocol],
  ])("W7: %s", async (_name, protocol) => {
    const metrics = recorded(
      { PutMetricData: undefined, GetMetricStatistics: { Label: "CPUUtilization", Datapoints: [point] } },
      "cloudwatch",
    );
    const { tester, nobody } = await endpointWith({ cloudwatch: metrics.operations });
    const client = new CloudWatchClient({ ...tester, ...(protocol ? { protocol } : {}) });
    await client.send(new PutMetricDataCommand({ Namespace: "WebServers", MetricData: [datum] }));
    const output = await client.send(new GetMetricStatisticsCommand(query));
    expect(metrics.inputs).toEqual([{ Namespace: "WebServers", MetricData: [datum] }, query]);
    expect(output.Datapoints).toEqual([point]);
    const denied = new CloudWatchClient({ ...nobody, ...(protocol ? { protocol } : {}) });
    await expect(denied.send(new GetMetricStatisticsCommand(query))).rejects.toMatchObject({
      message: expect.stringContaining("is not authorized to perform: cloudwatch:GetMetricStatistics"),
      $metadata: { httpStatusCode: 403 },
    });
  });
});

describe("JSON 1.1", () => {
  test("CloudWatch Logs: numbers, lists and errors", async () => {
    const event = { logStreamName: "s", timestamp: 1_767_225_600_123, message: 'say "hi"\n', eventId: "1" };
    const logs = recorded({ FilterLogEvents: { events: [event] } }, "logs");
    const { tester } = await endpointWith({ "cloudwatch-logs": logs.operations });
    const input = { logGroupName: "/aws/lambda/failover", startTime: 5, filterPattern: "route" };
    const output = await new CloudWatchLogsClient(tester).send(new FilterLogEventsCommand(input));
    expect(output.events).toEqual([event]);
    expect(logs.inputs).toEqual([input]);
  });
});

describe("REST JSON (Lambda)", () => {
  const payload = Buffer.from(JSON.stringify({ statusCode: 403 }));

  test("F1: an invocation carries raw payloads and says when the function failed", async () => {
    const lambda = recorded({ Invoke: { StatusCode: 200, FunctionError: "Unhandled", Payload: payload } }, "lambda");
    const { tester } = await endpointWith({ lambda: lambda.operations });
    const output = await new LambdaClient(tester).send(
      new InvokeCommand({
        FunctionName: "arn:aws:lambda:eu-west-1:123456789012:function:failover",
        InvocationType: "Event",
        Payload: Buffer.from('{"round":1}'),
      }),
    );
    expect(lambda.inputs).toEqual([
      {
        FunctionName: "arn:aws:lambda:eu-west-1:123456789012:function:failover",
        InvocationType: "Event",
        Payload: Buffer.from('{"round":1}'),
      },
    ]);
    expect(output.StatusCode).toBe(200);
    expect(output.FunctionError).toBe("Unhandled");
    expect(output.Payload?.transformToString()).toBe('{"statusCode":403}');
  });

  test("F1: an event is accepted with 202 and an empty body", async () => {
    const lambda = recorded({ Invoke: { StatusCode: 202 } }, "lambda");
    const { tester } = await endpointWith({ lambda: lambda.operations });
    const output = await new LambdaClient(tester).send(
      new InvokeCommand({ FunctionName: "f", InvocationType: "Event" }),
    );
    expect(output.StatusCode).toBe(202);
  });

  test("functions are listed and found; a missing one is a 404 of the typed error", async () => {
    const missing = new AwsError("ResourceNotFoundException", "Function not found: f", 404);
    const configuration = { FunctionName: "probe", Timeout: 10, Environment: { Variables: { A: "1" } } };
    const lambda = recorded({ ListFunctions: { Functions: [configuration] }, GetFunction: missing }, "lambda");
    const { tester } = await endpointWith({ lambda: lambda.operations });
    const client = new LambdaClient(tester);
    expect((await client.send(new ListFunctionsCommand({ MaxItems: 5 }))).Functions).toEqual([configuration]);
    expect(lambda.inputs).toEqual([{ MaxItems: 5 }]);
    await expect(client.send(new GetFunctionCommand({ FunctionName: "f", Qualifier: "1" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Function not found: f",
      $metadata: { httpStatusCode: 404 },
    });
    expect(lambda.inputs[1]).toEqual({ FunctionName: "f", Qualifier: "1" });
  });
});
