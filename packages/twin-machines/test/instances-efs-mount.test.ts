import { lstatSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createBus } from "@cloudy/twin-model/bus.ts";
import { type ManualClock, manualClock } from "@cloudy/twin-model/clock.ts";
import type { FileSystemView } from "@cloudy/twin-model/file-system.ts";
import type { Instance } from "@cloudy/twin-model/instance.ts";
import { Iam } from "@cloudy/twin-services/iam/iam.ts";
import { graphOf, resource, role, roleArn } from "@cloudy/twin-services/test/wire-graph.ts";
import { afterEach, describe, expect, test } from "vitest";
import { writeChildModules } from "../src/host/child-modules.ts";
import { mountFileSystem } from "../src/instances/efs-mount.ts";
import { CommandFailed, UserDataError } from "../src/instances/errors.ts";
import { Machine } from "../src/instances/machine.ts";
import { parseUnitFile } from "../src/instances/unit-file.ts";
import { createRig, type Rig } from "./network-rig.ts";

const FILE_SYSTEM = "arn:aws:elasticfilesystem:eu-west-1:123456789012:file-system/fs-1";
const POINT = "arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-1";
const OPTIONS = "tls,iam,accesspoint=fsap-1,_netdev,hard,noresvport";

const unit = (options: string, what = "fs-1:/") =>
  parseUnitFile("mnt-cloudy.mount", `[Mount]\nWhat=${what}\nWhere=/mnt/cloudy\nType=efs\nOptions=${options}\n`);
const MOUNT = unit(OPTIONS);

/** As the program declares it. */
const tlsOnly = {
  Sid: "TlsOnly",
  Effect: "Deny",
  Principal: { AWS: "*" },
  Action: "*",
  Resource: FILE_SYSTEM,
  Condition: { Bool: { "aws:SecureTransport": "false" } },
};
const pointOnly = {
  ...tlsOnly,
  Sid: "ThroughTheAccessPointOnly",
  Action: "elasticfilesystem:ClientMount",
  Condition: { StringNotEquals: { "elasticfilesystem:AccessPointArn": POINT } },
};
const roleStatement = {
  Sid: "Mount",
  Effect: "Allow",
  Action: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
  Resource: FILE_SYSTEM,
  Condition: { StringEquals: { "elasticfilesystem:AccessPointArn": POINT } },
};

const fileSystemPolicy = (statements: readonly unknown[]) => ({ Version: "2012-10-17", Statement: statements });

interface Given {
  readonly statements?: readonly Record<string, unknown>[];
  readonly policy?: readonly unknown[] | undefined;
  readonly zone?: string;
}

interface Bench {
  readonly rig: Rig;
  readonly machine: Machine;
  readonly clock: ManualClock;
}

const benches: Bench[] = [];
afterEach(async () => {
  for (const { rig, machine } of benches.splice(0)) {
    machine.off.abort();
    await rig.close();
  }
});

async function bench({ statements = [roleStatement], zone = "eu-west-1a", ...given }: Given = {}): Promise<Bench> {
  const policy = "policy" in given ? given.policy : [tlsOnly, pointOnly];
  const rig = await createRig();
  const clock = manualClock();
  const declared =
    policy === undefined
      ? []
      : [
          resource("aws:efs/fileSystemPolicy:FileSystemPolicy", "fs", {
            fileSystemId: "fs-1",
            policy: JSON.stringify(fileSystemPolicy(policy)),
          }),
        ];
  const machine = new Machine(
    {
      twinDirectory: rig.directory,
      node: process.execPath,
      modules: writeChildModules(join(rig.directory, "lib")),
      fabric: rig.fabric,
      clock,
      bus: createBus(),
      identity: new Iam({ graph: graphOf(...role("Db", statements), ...declared), clock }),
      region: "eu-west-1",
      hooks: { addAddress: () => {}, enableForwarding: () => {} },
      fileSystems: fileSystems(policy),
      realTimeUnits: [],
      bootFaults: [],
    },
    { id: "i-db1", availabilityZone: zone, roleArn: roleArn("Db") } as Instance,
    { id: "eni-db1", privateIp: "10.0.1.11" },
    new Set(["amazon-efs-utils"]),
  );
  mkdirSync(machine.path("/mnt/cloudy"), { recursive: true });
  const made = { rig, machine, clock };
  benches.push(made);
  return made;
}

function fileSystems(policy: readonly unknown[] | undefined): FileSystemView {
  return {
    mountTarget: (id, zone) =>
      id === "fs-1" && zone === "eu-west-1a" ? { ip: "10.0.1.50", interfaceId: "eni-efs" } : undefined,
    accessPoint: (id) =>
      id === "fsap-1"
        ? { arn: POINT, fileSystemArn: FILE_SYSTEM, path: "/cloudy", ownerUid: 26, ownerGid: 26, permissions: "0700" }
        : undefined,
    fileSystemArn: (id) => (id === "fs-1" ? FILE_SYSTEM : undefined),
    policy: () => (policy === undefined ? undefined : fileSystemPolicy(policy)),
  };
}

