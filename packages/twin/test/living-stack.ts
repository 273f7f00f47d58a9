import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  PutLifecycleHookCommand,
  UpdateAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  CreateLaunchTemplateVersionCommand,
  DescribeLaunchTemplateVersionsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { RunningTwin } from "./running-twin.ts";

type Tier = "nat" | "web" | "database";

/** A group and what it runs: the version that it launches, and that of each instance in service. */
interface GroupVersions {
  readonly group: string;
  readonly instances: Readonly<Record<string, string>>;
  /** The instances that are protected from scaling in, that is: the holder of the database. */
  readonly protectedOnes: readonly string[];
}

/** What a deploy does to a running twin: new versions of its launch templates, and their roll. */
export class LivingStack {
  readonly #twin: RunningTwin;
  readonly #scaling: AutoScalingClient;
  readonly #ec2: EC2Client;
  readonly #s3: S3Client;

  constructor(twin: RunningTwin) {
    this.#twin = twin;
    const { awsEndpoint: endpoint, region, accessKeyId, secretAccessKey } = twin.announcement;
    const settings = { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
    this.#scaling = new AutoScalingClient(settings);
    this.#ec2 = new EC2Client(settings);
    this.#s3 = new S3Client({ ...settings, forcePathStyle: true });
  }

  /** A new version of the tier's launch template, with other user data; what `pulumi up` leaves behind. */
  async newVersion(tier: Tier, change: (userData: string) => string): Promise<void> {
    const { launchTemplate: LaunchTemplateId } = this.#of(tier);
    const UserData = Buffer.from(change(await this.#userData(tier))).toString("base64");
    await this.#ec2.send(
      new CreateLaunchTemplateVersionCommand({ LaunchTemplateId, LaunchTemplateData: { UserData } }),
    );
  }

  /** A new version whose bundle is there and unpacks, but ends at its start. */
  async badVersion(tier: Tier, bundle: string, entry: string): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), "cloudy-bad-bundle-"));
    writeFileSync(join(directory, entry), 'throw new Error("this version is bad");\n');
    execFileSync("tar", ["-czf", "bundle.tar.gz", entry], { cwd: directory });
    const Body = readFileSync(join(directory, "bundle.tar.gz"));
    rmSync(directory, { recursive: true });
    const sha256 = createHash("sha256").update(Body).digest("hex");
    const old = new RegExp(`s3://([^/\\s]+)/(${bundle}-)([0-9a-f]{64})`).exec(await this.#userData(tier));
    const [, Bucket, prefix, oldSha256 = ""] = old ?? [];
    await this.#s3.send(new PutObjectCommand({ Bucket, Key: `${prefix}${sha256}.tar.gz`, Body }));
    await this.newVersion(tier, (userData) => userData.replaceAll(oldSha256, sha256));
  }

  /** `pnpm roll`, with what it said. */
  async roll(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const main = fileURLToPath(import.meta.resolve("@cloudy/operate/roll.ts"));
    const child = spawn(process.execPath, [main, "--twin", "-", ...args]);
    child.stdin.end(JSON.stringify(this.#twin.announcement));
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return { code, stdout, stderr };
  }

  async versions(tier: Tier): Promise<GroupVersions> {
    const { group } = this.#of(tier);
    const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] });
    const [found] = (await this.#scaling.send(command)).AutoScalingGroups ?? [];
    const inService = (found?.Instances ?? []).filter(({ LifecycleState }) => LifecycleState === "InService");
    return {
      group: found?.LaunchTemplate?.Version ?? "",
      instances: Object.fromEntries(inService.map((item) => [item.InstanceId, item.LaunchTemplate?.Version ?? ""])),
      protectedOnes: inService.filter((item) => item.ProtectedFromScaleIn).map((item) => item.InstanceId ?? ""),
    };
  }

  /** Less time for a boot than the stack gives it, so that a test need not wait. */
  async bootWithin(tier: Tier, seconds: number): Promise<void> {
    const AutoScalingGroupName = this.#of(tier).group;
    if (tier === "web") {
      const HealthCheckGracePeriod = seconds;
      await this.#scaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName, HealthCheckGracePeriod }));
      return;
    }
    const hook = { LifecycleHookName: "ready", HeartbeatTimeout: seconds };
    await this.#scaling.send(new PutLifecycleHookCommand({ AutoScalingGroupName, ...hook }));
  }

  async #userData(tier: Tier): Promise<string> {
    const { launchTemplate: LaunchTemplateId } = this.#of(tier);
    const command = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions: ["$Latest"] });
    const [latest] = (await this.#ec2.send(command)).LaunchTemplateVersions ?? [];
    return Buffer.from(latest?.LaunchTemplateData?.UserData ?? "", "base64").toString("utf8");
  }

  #of(tier: Tier) {
    const found = this.#twin.announcement.outputs.instanceGroups.find((group) => group.tier === tier);
    if (found === undefined) throw new Error(`the twin has no group of ${tier} instances`);
    return found;
  }
}
