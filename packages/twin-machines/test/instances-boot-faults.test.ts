import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { createInstances, type InstancesRig, unitFile } from "./instances-rig.ts";

let rig: InstancesRig;
afterEach(() => rig.close());

const SPEED = 60;
const told = () => rig.sentences.join("\n");
/** Longer than the faults here, of cloud time. */
const twoMinutes = () => sleep(120_000 / SPEED);

/** What writes a file where it may, and stays. */
const AGENT = { path: "/opt/agent.mjs", content: "console.log('agent runs'); setInterval(() => {}, 1000);" };
const MOUNT = unitFile("mnt-cloudy.mount", {
  Mount: { What: "fs-1:/", Where: "/mnt/cloudy", Type: "efs", Options: "tls,iam,accesspoint=fsap-1,_netdev,hard" },
});
const agent = (section: Record<string, string>, service: Record<string, string | readonly string[]> = {}) =>
  unitFile("agent.service", {
    Unit: section,
    Service: { Type: "exec", ExecStart: "/usr/bin/node-24 /opt/agent.mjs", Restart: "always", ...service },
  });
const started = (...units: string[]) => [
  ["systemctl", "daemon-reload"],
  ["systemctl", "enable", "--now", ...units],
];
const config = (files: readonly object[], ...units: string[]) => ({
  packages: ["nodejs24", "amazon-efs-utils"],
  write_files: [AGENT, ...files],
  runcmd: [["set", "-e"], ...started(...units)],
});

describe("units that count on the first attempt stay down, as under systemd", () => {
  test("R2: one mount that fails leaves a service that requires it inactive for ever", async () => {
    rig = await createInstances(SPEED, { bootFaults: [{ what: "mount", seconds: 20 }] });
    const service = agent({ RequiresMountsFor: "/mnt/cloudy" });
    await rig.boot("i-db1", config([MOUNT, service], "mnt-cloudy.mount", "agent.service"));
    expect(told()).toMatch(/agent\.service: Dependency failed: mnt-cloudy\.mount/);
    await twoMinutes();
    expect(rig.journal("i-db1")).not.toMatch(/agent runs/);
  });

  test("R2: one dnf that fails keeps all later commands of the user data from running", async () => {
    rig = await createInstances(SPEED, { bootFaults: [{ what: "packages", seconds: 20 }] });
    rig.state.forwarding.clear();
    const nat = unitFile("cloudy-nat.service", {
      Service: {
        Type: "oneshot",
        RemainAfterExit: "yes",
        ExecStart: [
          "/usr/sbin/sysctl -w net.ipv4.ip_forward=1",
          "/usr/sbin/iptables -t nat -A POSTROUTING -s 10.0.0.0/16 ! -d 10.0.0.0/16 -j MASQUERADE",
        ],
      },
      Install: { WantedBy: "multi-user.target" },
    });
    const attach =
      "/usr/bin/aws ec2 attach-network-interface --instance-id i-nat --device-index 1 --network-interface-id eni-nat";
    const takeover = unitFile("cloudy-nat-interface.service", {
      Service: { Type: "oneshot", RemainAfterExit: "yes", ExecStart: attach, Restart: "on-failure", RestartSec: "5s" },
    });
    const runcmd = [
      ["set", "-e"],
      ...started("cloudy-nat.service"),
      ["systemctl", "start", "cloudy-nat-interface.service"],
    ];
    await rig.boot("i-nat", { packages: ["iptables-nft"], write_files: [nat, takeover], runcmd });
    expect(told()).toMatch(/user data failed: .*iptables: command not found/);
    await twoMinutes();
    expect(rig.calls.join()).not.toMatch(/AttachNetworkInterface/);
    expect([...rig.state.forwarding]).toEqual([]);
  });

  test("R2: five starts that end at once leave a service failed, and StartLimitIntervalSec=0 does not", async () => {
    rig = await createInstances(1);
    const quick = (name: string, section: Record<string, string>) => [
      { path: `/opt/${name}.mjs`, content: `console.log('${name} ends'); process.exit(1)` },
      unitFile(`${name}.service`, {
        Unit: section,
        Service: { ExecStart: `/usr/bin/node-24 /opt/${name}.mjs`, Restart: "always", RestartSec: "10ms" },
      }),
    ];
    const files = [...quick("limited", {}), ...quick("unlimited", { StartLimitIntervalSec: "0" })];
    await rig.boot("i-web", config(files, "limited.service", "unlimited.service"));
    await expect.poll(told, { timeout: 10_000 }).toMatch(/limited\.service: Start request repeated too quickly/);
    const ends = (name: string) => rig.journal("i-web").match(new RegExp(`^${name} ends`, "gm"))?.length ?? 0;
    await expect.poll(() => ends("unlimited"), { timeout: 10_000 }).toBeGreaterThan(7);
    expect(ends("limited")).toBe(5);
  });
});

