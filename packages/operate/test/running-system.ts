import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TwinAnnouncement } from "@cloudy/contracts/twin-announcement.ts";
import { FakeAws } from "./fake-aws.ts";

export interface RunningSystem {
  readonly aws: FakeAws;
  readonly directory: string;
  /** Holds the line of `twin up --json`. */
  readonly twinFile: string;
  readonly close: () => Promise<void>;
}

/** A system that the commands find by its twin's line; its cloud time is the real one. */
export async function startSystem(): Promise<RunningSystem> {
  const aws = new FakeAws();
  const directory = mkdtempSync(join(tmpdir(), "cloudy-operate-"));
  const twinFile = join(directory, "twin.json");
  const twin: TwinAnnouncement = {
    awsEndpoint: await aws.start(),
    region: "eu-west-1",
    accountId: "123456789012",
    accessKeyId: "key",
    secretAccessKey: "secret",
    loadBalancerUrl: "http://127.0.0.1:1",
    pageUrl: "http://127.0.0.1:2",
    outputs: {
      failoverFunctionName: "CloudyFailover",
      failoverLogGroupName: "/aws/lambda/CloudyFailover",
      backupBucketName: "backups",
    },
    clock: { speed: 1, realEpoch_ms: 0, cloudEpoch_ms: 0 },
    pid: process.pid,
  };
  writeFileSync(twinFile, `${JSON.stringify(twin)}\n`);
  return {
    aws,
    directory,
    twinFile,
    async close() {
      rmSync(directory, { recursive: true });
      await aws.close();
    },
  };
}
