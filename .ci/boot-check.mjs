// The units of web, database and NAT instances under a real systemd as PID 1 of a namespace, where package source, downloads,
// mount and processes fail a few times before they work. Stand-ins play dnf, aws, mount.efs and Node.js; see boot/.
// usage: boot-check.mjs [REPOSITORY]   prints "ok NAME" or "FAILED NAME: why" a line, or "SKIPPED: why"
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const repository = resolve(process.argv[2] ?? join(here, ".."));
/** Amazon Linux 2023 has 252. */
const SYSTEMD_MIN = 252;

const missing = whatIsMissing();
if (missing !== undefined) console.log(`SKIPPED: the units under a real systemd, since ${missing}.`);
else process.exitCode = await check();

function whatIsMissing() {
  if (process.getuid?.() !== 0) return "only root may make the namespaces";
  const version = Number(/^systemd (\d+)/.exec(output("systemctl", ["--version"]))?.[1] ?? 0);
  if (version < SYSTEMD_MIN) return `systemd ${SYSTEMD_MIN} or newer is not installed`;
  const flags = ["--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup"];
  const probe = `cd "$0" && mount -t tmpfs tmpfs . && cd "$0" && mkdir upper work root groups &&
    mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root && mount -t cgroup2 cgroup2 groups &&
    mkdir "groups/cloudy-probe-$$" && rmdir "groups/cloudy-probe-$$"`;
  const directory = mkdtempSync(join(tmpdir(), "boot-probe-"));
  const { status } = spawnSync("unshare", [...flags, "sh", "-c", probe, directory], { stdio: "ignore" });
  rmSync(directory, { recursive: true, force: true });
  return status === 0 ? undefined : "namespaces, overlayfs or cgroups can't be had here";
}

function output(command, args) {
  return spawnSync(command, args, { encoding: "utf8" }).stdout ?? "";
}

async function check() {
  const directory = mkdtempSync(join(tmpdir(), "boot-check-"));
  try {
    const tiers = Object.entries(await configs(directory));
    const lines = (await Promise.all(tiers.map(([tier, config]) => boots(directory, tier, config)))).flat();
    for (const line of lines) console.log(line);
    return lines.some((line) => !line.startsWith("ok ")) ? 1 : 0;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The program's own cloud-configs, with bundles that hold one script each. */
async function configs(directory) {
  const load = (path) => import(join(repository, path));
  const { webBoot } = await load("infra/web/web-boot.ts");
  const { dbBoot } = await load("infra/database/db-boot.ts");
  const { databaseCapacity } = await load("infra/instance/capacity.ts");
  const { natBoot } = await load("infra/network/nat-boot.ts");
  const { parseSettings } = await load("infra/settings/settings.ts");
  const region = "eu-west-1";
  const stack = "cloudy/dev";
  const settings = parseSettings(() => undefined, region);
  const bundle = (name, script) => {
    const place = join(directory, "bundles", name);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, script), "// Node.js is played by a script.\n");
    execFileSync("tar", ["-czf", `${place}.tar.gz`, "-C", place, "."]);
    const sha256 = createHash("sha256")
      .update(readFileSync(`${place}.tar.gz`))
      .digest("hex");
    return { name, sha256, s3Uri: `s3://artifacts/${name}.tar.gz` };
  };
  const hostMetrics = bundle("host-metrics", "host-metrics.mjs");
  const ids = {
    databaseSecretId: "database",
    serverSecretId: "server",
    grantSecretId: "grant",
    backupBucket: "backups",
  };
  return {
    web: webBoot({
      ...{
        region,
        stack,
        logGroup: "/cloudy/dev",
        hostMetrics,
        settings: settings.web,
        secretId: "secret",
        secretRegion: region,
      },
      api: bundle("api", "server.mjs"),
      database: { host: "10.10.10.10", certificateAuthority: "a certificate", connections: 5 },
      processes: 1,
    }),
    database: dbBoot({
      ...{ region, stack, logGroup: "/cloudy/dev", hostMetrics, settings: settings.database, ...ids },
      capacity: databaseCapacity({ memory_MB: 512, vcpus: 1 }),
      ...{ virtualIp: "10.10.10.10", fileSystemId: "fs-1", accessPointId: "fsap-1" },
      dbAgent: bundle("db-agent", "agent.mjs"),
    }),
    nat: natBoot({
      vpcCidr: "10.0.0.0/16",
      interfaceId: "eni-1",
      interfaceMac: "0a:00:00:00:00:01",
      groupName: "nat",
      logGroup: "/cloudy/dev",
    }),
  };
}

/** Boots one instance several times; returns the lines that its judge wrote. */
async function boots(directory, tier, config) {
  const place = join(directory, tier);
  const results = join(place, "results");
  mkdirSync(results, { recursive: true });
  chmodSync(results, 0o777);
  cpSync(join(here, "boot"), join(place, "stand-ins"), { recursive: true });
  cpSync(join(directory, "bundles"), join(place, "bundles"), { recursive: true });
  for (const file of config.write_files) {
    const path = join(place, "files", file.path);
    mkdirSync(dirname(path), { recursive: true });
    // Shorter pauses, or else this takes minutes; the limits of systemd are its own.
    const paced = file.content
      .replaceAll("RestartSec=5s", "RestartSec=400ms")
      .replaceAll("RestartSec=1s", "RestartSec=100ms");
    writeFileSync(path, paced.replaceAll(/\{\{ v1\.instance_id \}\}/g, "i-1"));
  }
  writeFileSync(join(place, "cloud-init.sh"), cloudInit(config), { mode: 0o755 });
  const child = spawn("unshare", ["--mount", "bash", join(here, "boot/host.sh"), place, tier], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  await new Promise((done) => child.once("close", done));
  try {
    return readFileSync(join(results, "verdict"), "utf8").trim().split("\n");
  } catch {
    return [`FAILED ${tier}: systemd told nothing: ${errors.trim()}`];
  }
}

/** As cloud-init does it: packages, whatever comes of them, then the commands as one script. */
function cloudInit({ packages = [], runcmd }) {
  const quoted = (argv) => argv.map((word) => `'${word}'`).join(" ");
  const dnf = packages.length === 0 ? [] : [`dnf install -y ${packages.join(" ")} || true`];
  return ["#!/bin/sh", ...dnf, ...runcmd.map((argv) => (argv[0] === "set" ? argv.join(" ") : quoted(argv))), ""].join(
    "\n",
  );
}
