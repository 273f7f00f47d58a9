import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { manualClock } from "@cloudy/twin-model/clock.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { secretsManagerOperations } from "../src/secrets-manager/operations.ts";
import { SecretsManager } from "../src/secrets-manager/secrets-manager.ts";
import { testEndpoint } from "./wire-endpoint.ts";
import { graphOf, resource, role, roleArn } from "./wire-graph.ts";

const arnOf = (name: string, region = "eu-west-1") =>
  `arn:aws:secretsmanager:${region}:123456789012:secret:${name}-a1b2c3`;
const secret = (name: string, region?: string, more: object = {}) => {
  const arn = arnOf(name, region);
  const value = JSON.stringify({ of: name, region });
  return [
    resource("aws:secretsmanager/secret:Secret", `${name}${region}`, { name, ...more }, { id: arn, arn }),
    resource("aws:secretsmanager/secretVersion:SecretVersion", `${name}${region}`, {
      secretId: arn,
      secretString: value,
    }),
  ];
};

/** A secret whose one version the program wrote with this label. */
function secretVersion(stage: string) {
  const [declared, version] = secret("CloudyDB");
  const labelled = { ...version, inputs: { ...version?.inputs, versionStages: [stage] } };
  const manager = new SecretsManager({ graph: graphOf(declared as never, labelled as never), clock: manualClock() });
  const found = manager.get("CloudyDB", { accountId: "123456789012", region: undefined } as never);
  return {
    secret: found,
    put: (text: string, stages: readonly string[]) => manager.put(found, { id: text, text, binary: undefined, stages }),
  };
}

let endpoint: Awaited<ReturnType<typeof testEndpoint>>;
let client: SecretsManagerClient;
beforeEach(async () => {
  const clock = manualClock();
  const graph = graphOf(
    ...secret("CloudyDB", undefined, { description: "the database", tags: { Project: "cloudy" } }),
    ...secret("CloudyFailover"),
    ...secret("CloudyDB", "us-east-1"),
  );
  const operations = secretsManagerOperations(new SecretsManager({ graph, clock }));
  const own = { Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: arnOf("CloudyDB") };
  endpoint = await testEndpoint({ "secrets-manager": operations }, ...role("Web", [own]));
  client = new SecretsManagerClient(endpoint.tester);
});
afterEach(() => endpoint.close());

const get = (SecretId: string, more: object = {}) => client.send(new GetSecretValueCommand({ SecretId, ...more }));

describe("secrets", () => {
  test("W9: the secret is read by name, by ARN and by ARN without its suffix", async () => {
    for (const id of ["CloudyDB", arnOf("CloudyDB"), arnOf("CloudyDB").slice(0, -7)]) {
      const value = await get(id);
      expect(value).toMatchObject({ Name: "CloudyDB", ARN: arnOf("CloudyDB"), SecretString: '{"of":"CloudyDB"}' });
      expect(value.VersionStages).toEqual(["AWSCURRENT"]);
    }
  });

  test("R6: the first version is the current one whatever its labels are, a later one only if it asks for it", async () => {
    const born = secretVersion("BIRTH");
    expect(born.secret.versions.map(({ stages }) => stages)).toEqual([["AWSCURRENT", "BIRTH"]]);
    born.put("rotated", ["AWSCURRENT"]);
    born.put("first password once more", ["BIRTH"]);
    expect(born.secret.versions.map(({ stages }) => stages)).toEqual([["AWSPREVIOUS"], ["AWSCURRENT"], ["BIRTH"]]);
  });

  test("W9: a secret of another region is found there only", async () => {
    const abroad = new SecretsManagerClient({ ...endpoint.tester, region: "us-east-1" });
    const value = await abroad.send(new GetSecretValueCommand({ SecretId: "CloudyDB" }));
    expect(value.SecretString).toContain("us-east-1");
    await expect(abroad.send(new GetSecretValueCommand({ SecretId: "CloudyFailover" }))).rejects.toBeInstanceOf(
      ResourceNotFoundException,
    );
  });

  test("A7: after a rotation the new value is current and the old one previous", async () => {
    const before = await get("CloudyDB");
    await client.send(new PutSecretValueCommand({ SecretId: "CloudyDB", SecretString: "new" }));
    expect((await get("CloudyDB")).SecretString).toBe("new");
    const previous = await get("CloudyDB", { VersionStage: "AWSPREVIOUS" });
    expect(previous).toMatchObject({ VersionId: before.VersionId, SecretString: before.SecretString });
    expect((await get("CloudyDB", { VersionId: before.VersionId })).SecretString).toBe(before.SecretString);
    await client.send(new PutSecretValueCommand({ SecretId: "CloudyDB", SecretBinary: Uint8Array.of(1, 2) }));
    expect((await get("CloudyDB")).SecretBinary).toEqual(Uint8Array.of(1, 2));
    const described = await client.send(new DescribeSecretCommand({ SecretId: "CloudyDB" }));
    expect(
      Object.values(described.VersionIdsToStages ?? {})
        .flat()
        .sort(),
    ).toEqual(["AWSCURRENT", "AWSPREVIOUS"]);
    expect(described).toMatchObject({ Description: "the database", Tags: [{ Key: "Project", Value: "cloudy" }] });
  });

  test("a repeated put with the same token makes one version; with other content it is refused", async () => {
    const put = (SecretString: string) =>
      client.send(
        new PutSecretValueCommand({ SecretId: "CloudyDB", SecretString, ClientRequestToken: "0".repeat(32) }),
      );
    expect((await put("x")).VersionId).toBe((await put("x")).VersionId);
    await expect(put("y")).rejects.toMatchObject({ name: "ResourceExistsException" });
  });

  test("secrets are listed in their region", async () => {
    const list = await client.send(new ListSecretsCommand({}));
    expect(list.SecretList?.map(({ Name }) => Name)).toEqual(["CloudyDB", "CloudyFailover"]);
  });

  test("the web role reads its own secret and never the grant key", async () => {
    const web = new SecretsManagerClient(
      endpoint.clientOf(endpoint.identity.credentialsFor(roleArn("Web"), "ec2.amazonaws.com", "i-1")),
    );
    await web.send(new GetSecretValueCommand({ SecretId: "CloudyDB" }));
    await expect(web.send(new GetSecretValueCommand({ SecretId: "CloudyFailover" }))).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining(`secretsmanager:GetSecretValue on resource: ${arnOf("CloudyFailover")}`),
    });
  });
});

test("A6: a secret that stood in the account before is read by its ARN, as if the program had declared it", async () => {
  const standing = [{ arn: arnOf("Tokens"), text: '{"sha256":[]}' }];
  const manager = new SecretsManager({ graph: graphOf(...secret("CloudyDB")), clock: manualClock(), standing });
  const here = { accountId: "123456789012", region: "eu-west-1" } as never;
  expect(manager.get(arnOf("Tokens"), here).versions.map(({ text }) => text)).toEqual(['{"sha256":[]}']);
  expect(manager.get("Tokens", here).arn).toBe(arnOf("Tokens"));
  expect(manager.visible(here).map(({ name }) => name)).toEqual(["CloudyDB", "Tokens"]);
});
