import { createServer } from "node:http";
import { DescribeInstancesCommand, DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { InvokeCommand, LambdaClient, ListLayersCommand } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ListSecretsCommand, RotateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startEndpoint } from "../src/endpoint.ts";
import { recorded, testEndpoint } from "./endpoint-rig.ts";

const services = {
  ec2: recorded({ DescribeInstances: { Reservations: [] } }, "ec2").operations,
  lambda: recorded({ Invoke: { StatusCode: 200 } }, "lambda").operations,
  s3: recorded({ HeadObject: {} }, "s3").operations,
  "secrets-manager": recorded({ ListSecrets: { SecretList: [] } }, "secretsmanager").operations,
};

let endpoint: Awaited<ReturnType<typeof testEndpoint>>;
beforeEach(async () => {
  endpoint = await testEndpoint(services);
});
afterEach(() => endpoint.close());

type Client = (typeof endpoint)["tester"];

/** One harmless call of each family of services. */
const calls: Record<string, (config: Client) => Promise<unknown>> = {
  ec2: (config) => new EC2Client(config).send(new DescribeInstancesCommand({})),
  query: (config) => new STSClient(config).send(new GetCallerIdentityCommand({})),
  json: (config) => new SecretsManagerClient(config).send(new ListSecretsCommand({})),
  rest: (config) => new LambdaClient(config).send(new InvokeCommand({ FunctionName: "f(1)", Qualifier: "a b" })),
};

describe("who signed a request", () => {
  test("roles and the administrator are recognized in every protocol", async () => {
    for (const call of Object.values(calls)) {
      await call(endpoint.tester);
      await call(endpoint.administrator);
    }
    const identity = await new STSClient(endpoint.tester).send(new GetCallerIdentityCommand({}));
    expect(identity.Arn).toBe("arn:aws:sts::123456789012:assumed-role/Tester/i-0abc");
    expect(identity.Account).toBe("123456789012");
  });

  test.each([
    ["ec2", "AuthFailure"],
    ["query", "InvalidClientTokenId"],
    ["json", "UnrecognizedClientException"],
    ["rest", "UnrecognizedClientException"],
  ])("an unknown key is refused (%s: %s)", async (family, name) => {
    const config = { ...endpoint.tester, credentials: { accessKeyId: "AKIANOBODY", secretAccessKey: "x" } };
    await expect(calls[family]?.(config)).rejects.toMatchObject({ name });
  });

  test.each([
    ["ec2", "SignatureDoesNotMatch"],
    ["query", "SignatureDoesNotMatch"],
    ["json", "InvalidSignatureException"],
    ["rest", "InvalidSignatureException"],
  ])("a wrong secret is refused (%s: %s)", async (family, name) => {
    const config = { ...endpoint.tester, credentials: { ...endpoint.tester.credentials, secretAccessKey: "guessed" } };
    await expect(calls[family]?.(config)).rejects.toMatchObject({ name });
  });

  test.each([
    ["ec2", "RequestExpired"],
    ["query", "ExpiredToken"],
    ["json", "ExpiredTokenException"],
    ["rest", "ExpiredTokenException"],
  ])("expired credentials are refused, by cloud time (%s: %s)", async (family, name) => {
    await endpoint.clock.advance(7 * 3600_000);
    await expect(calls[family]?.(endpoint.tester)).rejects.toMatchObject({ name });
  });

  test("a client in another time is served: the signing date is not compared with a clock", async () => {
    const decadesAhead = { ...endpoint.tester, systemClockOffset: 20 * 365 * 24 * 3600_000 };
    await calls["json"]?.(decadesAhead);
  });

  test("a body changed on its way is refused", async () => {
    const client = new SecretsManagerClient(endpoint.tester);
    client.middlewareStack.add(
      (next) => (args) => {
        Object.assign(args.request as object, { body: '{"MaxResults":9}' });
        return next(args);
      },
      { step: "deserialize", priority: "low" },
    );
    await expect(client.send(new ListSecretsCommand({ MaxResults: 1 }))).rejects.toMatchObject({
      name: "InvalidSignatureException",
    });
  });

  test("an unsigned request is refused in plain words", async () => {
    const answer = await fetch(endpoint.url);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain("no AWS Signature Version 4");
  });
});

describe("what a caller may not do", () => {
  test.each(["json", "rest"])("%s denies as AccessDeniedException", async (family) => {
    await expect(calls[family]?.(endpoint.nobody)).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining("is not authorized to perform"),
    });
  });
});

describe("what the twin does not model", () => {
  test.each([
    [
      "EC2",
      () => new EC2Client(endpoint.tester).send(new DescribeVpcsCommand({})),
      "InvalidAction",
      "ec2:DescribeVpcs",
    ],
    [
      "query",
      () => new STSClient(endpoint.tester).send(new GetSessionTokenCommand({})),
      "InvalidAction",
      "sts:GetSessionToken",
    ],
    [
      "JSON",
      () => new SecretsManagerClient(endpoint.tester).send(new RotateSecretCommand({ SecretId: "x" })),
      "UnknownOperationException",
      "secretsmanager:RotateSecret",
    ],
    [
      "REST JSON",
      () => new LambdaClient(endpoint.tester).send(new ListLayersCommand({})),
      "UnknownOperationException",
      "lambda:ListLayers",
    ],
    [
      "REST XML",
      () => new S3Client(endpoint.tester).send(new CreateBucketCommand({ Bucket: "new" })),
      "NotImplemented",
      "s3:CreateBucket",
    ],
  ])("%s: the error names service and action", async (_protocol, call, name, action) => {
    await expect(call()).rejects.toMatchObject({
      name,
      message: expect.stringContaining(`${action} is not modelled by the twin`),
    });
  });

  test("an operation that fails inside the twin is an internal error with its cause", async () => {
    const failing = await testEndpoint({ s3: recorded({ HeadObject: new Error("disk on fire") }, "s3").operations });
    try {
      const head = new S3Client(failing.tester).send(new HeadObjectCommand({ Bucket: "b", Key: "k" }));
      await expect(head).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
    } finally {
      await failing.close();
    }
  });
});

test("a taken port is passed over, and calls are reported", async () => {
  const blocker = createServer();
  const taken = await new Promise<number>((resolve) =>
    blocker.listen(0, "127.0.0.1", () => resolve(Object(blocker.address()).port)),
  );
  const seen: unknown[] = [];
  const { identity } = endpoint;
  const second = await startEndpoint({ services, authority: identity, port: taken, onCall: (call) => seen.push(call) });
  try {
    expect(second.port).toBeGreaterThan(taken);
    await calls["ec2"]?.({ ...endpoint.nobody, endpoint: second.url }).catch(() => undefined);
    expect(seen).toEqual([
      {
        service: "ec2",
        action: "DescribeInstances",
        callerArn: "arn:aws:sts::123456789012:assumed-role/Nobody/i-0abc",
        status: 403,
        error: expect.objectContaining({ code: "UnauthorizedOperation" }),
      },
    ]);
  } finally {
    await second.close();
    blocker.close();
  }
});
