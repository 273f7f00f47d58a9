import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { releaseSharedMemory } from "../src/host/shared-memory.ts";
import { bundleOf, createInstances, type InstancesRig, unitFile } from "./instances-rig.ts";
import { tcp, VIP } from "./network-world.ts";

let rig: InstancesRig;
afterEach(() => rig.close());

const FROM_LB = "eni-alb";
const WEB_URL = "http://10.0.0.10:8080/";

const SERVER = `
  import { execFileSync } from "node:child_process"; import http from "node:http"; import os from "node:os"; import fs from "node:fs";
  const imds = "http://169.254.169.254/latest/";
  const token = await (await fetch(imds + "api/token", { method: "PUT", headers: { "X-aws-ec2-metadata-token-ttl-seconds": "60" } })).text();
  const id = await (await fetch(imds + "meta-data/instance-id", { headers: { "X-aws-ec2-metadata-token": token } })).text();
  const bare = (await fetch(imds + "meta-data/instance-id")).status;
  process.on("SIGTERM", () => { console.log("says goodbye"); process.exit(0); });
  http.createServer((request, response) => {
    if (request.url === "/exit") process.exit(1);
    response.end(JSON.stringify({ host: os.hostname(), id, bare, cores: os.availableParallelism(), cpus: os.cpus().length,
      nproc: execFileSync("nproc", { encoding: "utf8" }).trim(), memory_MB: os.totalmem() / 2 ** 20, name: process.env.HOSTNAME, conf: process.env.CONF,
      text: fs.readFileSync(process.env.CONF, "utf8"), state: process.env.STATE_DIRECTORY, uid: process.getuid(), pid: process.pid }));
  }).listen(8080, () => console.log("listening"));`;

function webService(changes: Record<string, string | readonly string[]> = {}) {
  return unitFile("cloudy-web.service", {
    Unit: { After: "network-online.target", Wants: "network-online.target" },
    Service: {
      Type: "exec",
      DynamicUser: "yes",
      StateDirectory: "cloudy",
      EnvironmentFile: "/etc/cloudy/web.env",
      Environment: ["HOSTNAME=%H", "NODE_ENV=production"],
      ExecStart: "/usr/bin/node-24 /opt/cloudy/web/server.mjs",
      Restart: "always",
      RestartSec: "100ms",
      ...changes,
    },
    Install: { WantedBy: "multi-user.target" },
  });
}

async function webConfig(server = SERVER, service = webService()) {
  const { archive, sha256 } = await bundleOf("server.mjs", server);
  rig.objects.set("/artifacts/web.tar.gz", archive);
  return {
    packages: ["nodejs24"],
    swap: { filename: "/swapfile", size: "1G" },
    write_files: [
      service,
      { path: "/etc/cloudy/web.env", content: "CONF=/etc/cloudy/web.env\n" },
      { path: "/opt/cloudy/web.sha256", content: `${sha256}  /opt/cloudy/web.tar.gz\n` },
    ],
    runcmd: [
      ["set", "-e"],
      ["mkdir", "-p", "/opt/cloudy/web"],
      ["aws", "s3", "cp", "--only-show-errors", "s3://artifacts/web.tar.gz", "/opt/cloudy/web.tar.gz"],
      ["sha256sum", "--check", "--status", "/opt/cloudy/web.sha256"],
      ["tar", "-xzf", "/opt/cloudy/web.tar.gz", "-C", "/opt/cloudy/web"],
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", "cloudy-web.service"],
    ],
  };
}

const answer = async () => JSON.parse(await rig.get(FROM_LB, WEB_URL));
const answers = () => expect.poll(() => answer().catch((error) => error.code), { timeout: 10_000 });

/** Processes that live in the rig's directory, seen from outside. */
function leftOver(): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(rig.directory);
    } catch {
      return false;
    }
  });
}

