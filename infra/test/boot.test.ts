import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type CloudConfig, renderCloudConfig } from "../instance/cloud-config.ts";
import { environmentFile } from "../instance/systemd.ts";
import { devConfig, type Recording, record, SHA256, userDataOf } from "./record.ts";

let program: Recording;
beforeAll(async () => {
  program = await record(await devConfig());
});

const config = (name: string): CloudConfig => parse(userDataOf(program, name));

/** A unit or environment file as lines, which is what systemd sees. */
const file = (name: string, path: string): readonly string[] => {
  const found = config(name).write_files.filter((candidate) => candidate.path === path);
  expect(found, path).toHaveLength(1);
  return found[0]!.content.split("\n");
};
/** Without empty lines. */
const unit = (name: string, unitName: string) =>
  file(name, `/etc/systemd/system/${unitName}`).filter((line) => line !== "");
const NETWORK_FIRST = ["After=network-online.target", "Wants=network-online.target"];
const after = (...units: string[]) => [`After=${units.join(" ")}`, `Wants=${units.join(" ")}`];
const HARDENED = ["NoNewPrivileges=yes", "PrivateTmp=yes", "ProtectHome=yes", "ProtectSystem=strict"];
const AT_BOOT = ["[Install]", "WantedBy=multi-user.target"];
const LOGS = [
  "/usr/bin/dnf install -y rsyslog amazon-cloudwatch-agent",
  "/usr/bin/systemctl daemon-reload",
  "/usr/bin/systemctl enable --now rsyslog.service amazon-cloudwatch-agent.service",
];
const commands = (name: string) => config(name).runcmd.map((argv) => argv.join(" "));

/** The commands of a step, which is tried again until it works, and never after that. */
const step = (name: string, stepName: string) => {
  const lines = unit(name, `cloudy-${stepName}.service`);
  const done = `/var/lib/cloudy-boot/${stepName}`;
  expect(lines).toContain(`ConditionPathExists=!${done}`);
  expect(lines).toEqual(expect.arrayContaining(["Type=oneshot", "Restart=on-failure", "RestartSec=5s", ...AT_BOOT]));
  const started = lines.flatMap((line) => (line.startsWith("ExecStart=") ? line.slice("ExecStart=".length) : []));
  expect(started.at(-1)).toBe(`/usr/bin/touch ${done}`);
  return started.slice(0, -1);
};
const install = (bundle: string) => [
  `/usr/bin/mkdir -p /opt/cloudy/${bundle}`,
  `/usr/bin/aws s3 cp --only-show-errors s3://artifacts/${bundle}-${SHA256}.tar.gz /opt/cloudy/${bundle}.tar.gz`,
  `/usr/bin/sha256sum --check --status /opt/cloudy/${bundle}.sha256`,
  `/usr/bin/tar -xzf /opt/cloudy/${bundle}.tar.gz -C /opt/cloudy/${bundle}`,
];
const NO_LIMIT = "StartLimitIntervalSec=0";

