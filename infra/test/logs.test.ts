import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { CloudConfig } from "../instance/cloud-config.ts";
import { devConfig, type Recording, record, stackConfig, userDataOf } from "./record.ts";

const GROUP = "aws:cloudwatch/logGroup:LogGroup";
const LISTENER = "aws:lb/listener:Listener";

function fileOf(program: Recording, tier: string, path: string): string {
  const config: CloudConfig = parse(userDataOf(program, tier));
  return config.write_files.find((file) => file.path === path)?.content ?? "";
}

describe.each([
  ["dev", ["web", "database", "nat"], 14, "Cloudy"],
  // The recorder calls each stack dev.
  ["prod", ["web", "database"], 90, "cloudy-dev"],
] as const)("journals leave the machines: %s", (stack, tiers, days, label) => {
  let program: Recording;
  beforeAll(async () => {
    program = await record(await stackConfig(stack));
  });

  test("R4: each tier has a log group of its own, which forgets as the stack says", () => {
    const groups = program.all(GROUP).map(({ inputs }) => inputs);
    for (const tier of ["web", "database", "nat"]) {
      expect(groups).toContainEqual({ name: `/cloudy/${label}/${tier}`, retentionInDays: days });
    }
    expect(groups).toHaveLength(5);
  });

  test.each(tiers)("R4: %s instances send the whole journal to a stream of their own", (tier) => {
    const agent = fileOf(program, tier, "/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json");
    expect(JSON.parse(agent)).toEqual({
      logs: {
        logs_collected: {
          files: {
            collect_list: [
              {
                file_path: "/var/log/messages",
                log_group_name: `/cloudy/${label}/${tier}`,
                log_stream_name: "{instance_id}",
              },
            ],
          },
        },
        force_flush_interval: 5,
      },
    });
  });

  test.each(tiers)("R4: on %s instances services stop first, memory and disk are bounded", (tier) => {
    const unit = (path: string) => fileOf(program, tier, `/etc/systemd/system/${path}/cloudy.conf`);
    const services = "cloudy-api.service cloudy-db-agent.service";
    expect(unit("rsyslog.service.d")).toContain(`Before=${services}\n`);
    expect(unit("amazon-cloudwatch-agent.service.d")).toContain(`Before=rsyslog.service ${services}\n`);
    expect(unit("amazon-cloudwatch-agent.service.d")).toContain("Environment=GOMEMLIMIT=64MiB\nOOMScoreAdjust=500\n");
    expect(unit("logrotate.timer.d")).toBe("[Timer]\nOnCalendar=\nOnCalendar=hourly\n");
    expect(fileOf(program, tier, "/etc/logrotate.d/rsyslog")).toContain("  maxsize 50M\n  rotate 1\n");
  });
});

describe("the load balancer writes requests down", () => {
  test("R4: into a private bucket with S3's own keys, which forgets as the stack says and goes with it", async () => {
    const program = await record(await stackConfig("prod"));
    const { accessLogs } = program.one("aws:lb/loadBalancer:LoadBalancer").inputs;
    expect(accessLogs).toEqual({ bucket: "access-logs", enabled: true });
    expect(program.one("aws:s3/bucket:Bucket", "access-logs").inputs).toMatchObject({ forceDestroy: true });
    const encryption = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
    expect(program.one(encryption, "access-logs").inputs["rules"]).toEqual([
      { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } },
    ]);
    const lifecycle = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration";
    expect(program.one(lifecycle, "access-logs").inputs["rules"]).toMatchObject([
      { status: "Enabled", filter: { prefix: "" }, expiration: { days: 90 } },
    ]);
  });

  test("R4 R6: only the service that delivers them may write there, in this account's folder", async () => {
    const program = await record(await devConfig());
    expect(JSON.parse(String(program.one("aws:s3/bucketPolicy:BucketPolicy").inputs["policy"])).Statement).toEqual([
      {
        Sid: "DeliverAccessLogs",
        Effect: "Allow",
        Principal: { Service: "logdelivery.elasticloadbalancing.amazonaws.com" },
        Action: "s3:PutObject",
        Resource: "arn:Bucket:access-logs/AWSLogs/123456789012/*",
      },
    ]);
    // The balancer tries the bucket when its log is turned on.
    const { dependencies } = program.optionsOf("aws:lb/loadBalancer:LoadBalancer", "web");
    expect(dependencies).toContainEqual(expect.stringContaining("BucketPolicy::access-logs"));
  });

  test("R4: or not, if the stack says so", async () => {
    const program = await record(await devConfig({ "cloudy:accessLogs": "none" }));
    expect(program.one("aws:lb/loadBalancer:LoadBalancer").inputs).not.toHaveProperty("accessLogs");
    expect(program.all("aws:s3/bucketPolicy:BucketPolicy")).toEqual([]);
  });
});

test("W1: a listener's name is that of one port, with a certificate or without", async () => {
  const certificateArn = "arn:aws:acm:eu-west-1:123456789012:certificate/one";
  const portsOf = async (options: Record<string, string>) => {
    const listeners = (await record(await devConfig(options))).all(LISTENER);
    return listeners.map(({ name, inputs }): [string, unknown] => [name, inputs["port"]]);
  };
  const plain = await portsOf({});
  const [own, domain] = [
    await portsOf({ "cloudy:certificateArn": certificateArn }),
    await portsOf({ "cloudy:domain": "app.example.com" }),
  ];
  expect(plain).toEqual([["http", 8080]]);
  expect(new Map(own)).toEqual(
    new Map<string, unknown>([
      ["https", 443],
      ["http-80", 80],
      ["http", 8080],
    ]),
  );
  expect(domain).toEqual(own);
});