test("W3: a web instance boots from its cloud-config and serves, with its own name, files and user", async () => {
  rig = await createInstances();
  await rig.boot("i-web", await webConfig());
  const root = join(rig.directory, "instances/i-web/root");
  await answers().toMatchObject({
    host: "ip-10-0-0-10",
    name: "ip-10-0-0-10",
    id: "i-web",
    bare: 401,
    cores: 2,
    nproc: "2",
    cpus: 2,
    memory_MB: 8192,
    conf: join(root, "etc/cloudy/web.env"),
    text: "CONF=/etc/cloudy/web.env\n",
    state: join(root, "var/lib/cloudy"),
  });
  const { uid } = await answer();
  expect(uid).not.toBe(0);
  expect(rig.calls[0]).toMatch(/^GET \/artifacts\/web\.tar\.gz/);
  const { used_s, wall_s, share } = rig.instances.cpu("i-web");
  expect(used_s).toBeGreaterThan(0);
  expect(wall_s).toBeGreaterThan(0);
  expect(share).toBe(1);
});

test("A6: a shutdown lets units say goodbye, a power-off does not, and neither leaves a process", async () => {
  rig = await createInstances();
  const config = await webConfig();
  await rig.boot("i-web", config);
  await answers().toMatchObject({ id: "i-web" });
  await rig.instances.halt("i-web", "shutdown");
  expect(rig.journal("i-web")).toMatch(/says goodbye/);
  expect(leftOver()).toEqual([]);

  await rig.boot("i-web", config);
  await answers().toMatchObject({ id: "i-web" });
  await rig.instances.halt("i-web", "power-off");
  expect(rig.journal("i-web").match(/says goodbye/g)).toHaveLength(1);
  expect(leftOver()).toEqual([]);
});

test("W3: after a stop and start the disk is as it was, and enabled units run without the user data", async () => {
  rig = await createInstances();
  const config = await webConfig();
  await rig.boot("i-web", config);
  await rig.instances.halt("i-web", "shutdown");
  rig.calls.length = 0;
  await rig.boot("i-web", config);
  await answers().toMatchObject({ id: "i-web" });
  expect(rig.calls).toEqual([]);
});

test("W3: a bundle with another SHA-256 is not unpacked and nothing is started", async () => {
  rig = await createInstances();
  const config = await webConfig();
  rig.objects.set("/artifacts/web.tar.gz", (await bundleOf("server.mjs", "process.exit(1)")).archive);
  await rig.boot("i-web", config);
  expect(rig.sentences.join("\n")).toMatch(/i-web: user data failed: sha256sum: .* has the sum/);
  expect(existsSync(join(rig.directory, "instances/i-web/root/opt/cloudy/web/server.mjs"))).toBe(false);
  expect(leftOver()).toEqual([]);
});

