import { AgentStatusSchema } from "../src/agent-status.ts";
import { ManifestSchema } from "../src/backup-manifest.ts";
import type { Document } from "../src/document.ts";
import { EpochRecordSchema } from "../src/epoch-record.ts";
import { SignedGrantSchema } from "../src/grant.ts";
import { LookEventSchema, LookResultSchema } from "../src/look.ts";
import { MessageAnswerSchema } from "../src/message-answer.ts";
import { SignedOrderSchema } from "../src/order.ts";
import { PeerAnswerSchema } from "../src/peer-answer.ts";
import { ProbeAnswerSchema } from "../src/probe-answer.ts";
import { ProbeEventSchema } from "../src/probe-event.ts";
import { RestoreEventSchema, RestoreResultSchema } from "../src/restore.ts";
import { StackOutputsSchema } from "../src/stack-outputs.ts";
import { SwitchoverEventSchema, SwitchoverResultSchema } from "../src/switchover.ts";
import { TwinAnnouncementSchema } from "../src/twin-announcement.ts";

/** A document with every field that it can have. */
export interface Sample {
  readonly schema: Document<unknown>;
  readonly full: object;
  /** What may be missing, or missing and of any type besides, together with all that is in it. */
  readonly optional?: readonly string[];
  readonly informal?: readonly string[];
}

const epoch = { number: 4, holder: "i-a", released: false };
const status = {
  instanceId: "i-a",
  role: "primary",
  epoch,
  postgres: "accepting",
  fileSystem: "ok",
  ready: false,
  notReady: ["its role is primary"],
  unfit: [{ code: "recovery-stalled", because: "nothing moves" }],
  restore: { backup: "20260102T030405Z-e1", targetTime: null },
  restoreFailure: "no such backup",
  recovery: "recovering 000000010000000000000003",
  sessions: { used: 7, max: 97 },
  disk: { totalBytes: 2, freeBytes: 1 },
  backups: {
    lastBase: { backup: "20260102T030405Z-e1", finishedAt: "2026-01-02T03:05:00.000Z", bytes: 1 },
    running: false,
    failures: 0,
    failure: null,
    wal: { lastFile: null, lastAt: null, failures: 0, lastFailure: null },
  },
};
const forPeople = [
  "postgres",
  "notReady",
  "unfit",
  "restore",
  "restoreFailure",
  "recovery",
  "sessions",
  "disk",
  "backups",
];
const grant = { epoch: 4, deadHolder: "i-a", successor: "i-b", mac: "aa" };
const point = { backup: "20260102T030405Z-e1", targetTime: "2026-01-02T04:00:00.000Z" };

