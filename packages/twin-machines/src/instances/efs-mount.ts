import { chmodSync, existsSync, lstatSync, mkdirSync, rmdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { giveTo, hostUser } from "../host/host-user.ts";
import { MOUNT_ATTEMPTS_MAX, MOUNT_TIMEOUT_MS, NFS_PORT } from "./constants.ts";
import { CommandFailed, UserDataError } from "./errors.ts";
import type { Machine } from "./machine.ts";
import type { UnitFile } from "./unit-file.ts";

/** How NFS behaves when the server is slow; a directory of this machine never is. */
const NFS_OPTIONS = /^(_netdev|hard|noresvport|nfsvers=4\.1|rsize=\d+|wsize=\d+|timeo=\d+|retrans=\d+|nofail|noatime)$/;

interface MountOptions {
  readonly isTls: boolean;
  readonly isIam: boolean;
  readonly accessPointId: string | undefined;
}

/** Mounts an EFS file system, if network, file system policy and the instance's role let it: `Where` leads to its directory. */
export async function mountFileSystem(unit: UnitFile, machine: Machine): Promise<void> {
  const [what = "", where = "", type] = ["What", "Where", "Type"].map((key) => unit.value("Mount", key));
  const fileSystemId = /^(fs-\w+)(:\/?)?$/.exec(what)?.[1];
  if (type !== "efs" || fileSystemId === undefined || !where.startsWith("/")) {
    throw new UserDataError(
      `${unit.name}: the twin mounts What=fs-...:/ of Type=efs, not "${what}" of type "${type}".`,
    );
  }
  const options = mountOptions(unit);
  if (!machine.packages.has("amazon-efs-utils")) {
    throw new CommandFailed("mount: unknown filesystem type 'efs' (package amazon-efs-utils)");
  }
  if (machine.lacks("mount")) throw new CommandFailed("mount.nfs4: mount system call failed: the file system is away");
  if (machine.lacks("dns")) throw new CommandFailed(`mount.efs: Failed to resolve the name of ${fileSystemId}`);
  await reachMountTarget(fileSystemId, machine);
  authorize(fileSystemId, options, machine);
  attach(machine.path(where), directoryOf(fileSystemId, options, machine));
}

function mountOptions(unit: UnitFile): MountOptions {
  const options = (unit.value("Mount", "Options") ?? "").split(",").filter(Boolean);
  // stunnel says which program carries TLS, and so how many connections there are; here there is none of either.
  const known = (option: string) => ["tls", "iam", "stunnel"].includes(option) || option.startsWith("accesspoint=");
  const unknown = options.find((option) => !known(option) && !NFS_OPTIONS.test(option));
  if (unknown !== undefined)
    throw new UserDataError(`${unit.name}: the mount option "${unknown}" is not modelled by the twin.`);
  return {
    isTls: options.includes("tls"),
    isIam: options.includes("iam"),
    accessPointId: options.find((option) => option.startsWith("accesspoint="))?.slice("accesspoint=".length),
  };
}

async function reachMountTarget(fileSystemId: string, machine: Machine): Promise<void> {
  const { fabric, fileSystems, clock } = machine.surroundings;
  const { availabilityZone } = machine.instance;
  const target = fileSystems.mountTarget(fileSystemId, availabilityZone);
  if (target === undefined) throw new CommandFailed(`${fileSystemId} has no mount target in ${availabilityZone}`);
  for (let attempt = 1; ; attempt += 1) {
    const limit = new AbortController();
    const cancel = clock.after(MOUNT_TIMEOUT_MS, () => limit.abort());
    try {
      await fabric.reach(machine.origin, target.ip, NFS_PORT, AbortSignal.any([limit.signal, machine.off.signal]));
      return;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      machine.journal(`mount.efs: attempt ${attempt} to reach ${target.ip}:${NFS_PORT}: ${reason}`);
      if (attempt === MOUNT_ATTEMPTS_MAX || machine.off.signal.aborted) {
        throw new CommandFailed(`mount.nfs4: Connection timed out (${target.ip}:${NFS_PORT}): ${reason}`);
      }
    } finally {
      cancel();
    }
  }
}

function authorize(fileSystemId: string, { isTls, isIam, accessPointId }: MountOptions, machine: Machine): void {
  const { fileSystems, identity } = machine.surroundings;
  const resource = fileSystems.fileSystemArn(fileSystemId) ?? "";
  const denied = (why: string) => new CommandFailed(`mount.nfs4: access denied by server while mounting: ${why}`);
  if (!isIam) {
    if (fileSystems.policy(fileSystemId) === undefined) return;
    throw denied(`${fileSystemId} has a policy, and the mount options lack "iam"`);
  }
  if (!isTls) throw new CommandFailed('mount.efs: The "iam" option requires the "tls" option.');
  const { roleArn } = machine.instance;
  if (roleArn === undefined || machine.lacks("metadata")) throw denied("AWS Access Key ID and Secret are not found");
  const accessPoint = accessPointId === undefined ? undefined : fileSystems.accessPoint(accessPointId);
  const context = {
    "aws:securetransport": String(isTls),
    "elasticfilesystem:accessedviamounttarget": "true",
    ...(accessPoint === undefined ? {} : { "elasticfilesystem:accesspointarn": accessPoint.arn }),
  };
  // Without ClientWrite the mount would be read-only, which the twin does not model.
  for (const action of ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]) {
    const decision = identity.roleMay(roleArn, { action, resource, context });
    if (!decision.allowed) throw denied(`${roleArn} may not ${action}: ${decision.because}`);
  }
}

/** The file system's directory on this machine; an access point's is made with the owner and permissions that it says. */
function directoryOf(fileSystemId: string, { accessPointId }: MountOptions, machine: Machine): string {
  const { twinDirectory, fileSystems } = machine.surroundings;
  const base = join(twinDirectory, "efs", fileSystemId);
  mkdirSync(base, { recursive: true });
  if (accessPointId === undefined) return base;
  const accessPoint = fileSystems.accessPoint(accessPointId);
  if (accessPoint === undefined || accessPoint.fileSystemArn !== fileSystems.fileSystemArn(fileSystemId)) {
    throw new CommandFailed(`mount.nfs4: ${fileSystemId} has no access point ${accessPointId}`);
  }
  const directory = join(base, accessPoint.path);
  if (existsSync(directory)) return directory;
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, Number.parseInt(accessPoint.permissions, 8));
  giveTo(directory, hostUser(accessPoint.ownerUid));
  return directory;
}

export function isMounted(place: string): boolean {
  return lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** Leaves the mount point behind, which is empty and root's. */
export function detach(place: string): void {
  rmSync(place, { force: true });
  mkdirSync(place);
}

function attach(place: string, directory: string): void {
  mkdirSync(dirname(place), { recursive: true });
  if (existsSync(place) && !isMounted(place)) rmdirSync(place);
  rmSync(place, { force: true });
  symlinkSync(directory, place);
}