test("N4: without a way out nothing is installed, and the reason is told", async () => {
  rig = await createInstances(2000);
  rig.state.rules["sg-web"] = [];
  await rig.boot("i-web", await webConfig());
  const told = rig.sentences.join("\n");
  expect(told).toMatch(/no egress rule of sg-web/);
  expect(told).toMatch(/dnf can't reach its repositories, so nodejs24 are not installed/);
  expect(told).toMatch(/user data failed: aws s3 cp/);
});

test("W4: a service that dies is started again, one that keeps dying is left alone", async () => {
  rig = await createInstances();
  await rig.boot("i-web", await webConfig());
  await answers().toMatchObject({ id: "i-web" });
  const { pid } = await answer();
  await rig.get(FROM_LB, `${WEB_URL}exit`).catch(() => {});
  await expect
    .poll(
      () =>
        answer().then(
          (seen) => seen.pid !== pid,
          () => false,
        ),
      { timeout: 10_000 },
    )
    .toBe(true);
  expect(rig.sentences.join("\n")).toMatch(/Main process ended with exit code 1; it is started again/);
  for (let count = 0; count < 5; count += 1) {
    await expect
      .poll(
        () =>
          rig.get(FROM_LB, `${WEB_URL}exit`).then(
            () => "gone",
            (error) => error.code,
          ),
        { timeout: 5000 },
      )
      .toBe("gone")
      .catch(() => {});
  }
  // systemd's own words.
  await expect.poll(() => rig.sentences.join("\n")).toMatch(/Start request repeated too quickly/);
});

test("W7: a timer starts its service again and again in cloud time", async () => {
  rig = await createInstances(60);
  const service = unitFile("tick.service", {
    Service: { Type: "oneshot", ExecStart: "/usr/bin/node-24 /opt/tick.mjs" },
  });
  const timer = unitFile("tick.timer", { Timer: { OnBootSec: "30s", OnUnitActiveSec: "60s", AccuracySec: "1s" } });
  const script = "console.log('tick at ' + new Date().toISOString())";
  await rig.boot("i-web", {
    packages: ["nodejs24"],
    write_files: [service, timer, { path: "/opt/tick.mjs", content: script }],
    runcmd: [
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", "tick.timer"],
    ],
  });
  const ticks = () => [...rig.journal("i-web").matchAll(/tick at (.*)/g)].map((match) => Date.parse(match[1] ?? ""));
  await expect.poll(() => ticks().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(3);
  const [first = 0, second = 0] = ticks();
  expect(second - first).toBeGreaterThan(30_000);
  expect(second - first).toBeLessThan(120_000);
});

test("units that are told to stay in wall time see the real date, all others that of the cloud", async () => {
  rig = await createInstances(2, { realTimeUnits: ["real.service"], startAt_ms: Date.now() + 3_600_000 });
  const service = (name: string) =>
    unitFile(name, { Service: { Type: "oneshot", ExecStart: `/usr/bin/node-24 /opt/date.mjs ${name}` } });
  await rig.boot("i-web", {
    packages: ["nodejs24"],
    write_files: [
      service("real.service"),
      service("cloud.service"),
      { path: "/opt/date.mjs", content: "console.log(process.argv[2] + ' at ' + new Date().toISOString())" },
    ],
    runcmd: [
      ["systemctl", "daemon-reload"],
      ["systemctl", "start", "real.service", "cloud.service"],
    ],
  });
  const ahead_ms = (name: string) =>
    Date.parse(new RegExp(`${name} at (.*)`).exec(rig.journal("i-web"))?.[1] ?? "") - Date.now();
  expect(ahead_ms("real.service")).toBeLessThanOrEqual(0);
  expect(ahead_ms("cloud.service")).toBeGreaterThan(3_000_000);
});

test("W7: /proc shows the instance's own use of its CPU", async () => {
  rig = await createInstances();
  await rig.boot("i-web", await webConfig());
  await answers().toMatchObject({ id: "i-web" });
  const proc = join(rig.directory, "instances/i-web/root/proc");
  await expect.poll(() => existsSync(join(proc, "stat")), { timeout: 5000 }).toBe(true);
  expect(readFileSync(join(proc, "stat"), "utf8")).toMatch(/^cpu +\d+ \d+ \d+ \d+ \d+/);
  expect(readFileSync(join(proc, "meminfo"), "utf8")).toMatch(/^MemTotal: +\d+ kB$/m);
});

const MOUNT = unitFile("mnt-cloudy.mount", {
  Unit: { After: "network-online.target" },
  Mount: {
    What: "fs-1:/",
    Where: "/mnt/cloudy",
    Type: "efs",
    Options: "tls,iam,accesspoint=fsap-1,_netdev,hard,noresvport",
  },
});
const VIRTUAL_IP = unitFile("cloudy-virtual-ip.service", {
  Service: { Type: "oneshot", RemainAfterExit: "yes", ExecStart: `/usr/sbin/ip addr replace ${VIP}/32 dev lo` },
});

/** Runs PostgreSQL as the agent does: initdb once, then postgres on the shared directory, waiting for it. */
const AGENT = `
  import { spawn, spawnSync } from "node:child_process"; import fs from "node:fs";
  const data = process.env.SHARED_DIR + "/pgdata", bin = process.env.POSTGRES_BIN;
  if (!fs.existsSync(data)) spawnSync(bin + "/initdb", ["-D", data, "-U", "postgres", "--auth=trust", "--no-sync"], { stdio: ["ignore", "ignore", "inherit"] });
  fs.appendFileSync(data + "/pg_hba.conf", "host all all all trust\\n");
  const lock = fs.openSync(process.env.STATE_DIR + "/postgres.lock", "a");
  spawn(bin + "/postgres", ["-D", data, "-p", "5432", "-c", "listen_addresses=*", "-c", "unix_socket_directories=", "-c", "fsync=off"],
    { stdio: ["ignore", "inherit", "inherit", lock], cwd: process.env.STATE_DIR });
  setInterval(() => {}, 1000);`;

function databaseConfig() {
  const agent = unitFile("cloudy-db-agent.service", {
    Unit: { Wants: "cloudy-virtual-ip.service", After: "cloudy-virtual-ip.service", RequiresMountsFor: "/mnt/cloudy" },
    Service: {
      Type: "exec",
      User: "postgres",
      StateDirectory: "cloudy",
      Environment: ["SHARED_DIR=/mnt/cloudy", "POSTGRES_BIN=/usr/bin", "STATE_DIR=/var/lib/cloudy"],
      ExecStart: "/usr/bin/node-24 /opt/agent.mjs",
      KillMode: "process",
      Restart: "always",
      RestartSec: "1s",
    },
  });
  return {
    packages: ["nodejs24", "amazon-efs-utils", "postgresql18-server"],
    write_files: [MOUNT, VIRTUAL_IP, agent, { path: "/opt/agent.mjs", content: AGENT }],
    runcmd: [
      ["mkdir", "-p", "/mnt/cloudy"],
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", "cloudy-virtual-ip.service", "mnt-cloudy.mount", "cloudy-db-agent.service"],
    ],
  };
}

/** Asks PostgreSQL by its wire protocol whether it takes connections: the answer to an SSLRequest is one byte. */
async function postgresAnswers(): Promise<string> {
  const socket = await rig.fabric.connect({ name: "i-web", interfaceId: "eni-web" }, VIP, 5432);
  socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]));
  const [chunk] = (await socket.take(1).toArray()) as Buffer[];
  socket.destroy();
  return String(chunk);
}

