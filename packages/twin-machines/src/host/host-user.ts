import { chownSync, cpSync, existsSync, lchownSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** What `child_process.spawn` takes to run as somebody else. */
export interface HostUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * `nobody`: PostgreSQL refuses root and asks the host's user database for its own name, so it must be a user that every
 * Linux has. It stands for all users of an instance but root.
 */
const NOBODY: HostUser = { uid: 65_534, gid: 65_534 };

/** The user of this machine that stands for a user (name or number) of an instance; a twin without root has only its own. */
export function hostUser(user: string | number | undefined): HostUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return user === undefined || user === "root" || Number(user) === 0 ? { uid: 0, gid: 0 } : NOBODY;
}

export function giveTo(path: string, user: HostUser | undefined): void {
  if (user === undefined) return;
  if (existsSync(path) && !statSync(path).isSymbolicLink()) chownSync(path, user.uid, user.gid);
  else lchownSync(path, user.uid, user.gid);
}

/** A path that unprivileged users can read: `path` itself, or a copy of it at `copy` when its folders are closed to them. */
export function readableByAll(path: string, copy: string): string {
  if (process.getuid?.() !== 0 || isOpen(path)) return path;
  if (!existsSync(copy)) cpSync(path, copy, { recursive: true, dereference: true });
  return copy;
}

function isOpen(path: string): boolean {
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    if ((statSync(parent).mode & 0o001) === 0) return false;
    if (parent === dirname(parent)) break;
  }
  return (statSync(path).mode & 0o004) !== 0;
}
