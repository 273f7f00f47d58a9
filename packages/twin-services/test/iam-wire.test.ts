import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { recorded } from "@cloudy/twin-wire/test/endpoint-rig.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { testEndpoint } from "./wire-endpoint.ts";
import { role, roleArn } from "./wire-graph.ts";

const trustingTester = role("Reader", [], { trust: { AWS: roleArn("Tester") } });
const services = { ec2: recorded({ DescribeInstances: { Reservations: [] } }, "ec2").operations };

let endpoint: Awaited<ReturnType<typeof testEndpoint>>;
beforeEach(async () => {
  endpoint = await testEndpoint(services, ...trustingTester);
});
afterEach(() => endpoint.close());

describe("what a caller may not do", () => {
  test("F7: EC2 denies as UnauthorizedOperation and says who, what and why", async () => {
    await expect(new EC2Client(endpoint.nobody).send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
      name: "UnauthorizedOperation",
      message:
        "You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/Nobody/i-0abc " +
        "is not authorized to perform: ec2:DescribeInstances on resource: * because no identity-based policy allows the " +
        "ec2:DescribeInstances action",
      $metadata: { httpStatusCode: 403 },
    });
  });

  test("W9: AssumeRole gives credentials that work, and only to whom the role trusts", async () => {
    const assume = new AssumeRoleCommand({ RoleArn: roleArn("Reader"), RoleSessionName: "api" });
    const { Credentials: given } = await new STSClient(endpoint.tester).send(assume);
    const credentials = {
      accessKeyId: given?.AccessKeyId ?? "",
      secretAccessKey: given?.SecretAccessKey ?? "",
      sessionToken: given?.SessionToken ?? "",
    };
    expect(given?.Expiration).toEqual(new Date(endpoint.clock.now() + 3600_000));
    const who = await new STSClient({ ...endpoint.tester, credentials }).send(new GetCallerIdentityCommand({}));
    expect(who.Arn).toBe("arn:aws:sts::123456789012:assumed-role/Reader/api");
    await expect(new STSClient(endpoint.nobody).send(assume)).rejects.toMatchObject({
      name: "AccessDenied",
      message: expect.stringContaining("because no resource-based policy allows the sts:AssumeRole action"),
    });
  });
});