test("D2, D5: a database instance mounts the file system, holds the virtual IP and runs PostgreSQL as an unprivileged user", async () => {
  rig = await createInstances();
  rig.state.extra = {};
  rig.state.rules["sg-nat"]?.push(tcp("ingress", 443, "sg-db"));
  rig.fabric.bringUp("i-nat", "10.0.0.20");
  await rig.boot("i-db1", databaseConfig());
  await expect.poll(() => postgresAnswers().catch((error) => error.code), { timeout: 20_000 }).toMatch(/^[NS]$/);
  const shared = join(rig.directory, "efs/fs-1/cloudy");
  expect(statSync(shared).mode & 0o777).toBe(0o700);
  expect(statSync(join(shared, "pgdata/PG_VERSION")).uid).not.toBe(0);

  await rig.instances.halt("i-db1", "power-off");
  expect(leftOver()).toEqual([]);
  const segment = readFileSync(join(shared, "pgdata/postmaster.pid"), "utf8").split("\n")[6]?.trim().split(/\s+/)[1];
  const segments = () =>
    readFileSync("/proc/sysvipc/shm", "utf8")
      .split("\n")
      .map((row) => row.trim().split(/\s+/)[1]);
  expect(segments()).toContain(segment);
  releaseSharedMemory(join(rig.directory, "efs"));
  expect(segments()).not.toContain(segment);
}, 60_000);

test("D2: a mount that the role or the network refuses keeps the agent from starting, and says why", async () => {
  rig = await createInstances(200);
  rig.fabric.bringUp("i-nat", "10.0.0.20");
  rig.denied.add("elasticfilesystem:ClientMount");
  await rig.boot("i-db1", databaseConfig());
  const told = () => rig.sentences.join("\n");
  expect(told()).toMatch(
    /mnt-cloudy\.mount: mount\.nfs4: access denied .* may not elasticfilesystem:ClientMount: the test says so/,
  );
  expect(told()).toMatch(/cloudy-db-agent\.service: Dependency failed: mnt-cloudy\.mount/);
  expect(leftOver()).toEqual([]);

  rig.denied.clear();
  rig.state.rules["sg-efs"] = [];
  await rig.boot("i-db2", databaseConfig());
  expect(told()).toMatch(/i-db2: mnt-cloudy\.mount: mount\.nfs4: Connection timed out .*no ingress rule of sg-efs/);
});

