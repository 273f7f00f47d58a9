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
    const taken = await preview(await devConfig(), {
      loadBalancers: { CloudyLB: { Project: "cloudy", Stack: "prod" } },
    });
    expect(taken.errors).toHaveLength(1);
    expect(taken.errors[0]).toContain("load balancer CloudyLB (of stack cloudy/prod). Nothing was created. ");
    expect(taken.errors[0]).not.toContain("    at ");
    expect(taken).toMatchObject({ warnings: [], stderr: "" });
    expect(taken.exitCode).not.toBe(0);
    expect(taken.resources.map(({ type }) => type)).toEqual(["pulumi:pulumi:Stack", "pulumi:providers:aws"]);
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
