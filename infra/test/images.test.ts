import { beforeAll, describe, expect, test } from "vitest";
import { devConfig, type Recording, record } from "./record.ts";

const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const PIN = "aws:ssm/parameter:Parameter";

const imageOf = (program: Recording, tier: string) => program.one(TEMPLATE, tier).inputs["imageId"];
const AMI = (prefix: string, architecture: string) =>
  `${prefix}-/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}`;

let born: Recording;
beforeAll(async () => {
  born = await record(await devConfig(), { newest: "old" });
});

describe("the image that instances start from", () => {
  test("R3: is the newest at the stack's birth, kept in its state, one an architecture", () => {
    expect(born.all(PIN).map(({ name }) => name)).toEqual(["image-x86_64-first"]);
    expect(born.optionsOf(PIN, "image-x86_64-first").ignoredChanges).toEqual(["value"]);
    expect(imageOf(born, "web")).toBe(AMI("old", "x86_64"));
    expect(born.outputs["imageIds"]).toEqual([{ architecture: "x86_64", id: AMI("old", "x86_64") }]);
  });

  test("R3: a newer one changes no launch template, and so rolls nothing", async () => {
    const later = await record(await devConfig(), { newest: "new", state: born });
    for (const tier of ["nat", "web", "database"]) {
      expect(later.one(TEMPLATE, tier).inputs).toEqual(born.one(TEMPLATE, tier).inputs);
    }
  });

  test("R3: without the state the same program would take the newer one: it is the state that keeps it", async () => {
    const elsewhere = await record(await devConfig(), { newest: "new" });
    expect(imageOf(elsewhere, "web")).toBe(AMI("new", "x86_64"));
  });

  test("R3: a changed setting takes what is newest then, for all tiers", async () => {
    const moved = await record(await devConfig({ "cloudy:imageTaken": "2026-11-25" }), { newest: "new", state: born });
    expect(moved.all(PIN).map(({ name }) => name)).toEqual(["image-x86_64-2026-11-25"]);
    for (const tier of ["nat", "web", "database"]) expect(imageOf(moved, tier)).toBe(AMI("new", "x86_64"));
  });

  test("R3: another architecture has an image of its own, and leaves that of the others", async () => {
    const config = await devConfig({ "cloudy:webInstanceType": "t4g.small" });
    const mixed = await record(config, { newest: "new", state: born });
    expect(imageOf(mixed, "web")).toBe(AMI("new", "arm64"));
    expect(imageOf(mixed, "database")).toBe(AMI("old", "x86_64"));
  });

  test("R3: a setting that makes no resource's name is refused", async () => {
    await expect(record(await devConfig({ "cloudy:imageTaken": "to day" }))).rejects.toThrow("[cloudy:imageTaken]");
  });
});

describe("artifacts", () => {
  test("R3: bundles of earlier versions stay in the bucket, which goes with the stack all the same", () => {
    const objects = born.all("aws:s3/bucketObjectv2:BucketObjectv2");
    expect(objects.map(({ name }) => name).sort()).toEqual(["api", "db-agent", "host-metrics"]);
    for (const { name } of objects) {
      expect(born.optionsOf("aws:s3/bucketObjectv2:BucketObjectv2", name).isRetained).toBe(true);
    }
    expect(born.one("aws:s3/bucket:Bucket", "artifacts").inputs["forceDestroy"]).toBe(true);
  });
});