async function refusal(given: Given, mount = MOUNT): Promise<string> {
  const { machine } = await bench(given);
  const error = await mountFileSystem(mount, machine).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CommandFailed);
  expect(lstatSync(machine.path("/mnt/cloudy")).isSymbolicLink()).toBe(false);
  return (error as Error).message;
}

describe("EFS mounts", () => {
  test("D2: through TLS, IAM and the access point, the directory has the owner and permissions of the access point", async () => {
    const { machine, rig } = await bench();
    await mountFileSystem(MOUNT, machine);
    const place = machine.path("/mnt/cloudy");
    expect(realpathSync(place)).toBe(realpathSync(join(rig.directory, "efs/fs-1/cloudy")));
    expect((statSync(place).mode & 0o777).toString(8)).toBe("700");
    expect(statSync(place).uid).not.toBe(0);
    await mountFileSystem(MOUNT, machine);
  });

  test("D2: every instance that mounts it sees the same files", async () => {
    const { machine } = await bench();
    await mountFileSystem(MOUNT, machine);
    writeFileSync(machine.path("/mnt/cloudy/epoch-1.json"), "{}");
    const standby = new Machine(
      machine.surroundings,
      { ...machine.instance, id: "i-db2" },
      { id: "eni-db2", privateIp: "10.0.1.12" },
      machine.packages,
    );
    await mountFileSystem(MOUNT, standby);
    expect(readFileSync(standby.path("/mnt/cloudy/epoch-1.json"), "utf8")).toBe("{}");
  });

  test("D2: past the access point the file system's policy denies it, by name", async () => {
    const unconditional = { ...roleStatement, Condition: {} };
    expect(await refusal({ statements: [unconditional] }, unit("tls,iam"))).toContain("ThroughTheAccessPointOnly");
  });

  test("D2: without TLS there is no IAM, and without IAM the file system's policy lets nobody in", async () => {
    expect(await refusal({}, unit("iam,accesspoint=fsap-1"))).toMatch(/"iam" option requires the "tls" option/);
    expect(await refusal({}, unit("tls,accesspoint=fsap-1"))).toMatch(/policy.*lack "iam"/);
    expect(await refusal({}, unit("hard"))).toMatch(/policy.*lack "iam"/);
  });

  test("D2: without its package there is no such file system type", async () => {
    const { machine } = await bench();
    machine.packages.clear();
    await expect(mountFileSystem(MOUNT, machine)).rejects.toThrow("amazon-efs-utils");
  });

  test("D2: a role without the permission is refused, and one that may only read as well", async () => {
    expect(await refusal({ statements: [] })).toContain("elasticfilesystem:ClientMount");
    const readOnly = { ...roleStatement, Action: "elasticfilesystem:ClientMount" };
    expect(await refusal({ statements: [readOnly] })).toContain("elasticfilesystem:ClientWrite");
  });

  test("a file system without a policy takes everybody who reaches it", async () => {
    const { machine } = await bench({ statements: [], policy: undefined });
    await mountFileSystem(unit("hard"), machine);
    expect(realpathSync(machine.path("/mnt/cloudy"))).toMatch(/efs\/fs-1$/);
  });

  test("D2: a security group without port 2049 fails the mount after its attempts, and opening it in time lets it pass", async () => {
    const closed = await bench();
    closed.rig.state.rules["sg-efs"] = [];
    const failing = mountFileSystem(MOUNT, closed.machine).catch((thrown: unknown) => thrown);
    await closed.clock.advance(45_000);
    expect(String(await failing)).toMatch(/timed out \(10\.0\.1\.50:2049\): .*sg-efs/);

    const late = await bench();
    const rules = late.rig.state.rules["sg-efs"] ?? [];
    late.rig.state.rules["sg-efs"] = [];
    const passing = mountFileSystem(MOUNT, late.machine);
    await late.clock.advance(30_000);
    late.rig.state.rules["sg-efs"] = rules;
    late.rig.changed();
    await passing;
  });

  test("what does not exist is named", async () => {
    expect(await refusal({}, unit(OPTIONS, "fs-9:/"))).toContain("fs-9 has no mount target in eu-west-1a");
    const open = { statements: [{ ...roleStatement, Condition: {} }], policy: undefined };
    expect(await refusal(open, unit("tls,iam,accesspoint=fsap-9"))).toContain("no access point fsap-9");
    expect(await refusal({ zone: "eu-west-1b" })).toContain("no mount target in eu-west-1b");
  });

  test("an unknown option is an error of the user data", async () => {
    const { machine } = await bench();
    const error = await mountFileSystem(unit(`${OPTIONS},nconnect=4`), machine).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserDataError);
    expect(String(error)).toContain("nconnect=4");
  });

  test("files at the mount point are not hidden silently", async () => {
    const { machine } = await bench();
    writeFileSync(machine.path("/mnt/cloudy/stray"), "");
    await expect(mountFileSystem(MOUNT, machine)).rejects.toThrow("ENOTEMPTY");
  });
});