test("N4: a NAT instance forwards once both halves are set, and needs its package", async () => {
  rig = await createInstances();
  rig.state.forwarding.clear();
  const unit = unitFile("cloudy-nat.service", {
    Service: {
      Type: "oneshot",
      RemainAfterExit: "yes",
      ExecStart: [
        "/usr/sbin/sysctl -w net.ipv4.ip_forward=1",
        "/usr/sbin/iptables -t nat -A POSTROUTING -s 10.0.0.0/16 ! -d 10.0.0.0/16 -j MASQUERADE",
      ],
    },
  });
  const config = (packages: string[]) => ({
    packages,
    write_files: [unit],
    runcmd: [
      ["networkctl", "reload"],
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", "cloudy-nat.service"],
    ],
  });
  await rig.boot("i-nat", config([]));
  expect(rig.sentences.join("\n")).toMatch(/iptables: command not found/);
  expect([...rig.state.forwarding]).toEqual([]);
  await rig.boot("i-web", config(["iptables-nft"]));
  expect([...rig.state.forwarding]).toEqual(["i-web"]);
});

test("N4: a NAT instance takes over its interface by an API call of its own, again until that works", async () => {
  rig = await createInstances(20);
  const unit = unitFile("cloudy-nat-interface.service", {
    Service: {
      Type: "oneshot",
      RemainAfterExit: "yes",
      ExecStart:
        "/usr/bin/aws ec2 attach-network-interface --instance-id i-web --device-index 1 --network-interface-id eni-nat",
      Restart: "on-failure",
      RestartSec: "5s",
    },
  });
  const commands = [
    ["systemctl", "daemon-reload"],
    ["systemctl", "start", "cloudy-nat-interface.service"],
  ];
  await rig.boot("i-web", { write_files: [unit], runcmd: commands });
  expect(rig.sentences.join("\n")).toMatch(/aws ec2 attach-network-interface .*; it is started again/);
  rig.objects.set(
    "/",
    Buffer.from("<AttachNetworkInterfaceResponse><attachmentId>a</attachmentId></AttachNetworkInterfaceResponse>"),
  );
  rig.calls.length = 0;
  await expect.poll(() => rig.calls.length).toBeGreaterThan(0);
  expect(rig.calls[0]).toMatch(/^POST \/ .*Action=AttachNetworkInterface/);
  expect(rig.calls[0]).toMatch(/InstanceId=i-web.*/);
  expect(rig.calls[0]).toMatch(/NetworkInterfaceId=eni-nat/);
});

test.each([
  [["reboot"], 'The command "reboot" is not modelled'],
  [["mkdir", "/x"], '"mkdir /x" is not a form of mkdir'],
  [["aws", "s3", "sync", "a", "b"], '"aws s3 sync" is not modelled'],
  [["aws", "s3", "cp", "--recursive", "s3://a/b", "/c"], "--recursive is not modelled"],
  [["ip", "link", "set", "lo", "up"], "is not a form of ip"],
])("D5: %j in runcmd is refused by name", async (command, message) => {
  rig = await createInstances();
  await expect(rig.boot("i-web", { runcmd: [command] })).rejects.toThrow(message);
});

test("D5: a package or a unit setting that the twin does not model is refused by name", async () => {
  rig = await createInstances();
  await expect(rig.boot("i-web", { packages: ["nginx"] })).rejects.toThrow(
    'i-web: The package "nginx" is not modelled',
  );
  const unit = unitFile("x.service", { Service: { Type: "notify", ExecStart: "/usr/bin/x" } });
  const config = { write_files: [unit], runcmd: [["systemctl", "daemon-reload"]] };
  await expect(rig.boot("i-nat", config)).rejects.toThrow("x.service: Type=notify is not modelled");
});