describe("every instance", () => {
  test.each(["web", "database", "nat"])("%s: one cloud-config below EC2's 16 KB, of argument lists only", (name) => {
    expect(userDataOf(program, name)).toMatch(/^(## template: jinja\n)?#cloud-config\n/);
    expect(Buffer.byteLength(userDataOf(program, name))).toBeLessThan(16_384);
    for (const argv of config(name).runcmd) expect(Array.isArray(argv)).toBe(true);
    expect(config(name).swap).toEqual({ filename: "/swapfile", size: "1G" });
  });

  test.each(["web", "database", "nat"])(
    "R2: %s's user data has nothing that can fail, and every unit is started again for as long as it fails",
    (name) => {
      for (const argv of commands(name))
        expect(argv).toMatch(/^(mkdir -p|systemctl daemon-reload|systemctl enable --now --no-block)/);
      const enabled = commands(name).at(-1)?.split(" ").slice(4) ?? [];
      const units = config(name).write_files.filter(({ path }) => /\.(service|mount)$/.test(path));
      expect(units.length).toBeGreaterThan(2);
      for (const { path, content } of units) {
        expect(content, path).toContain(`${NO_LIMIT}\n`);
        // The monitoring script has its timer, the mount the service that starts it.
        if (!/host-metrics\.service|\.mount$/.test(path))
          expect(content, path).toMatch(/^Restart=(on-failure|always)$/m);
        expect(content, path).not.toMatch(/^Requires/m);
        if (content.includes("[Install]")) expect(enabled, path).toContain(path.split("/").at(-1));
      }
    },
  );

  test.each([
    ["web", "WebServers"],
    ["database", "DatabaseServers"],
  ])("W7: %s runs the monitoring script every minute for namespace %s", (name, namespace) => {
    expect(file(name, "/etc/cloudy/host-metrics.env")).toEqual([
      "AWS_REGION=eu-west-1",
      `METRICS_NAMESPACE=${namespace}`,
      "STACK=cloudy/dev",
      "PROCFS_PATH=/proc",
      "DISK_PATH=/",
      "",
    ]);
    expect(unit(name, "cloudy-host-metrics.timer")).toEqual([
      "[Unit]",
      "Description=Cloudy host metrics every minute",
      "[Timer]",
      "OnBootSec=30s",
      "OnUnitActiveSec=60s",
      "AccuracySec=1s",
      "[Install]",
      "WantedBy=timers.target",
    ]);
    expect(unit(name, "cloudy-host-metrics.service")).toEqual([
      "[Unit]",
      "Description=Cloudy host metrics",
      "After=network-online.target cloudy-packages.service cloudy-install-host-metrics.service",
      "Wants=network-online.target",
      NO_LIMIT,
      "[Service]",
      "Type=oneshot",
      "TimeoutStartSec=50s",
      "OOMScoreAdjust=1000",
      "DynamicUser=yes",
      "StateDirectory=cloudy-host-metrics",
      "EnvironmentFile=/etc/cloudy/host-metrics.env",
      "ExecStart=/usr/bin/node-24 /opt/cloudy/host-metrics/host-metrics.mjs",
      ...HARDENED,
    ]);
  });

  test.each([
    ["web", "api"],
    ["web", "host-metrics"],
    ["database", "db-agent"],
    ["database", "host-metrics"],
  ])("W3: %s knows the SHA-256 that its download of %s must have", (name, bundle) => {
    expect(file(name, `/opt/cloudy/${bundle}.sha256`)).toEqual([`${SHA256}  /opt/cloudy/${bundle}.tar.gz`, ""]);
  });

  test("W3: user data beyond 16 KB is refused with its size before AWS sees it", () => {
    const content = "x".repeat(17_000);
    expect(() => renderCloudConfig("web", { write_files: [{ path: "/x", content }], runcmd: [] })).toThrow(
      /User data of the web instances is 170\d\d bytes; EC2 takes 16384/,
    );
  });

  test("environment values with spaces, quotes or # are quoted", () => {
    expect(environmentFile("/x", { A: 'a "b" #c', B: 1 }).content).toBe('A="a \\"b\\" #c"\nB=1\n');
  });
});

describe("web instance", () => {
  test("W3 W10: installs Node.js, verifies its bundles and starts the API without Docker", () => {
    expect(step("web", "packages")).toEqual(["/usr/bin/dnf install -y nodejs24"]);
    expect(step("web", "install-api")).toEqual(install("api"));
    expect(step("web", "install-host-metrics")).toEqual(install("host-metrics"));
    expect(step("web", "logs")).toEqual(LOGS);
    expect(commands("web")).toEqual([
      "systemctl daemon-reload",
      "systemctl enable --now --no-block cloudy-packages.service cloudy-install-api.service cloudy-install-host-metrics.service cloudy-logs.service cloudy-api.service cloudy-host-metrics.timer",
    ]);
  });

  test("A4: /load has a thread a core unless the stack says how many", async () => {
    expect(file("web", "/etc/cloudy/api.env").join()).not.toContain("LOAD_WORKERS");
    const three = await record(await devConfig({ "cloudy:loadWorkers": "3" }));
    expect(userDataOf(three, "web")).toContain("LOAD_WORKERS=3");
  });

  test("A2: the API is told of a pooler before the database", async () => {
    const behind = await record(await devConfig({ "cloudy:databasePooler": "transaction" }));
    expect(userDataOf(behind, "web")).toContain("DATABASE_POOLER=transaction");
  });

  test("W3: the API gets its environment, may not gain rights, and has time to finish its requests", () => {
    expect(file("web", "/etc/cloudy/api.env")).toEqual([
      "AWS_REGION=eu-west-1",
      "HOST=0.0.0.0",
      "PORT=8080",
      "SECRET_ID=arn:Secret:CloudyDB",
      "SECRET_REGION=eu-west-1",
      "DATABASE_HOST=10.10.10.10",
      "DATABASE_PORT=5432",
      "DATABASE_CA_FILE=/etc/cloudy/database-ca.pem",
      "PROCESSES=1",
      "DATABASE_CONNECTIONS=5",
      "DATABASE_POOLER=none",
      "LOAD_QUEUE=64",
      "SHUTDOWN_SECONDS=15",
      "PROXIES=1",
      "METRICS_PORT=9464",
      "REQUESTS_PER_MINUTE=0",
      "",
    ]);
    expect(unit("web", "cloudy-api.service")).toEqual([
      "[Unit]",
      "Description=Cloudy API",
      ...after("network-online.target", "cloudy-packages.service", "cloudy-install-api.service"),
      NO_LIMIT,
      "[Service]",
      "Type=exec",
      "DynamicUser=yes",
      "EnvironmentFile=/etc/cloudy/api.env",
      "Environment=HOSTNAME=%H",
      "Environment=NODE_ENV=production",
      "ExecStartPre=+/usr/bin/test -e /var/lib/cloudy-boot/packages",
      "ExecStartPre=+/usr/bin/test -e /var/lib/cloudy-boot/install-api",
      "ExecStart=/usr/bin/node-24 --max-semi-space-size=4 /opt/cloudy/api/server.mjs",
      "Restart=always",
      "RestartSec=1s",
      "TimeoutStopSec=20s",
      ...HARDENED,
      ...AT_BOOT,
    ]);
  });
});

describe("database instance", () => {
  test("D5: installs, then starts virtual IP, agent and timer", () => {
    expect(step("database", "packages")).toEqual([
      "/usr/bin/dnf install -y nodejs24 amazon-efs-utils stunnel postgresql18-server",
    ]);
    expect(step("database", "install-db-agent")).toEqual(install("db-agent"));
    expect(step("database", "install-host-metrics")).toEqual(install("host-metrics"));
    expect(step("database", "logs")).toEqual(LOGS);
    expect(commands("database")).toEqual([
      "mkdir -p /mnt/cloudy",
      "systemctl daemon-reload",
      "systemctl enable --now --no-block cloudy-packages.service cloudy-install-db-agent.service cloudy-install-host-metrics.service cloudy-logs.service cloudy-virtual-ip.service cloudy-db-agent.service cloudy-host-metrics.timer",
    ]);
  });

  test("D5: it answers to the virtual IP, after a reboot too", () => {
    expect(unit("database", "cloudy-virtual-ip.service")).toEqual([
      "[Unit]",
      "Description=Cloudy virtual IP",
      ...NETWORK_FIRST,
      NO_LIMIT,
      "[Service]",
      "Type=oneshot",
      "RemainAfterExit=yes",
      "ExecStart=/usr/sbin/ip addr replace 10.10.10.10/32 dev lo",
      "Restart=on-failure",
      "RestartSec=5s",
      ...AT_BOOT,
    ]);
  });

  test("D2: it mounts by TLS, with IAM, through the access point, by one connection, hard", () => {
    expect(unit("database", "mnt-cloudy.mount")).toEqual([
      "[Unit]",
      "Description=Cloudy shared file system",
      ...NETWORK_FIRST,
      NO_LIMIT,
      "[Mount]",
      "What=database-id:/",
      "Where=/mnt/cloudy",
      "Type=efs",
      "Options=tls,iam,stunnel,accesspoint=database-id,_netdev,hard,noresvport",
      "OOMScoreAdjust=-900",
    ]);
  });

  test("R2: systemd tries a mount once a start, so that a service repeats the start, at each start of the agent anew", () => {
    expect(unit("database", "cloudy-mount.service")).toEqual([
      "[Unit]",
      "Description=Cloudy mount",
      ...after("network-online.target", "cloudy-packages.service"),
      NO_LIMIT,
      "[Service]",
      "Type=oneshot",
      "ExecStart=/usr/bin/systemctl start mnt-cloudy.mount",
      "Restart=on-failure",
      "RestartSec=5s",
      "TimeoutStartSec=120s",
    ]);
  });

  test("D4: no unit of the distribution runs PostgreSQL; the agent does, as postgres, and only on the mounted directory", () => {
    expect(commands("database").join()).not.toContain("postgresql.service");
    expect(unit("database", "cloudy-db-agent.service")).toEqual([
      "[Unit]",
      "Description=Cloudy database agent",
      "After=network-online.target cloudy-virtual-ip.service cloudy-mount.service cloudy-packages.service cloudy-install-db-agent.service mnt-cloudy.mount",
      "Wants=network-online.target cloudy-virtual-ip.service cloudy-mount.service cloudy-packages.service cloudy-install-db-agent.service",
      NO_LIMIT,
      "[Service]",
      "Type=exec",
      "User=postgres",
      "StateDirectory=cloudy",
      "EnvironmentFile=/etc/cloudy/db-agent.env",
      "Environment=PG_OOM_ADJUST_FILE=/proc/self/oom_score_adj",
      "Environment=PG_OOM_ADJUST_VALUE=-500",
      "ExecStartPre=+/usr/bin/test -e /var/lib/cloudy-boot/packages",
      "ExecStartPre=+/usr/bin/test -e /var/lib/cloudy-boot/install-db-agent",
      "ExecStartPre=+/usr/bin/systemctl is-active --quiet mnt-cloudy.mount",
      "ExecStart=/usr/bin/node-24 /opt/cloudy/db-agent/agent.mjs",
      "Restart=always",
      "RestartSec=1s",
      "KillMode=process",
      "TimeoutStopSec=120s",
      "OOMScoreAdjust=-900",
      ...HARDENED,
      "ReadWritePaths=/mnt/cloudy",
      ...AT_BOOT,
    ]);
    expect(file("database", "/etc/cloudy/db-agent.env")).toEqual([
      "AWS_REGION=eu-west-1",
      "SHARED_DIR=/mnt/cloudy",
      "STATE_DIR=/var/lib/cloudy",
      "POSTGRES_BIN=/usr/bin",
      "POSTGRES_PORT=5432",
      "STATUS_PORT=8010",
      "MAX_CONNECTIONS=51",
      "SHARED_BUFFERS_MB=96",
      "EFFECTIVE_CACHE_SIZE_MB=256",
      "WORK_MEM_MB=2",
      "MAINTENANCE_WORK_MEM_MB=32",
      "PARALLEL_WORKERS=0",
      "AUTOVACUUM_WORKERS=1",
      "SECRET_ID=arn:Secret:CloudyDB",
      "SERVER_SECRET_ID=arn:Secret:CloudyDBServer",
      "GRANT_SECRET_ID=arn:Secret:CloudyFailover",
      "SECRET_REGION=eu-west-1",
      "BACKUP_BUCKET=backups",
      "BACKUP_HOURS=24",
      "BACKUP_RETENTION_DAYS=14",
      "",
    ]);
  });
});

describe("NAT instance", () => {
  test("N4: it masquerades what leaves the VPC, after a reboot too", () => {
    expect(unit("nat", "cloudy-nat.service")).toEqual([
      "[Unit]",
      "Description=Cloudy NAT",
      ...after("network-online.target", "cloudy-packages.service"),
      NO_LIMIT,
      "[Service]",
      "Type=oneshot",
      "RemainAfterExit=yes",
      "ExecStart=/usr/sbin/sysctl -w net.ipv4.ip_forward=1",
      "ExecStart=/usr/sbin/iptables -t nat -A POSTROUTING -s 10.0.0.0/16 ! -d 10.0.0.0/16 -j MASQUERADE",
      "Restart=on-failure",
      "RestartSec=5s",
      ...AT_BOOT,
    ]);
    expect(step("nat", "packages")).toEqual(["/usr/bin/dnf install -y iptables-nft"]);
    expect(step("nat", "logs")).toEqual(LOGS);
  });

  test("N4: it takes over the fixed interface, trying until the predecessor has let go, and prefers its default route", () => {
    expect(step("nat", "nat-interface")).toEqual([
      "/usr/bin/networkctl reload",
      "/usr/bin/aws ec2 attach-network-interface --instance-id {{ v1.instance_id }} --device-index 1 --network-interface-id nat-id",
    ]);
    expect(userDataOf(program, "nat")).toMatch(/^## template: jinja\n/);
    expect(file("nat", "/etc/systemd/network/05-cloudy-nat.network")).toEqual([
      "[Match]",
      "MACAddress=0a:00:00:00:00:01",
      "",
      "[Network]",
      "DHCP=ipv4",
      "",
      "[DHCPv4]",
      "RouteMetric=100",
      "",
    ]);
    expect(commands("nat")).toEqual([
      "systemctl daemon-reload",
      "systemctl enable --now --no-block cloudy-packages.service cloudy-nat.service cloudy-nat-interface.service cloudy-nat-ready.service cloudy-logs.service",
    ]);
  });

  test("R3: it says that it is ready once it has the interface and forwards", () => {
    expect(unit("nat", "cloudy-nat-ready.service").filter((line) => line.startsWith("ExecStart="))).toEqual([
      "ExecStart=/usr/bin/systemctl is-active --quiet cloudy-nat.service",
      "ExecStart=/usr/bin/test -e /var/lib/cloudy-boot/nat-interface",
      "ExecStart=/usr/bin/aws autoscaling complete-lifecycle-action --auto-scaling-group-name Cloudy-nat-00ff --lifecycle-hook-name ready --lifecycle-action-result CONTINUE --instance-id {{ v1.instance_id }}",
      "ExecStart=/usr/bin/touch /var/lib/cloudy-boot/nat-ready",
    ]);
  });
});
