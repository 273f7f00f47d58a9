import { beforeAll, describe, expect, test } from "vitest";
import { type Preview, preview } from "./preview-engine.ts";
import { devConfig, record } from "./record.ts";

const SILENT_SUCCESS = { warnings: [], errors: [], stderr: "", exitCode: 0 };

describe("a preview under Pulumi's Node.js host", () => {
  let run: Preview;
  beforeAll(async () => {
    run = await preview(await devConfig());
  });

  test("succeeds without a word of complaint", () => {
    expect(run).toMatchObject(SILENT_SUCCESS);
  });

  test("neither with target tracking, which has no alarms of the program's own", async () => {
    expect(await preview(await devConfig({ "cloudy:scaling": "target-tracking" }))).toMatchObject(SILENT_SUCCESS);
  });

  test("R1: with a name that is taken, it says so in one line and registers nothing of AWS", async () => {
    const loadBalancers = { CloudyLB: { Project: "cloudy", Stack: "prod" } };
    const taken = await preview(await devConfig(), { existing: { loadBalancers } });
    expect(taken.errors).toHaveLength(1);
    expect(taken.errors[0]).toContain("load balancer CloudyLB (of stack cloudy/prod). Nothing was created. ");
    expect(taken.errors[0]).not.toContain("    at ");
    expect(taken).toMatchObject({ warnings: [], stderr: "" });
    expect(taken.exitCode).not.toBe(0);
    expect(taken.resources.filter(({ type }) => type.startsWith("aws:"))).toEqual([]);
  });

  test("registers the same resources as the recorded graph, each with a URN of its own", async () => {
    const { resources } = await record(await devConfig());
    const types = (all: readonly { readonly type: string }[]) =>
      all
        .map(({ type }) => type)
        .filter((type) => type !== "pulumi:pulumi:Stack")
        .sort();
    expect(types(run.resources)).toEqual(types(resources));
  });

  test("R3: tells the engine to keep the images, and the versions that groups launch, as the state has them", () => {
    const ignored = (type: string) =>
      new Set(run.resources.filter((item) => item.type === type).flatMap((item) => item.ignoredChanges));
    expect(ignored("aws:ssm/parameter:Parameter")).toEqual(new Set(["value"]));
    expect(ignored("aws:autoscaling/group:Group")).toContain("launchTemplate.version");
  });

  test("leaves what only AWS knows unknown, and never turns it into text", () => {
    expect(run.resources.length).toBeGreaterThan(100);
    const text = JSON.stringify(run.resources);
    expect(text).not.toMatch(/Calling \[toString\]|\[object |undefined|NaN/);
  });

  test("exports the stack's outputs", () => {
    expect(run.outputs["Stack::cloudy-dev"]).toEqual([
      "backupBucketName",
      "databaseCertificateExpires",
      "databaseGroupName",
      "databaseRouteTableIds",
      "databaseSecretArn",
      "failoverFunctionName",
      "failoverLogGroupName",
      "highCpuAlarmName",
      "imageIds",
      "instanceGroups",
      "loadBalancerArn",
      "lowCpuAlarmName",
      "region",
      "targetGroupArn",
      "url",
      "virtualIp",
      "webGroupName",
    ]);
  });

  test("each component says that it is complete, and what it offers", () => {
    const { "Stack::cloudy-dev": _, ...components } = run.outputs;
    expect(components).toEqual({
      "Alarms::alarms": [],
      "ArtifactStore::artifacts": ["bucket"],
      "Backups::backups": ["bucket"],
      "Birth::birth": [],
      "Birth::birth-account": [],
      "DatabaseCertificate::database-certificate": ["expires"],
      "DbCluster::database": ["groupName"],
      "FailoverFunction::failover": ["functionName"],
      "Firewall::firewall": [],
      "Images::images": [],
      "LoadBalancer::web": ["url"],
      "Nat::nat": [],
      "Network::cloudy": ["vpcId"],
      "Secrets::secrets": ["databaseSecretArn"],
      "ServiceRole::database": ["roleArn"],
      "ServiceRole::failover": ["roleArn"],
      "ServiceRole::nat": ["roleArn"],
      "ServiceRole::probe": ["roleArn"],
      "ServiceRole::web": ["roleArn"],
      "SharedStorage::database": ["fileSystemId"],
      "WebTier::web": ["url"],
    });
  });
});

test("a mistyped key ends the preview instead of leaving its setting at the default", async () => {
  const run = await preview(await devConfig({ "cloudy:webMinimum": "3" }));
  expect(run.exitCode).not.toBe(0);
  expect(run.errors).toEqual(["[cloudy:webMinimum] is not a setting of this program. Pulumi.yaml describes them all."]);
});

test("a wrong setting ends the preview with one line that says what to do, and no stack", async () => {
  const run = await preview(await devConfig({ "cloudy:virtualIp": "10.0.9.9" }));
  expect(run.exitCode).not.toBe(0);
  expect(run.resources.filter(({ type }) => type !== "pulumi:pulumi:Stack")).toEqual([]);
  expect(run.errors).toEqual([
    '[cloudy:virtualIp] is "10.0.9.9", but must be an IPv4 address outside of [cloudy:vpcCidr] 10.0.0.0/16.',
  ]);
});

test("R3: a value that a stack is born with ends the preview of another one, before anything else is asked for", async () => {
  const run = await preview(await devConfig({ "cloudy:databaseName": "shop" }), {
    born: {
      databaseName: "cloudy",
      vpcCidr: "10.1.0.0/16",
      "publicCidrs-of-eu-west-1b": "10.0.9.0/24",
      "zone-of-10.0.3.0/24": "eu-west-1c",
    },
  });
  expect(run.exitCode).not.toBe(0);
  const asked = run.resources.map(({ type }) => type).filter((type) => !/^(pulumi|random):/.test(type));
  expect(asked).toEqual(["cloudy:infra:Birth"]);
  const [sentences = "", ...others] = run.errors;
  expect(others).toEqual([]);
  expect(sentences.split("\n")).toEqual([
    expect.stringContaining('[cloudy:vpcCidr] is "10.0.0.0/16", but this stack was born with "10.1.0.0/16"'),
    expect.stringContaining('[cloudy:databaseName] is "shop", but this stack was born with "cloudy"'),
    expect.stringContaining('[cloudy:publicCidrs] is "10.0.2.0/24", but this stack was born with "10.0.9.0/24"'),
    expect.stringContaining('[cloudy:privateCidrs] is "eu-west-1b", but this stack was born with "eu-west-1c"'),
  ]);
});

test("R3: credentials of another account than the stack's end the preview before anything is made", async () => {
  const run = await preview(await devConfig(), { born: { account: "999999999999" } });
  expect(run.exitCode).not.toBe(0);
  expect(run.resources.filter(({ type }) => type.startsWith("aws:"))).toEqual([]);
  expect(run.errors).toEqual([
    expect.stringContaining('is "123456789012", but this stack was born with "999999999999"'),
  ]);
});