export const SAMPLES: readonly Sample[] = [
  { schema: AgentStatusSchema, full: status, informal: forPeople },
  { schema: PeerAnswerSchema, full: { reached: true, status: { instanceId: "i-a" } } },
  { schema: PeerAnswerSchema, full: { reached: false, because: "timeout" }, informal: ["because"] },
  { schema: MessageAnswerSchema, full: { accepted: true, because: "x" }, informal: ["accepted", "because"] },
  { schema: SignedGrantSchema, full: grant },
  { schema: SignedOrderSchema, full: { order: "step-down", epoch: 4, holder: "i-a", mac: "aa" } },
  { schema: SignedOrderSchema, full: { order: "restore", epoch: 4, holder: "i-a", mac: "aa", ...point } },
  {
    schema: ProbeEventSchema,
    full: { candidates: [{ instanceId: "i-a", privateIp: "10.0.0.1" }], grant: { targetIp: "10.0.0.1", ...grant } },
    optional: ["grant"],
    informal: ["grant.epoch", "grant.deadHolder", "grant.successor", "grant.mac"],
  },
  {
    schema: ProbeAnswerSchema,
    full: {
      results: [{ instanceId: "i-a", agent: status, postgres: "accepting", because: "slow" }],
      opinions: [{ by: "i-b", about: "i-a", reached: false }],
      grant: { code: 202, because: "taken" },
      order: { code: 409, because: "of no use" },
    },
    optional: ["grant", "order"],
    informal: ["results[0].agent", "results[0].postgres", "results[0].because", "opinions[0].reached"],
  },
  { schema: SwitchoverEventSchema, full: { switchover: {} } },
  {
    schema: SwitchoverResultSchema,
    full: { outcome: "refused", code: "no-standby", sentence: "Nothing was changed." },
    informal: ["code"],
  },
  {
    schema: SwitchoverResultSchema,
    full: { outcome: "done", from: "i-a", to: "i-b", epoch: 5, duration_ms: 1_234, sentence: "i-b serves." },
    optional: ["from", "to", "epoch", "duration_ms"],
  },
  { schema: RestoreEventSchema, full: { restore: point } },
  { schema: RestoreResultSchema, full: { outcome: "refused", sentence: "Nothing was changed." } },
  { schema: RestoreResultSchema, full: { outcome: "accepted", holder: "i-a", epoch: 4, sentence: "i-a restores it" } },
  { schema: LookEventSchema, full: { look: {} } },
  {
    schema: LookResultSchema,
    full: { outcome: "seen", sentence: "", online: 1, epoch: 4, holder: "i-a", restore: null, restoreFailure: null },
  },
  {
    schema: ManifestSchema,
    full: {
      backup: "20260102T030405Z-e1",
      version: 1,
      systemIdentifier: "7000000000000000001",
      timeline: 1,
      postgresMajor: "18",
      startedAt: "2026-01-02T03:04:05.000Z",
      finishedAt: "2026-01-02T03:05:00.000Z",
      startWal: "000000010000000000000002",
      stopWal: "000000010000000000000003",
      startLsn: "0/2000028",
      stopLsn: "0/3000050",
      sha256: "ab".repeat(32),
      compressedBytes: 10,
      files: 3,
      bytes: 30,
    },
  },
  {
    schema: EpochRecordSchema,
    full: { epoch: 4, holder: "i-a", token: "t", createdAt: "2026-01-02T03:05:00.000Z" },
    informal: ["createdAt"],
  },
  {
    schema: TwinAnnouncementSchema,
    full: {
      awsEndpoint: "http://127.0.0.1:1",
      region: "eu-west-1",
      accountId: "123456789012",
      accessKeyId: "AKIAEXAMPLE",
      secretAccessKey: "secret",
      loadBalancerUrl: "http://127.0.0.1:2",
      pageUrl: "http://127.0.0.1:3",
      outputs: {},
      stacks: [
        { stack: "dev", loadBalancerUrl: "http://127.0.0.1:2", pageUrl: "http://127.0.0.1:3", outputs: {} },
        { stack: "prod", loadBalancerUrl: "http://127.0.0.1:4", pageUrl: "http://127.0.0.1:5", outputs: {} },
      ],
      clock: { speed: 10, realEpoch_ms: 1, cloudEpoch_ms: 2 },
      directory: "/tmp/cloudy-twin-1",
      pid: 1,
    },
    optional: ["directory", "stacks"],
  },
  {
    schema: StackOutputsSchema,
    full: {
      url: "http://web.example:8080",
      region: "eu-west-1",
      loadBalancerArn: "arn:lb",
      targetGroupArn: "arn:tg",
      webGroupName: "web",
      databaseGroupName: "database",
      virtualIp: "10.10.10.10",
      databaseRouteTableIds: ["rtb-1"],
      highCpuAlarmName: "cpu-high",
      lowCpuAlarmName: "",
      failoverFunctionName: "CloudyFailover",
      failoverLogGroupName: "/aws/lambda/CloudyFailover",
      databaseSecretArn: "arn:secret",
      backupBucketName: "backups",
      databaseCertificateExpires: "2028-01-01T00:00:00Z",
      instanceGroups: [{ tier: "nat", group: "nat-1", launchTemplate: "lt-1", alarms: ["hosts"] }],
      imageIds: [{ architecture: "arm64", id: "ami-1" }],
    },
    optional: [
      "highCpuAlarmName",
      "lowCpuAlarmName",
      "backupBucketName",
      "databaseCertificateExpires",
      "instanceGroups",
      "imageIds",
    ],
  },
];