describe("what units may count on instead", () => {
  const RETRIED = { StartLimitIntervalSec: "0" };

  test("R2: a service that has its file system mounted at each start runs once that works, and never before", async () => {
    rig = await createInstances(SPEED, { bootFaults: [{ what: "mount", seconds: 20 }] });
    const mount = { ...MOUNT, content: `[Unit]\nStartLimitIntervalSec=0\n${MOUNT.content}` };
    const service = agent(RETRIED, {
      ExecStartPre: [
        "+/usr/bin/systemctl start mnt-cloudy.mount",
        "+/usr/bin/systemctl is-active --quiet mnt-cloudy.mount",
      ],
      RestartSec: "1s",
    });
    await rig.boot("i-db1", config([mount, service], "agent.service"));
    await expect.poll(() => rig.journal("i-db1"), { timeout: 10_000 }).toMatch(/^agent runs/m);
    expect(rig.journal("i-db1").indexOf("agent runs")).toBeGreaterThan(
      rig.journal("i-db1").lastIndexOf("the file system is away"),
    );
    await rig.instances.halt("i-db1", "power-off");
  });

  test("R2: a mount that was not started is not active, and after a reboot the directory is empty", async () => {
    rig = await createInstances(SPEED);
    const service = agent(RETRIED, {
      ExecStartPre: "+/usr/bin/systemctl is-active --quiet mnt-cloudy.mount",
      RestartSec: "10s",
    });
    const both = config([MOUNT, service], "mnt-cloudy.mount", "agent.service");
    await rig.boot("i-db1", { ...both, runcmd: [["mkdir", "-p", "/mnt/cloudy"], ...started("agent.service")] });
    expect(told()).toMatch(/mnt-cloudy.mount is not active; it is started again/);
    await rig.boot("i-db2", { ...both, runcmd: started("mnt-cloudy.mount") });
    const place = join(rig.directory, "instances/i-db2/root/mnt/cloudy");
    expect(existsSync(place)).toBe(true);
    await rig.instances.halt("i-db2", "power-off");
    await rig.boot("i-db2", both);
    expect(readdirSync(place)).toEqual([]);
  });

  test("R2: what comes after a step and wants it is tried once an attempt of the step, and a done step is skipped", async () => {
    rig = await createInstances(SPEED, { bootFaults: [{ what: "packages", seconds: 20 }] });
    const step = unitFile("step.service", {
      Unit: { ...RETRIED, ConditionPathExists: "!/var/lib/steps/packages" },
      Service: {
        Type: "oneshot",
        RemainAfterExit: "yes",
        StateDirectory: "steps",
        ExecStart: ["/usr/bin/dnf install -y nodejs24", "/usr/bin/touch /var/lib/steps/packages"],
        Restart: "on-failure",
        RestartSec: "5s",
      },
    });
    const service = agent(
      { ...RETRIED, After: "step.service", Wants: "step.service" },
      { ExecStartPre: "+/usr/bin/test -e /var/lib/steps/packages", RestartSec: "100ms" },
    );
    await rig.boot("i-web", {
      write_files: [AGENT, step, service],
      runcmd: [
        ["systemctl", "daemon-reload"],
        ["systemctl", "enable", "--now", "--no-block", "agent.service", "step.service"],
      ],
    });
    await expect.poll(() => rig.journal("i-web"), { timeout: 10_000 }).toMatch(/^agent runs/m);
    const failures = (unit: string) => rig.sentences.filter((sentence) => sentence.includes(unit)).length;
    expect(failures("No such file or directory; it is started again")).toBe(failures("dnf can't reach"));
    await rig.instances.halt("i-web", "power-off");
    await rig.boot("i-web", {});
    await expect.poll(() => rig.journal("i-web").match(/^agent runs/gm)?.length, { timeout: 10_000 }).toBe(2);
    expect(rig.journal("i-web")).toMatch(/step\.service was skipped because of an unmet condition/);
  });

  test("R2: a command that hangs fails after TimeoutStartSec and is tried again", async () => {
    rig = await createInstances(SPEED);
    const hangs = unitFile("hangs.service", {
      Service: {
        Type: "oneshot",
        ExecStart: "/usr/bin/node-24 /opt/agent.mjs",
        TimeoutStartSec: "30s",
        Restart: "on-failure",
      },
    });
    await rig.boot("i-web", config([hangs], "hangs.service"));
    await expect
      .poll(() => rig.journal("i-web").match(/^agent runs/gm)?.length, { timeout: 10_000 })
      .toBeGreaterThan(1);
    expect(told()).toMatch(/hangs\.service: start operation timed out; it is started again/);
  });
});

describe("metadata service", () => {
  test("R2: cloud-init waits four minutes for it, and then the machine is up without its user data", async () => {
    rig = await createInstances(SPEED * 10, { bootFaults: [{ what: "metadata", seconds: 300 }] });
    await rig.boot("i-web", config([agent({})], "agent.service"));
    expect(told()).toMatch(/cloud-init found no metadata service, so the user data is not run/);
  });
});

test.each([
  [{ Type: "oneshot", ExecStart: "/usr/bin/touch /x", Restart: "always" }, "isn't allowed for Type=oneshot"],
  [{ ExecStart: "/usr/bin/node-24 /x", Restart: "on-abnormal" }, "Restart=on-abnormal is not modelled"],
  [{ ExecStart: "/usr/bin/node-24 /x", ExecStartPre: "-/usr/bin/test -e /x" }, "the prefix of ExecStartPre=-"],
  [{ ExecStart: "/usr/bin/node-24 /x", ExecStartPost: "/usr/bin/touch /x" }, "ExecStartPost= in [Service] is not"],
])("R2: %j is refused by name", async (service, message) => {
  rig = await createInstances();
  const unit = unitFile("x.service", { Service: service });
  const wrong = { write_files: [unit], runcmd: [["systemctl", "daemon-reload"]] };
  await expect(rig.boot("i-web", wrong)).rejects.toThrow(message);
});

test.each(["Upholds", "BindsTo", "ConditionPathIsMountPoint"])("R2: %s= is refused by name", async (key) => {
  rig = await createInstances();
  const unit = unitFile("x.service", { Unit: { [key]: "y" }, Service: { ExecStart: "/usr/bin/node-24 /x" } });
  const wrong = { write_files: [unit], runcmd: [["systemctl", "daemon-reload"]] };
  await expect(rig.boot("i-web", wrong)).rejects.toThrow(`${key}= in [Unit] is not modelled`);
});
