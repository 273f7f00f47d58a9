import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { AgentError } from "./errors.ts";
import type { Epoch } from "./state.ts";

const EPOCH_FILE = /^epoch-([1-9][0-9]*)\.json$/;

/**
 * The epochs as files. Everything here may hang for as long as the file system does, so it runs in the shared-files
 * process only.
 */
export function readCurrentEpoch(sharedDir: string): Epoch | undefined {
  const directory = epochsDirectory(sharedDir);
  const names = new Set(readdirSync(directory));
  let number = 0;
  for (const name of names) number = Math.max(number, Number(EPOCH_FILE.exec(name)?.[1] ?? 0));
  if (number === 0) return undefined;
  const path = join(directory, `epoch-${number}.json`);
  const { holder, token } = parseEpoch(readFileSync(path, "utf8"), number, path);
  return { number, holder, token, released: names.has(`epoch-${number}.released`) };
}

/** Makes epoch `number` for `holder`, or tells that somebody else did. */
export function makeEpoch(
  sharedDir: string,
  epoch: { readonly number: number; readonly holder: string; readonly token: string; readonly createdAt: string },
): boolean {
  const content = `${JSON.stringify({ epoch: epoch.number, holder: epoch.holder, token: epoch.token, createdAt: epoch.createdAt })}\n`;
  return createExclusively(epochsDirectory(sharedDir), `epoch-${epoch.number}.json`, epoch.token, content);
}

/** Marks epoch `number` as released. Safe to repeat: it stays released. */
export function releaseEpoch(
  sharedDir: string,
  release: { readonly number: number; readonly holder: string; readonly token: string; readonly createdAt: string },
): void {
  const content = `${JSON.stringify({ epoch: release.number, holder: release.holder, releasedAt: release.createdAt })}\n`;
  createExclusively(epochsDirectory(sharedDir), `epoch-${release.number}.released`, release.token, content);
}

/**
 * Proves that the server answers, and makes this client see the directory as it is: a change of our own invalidates what
 * the NFS client had cached of it, a mere readdir may be answered from a cache of up to a minute.
 */
export function touchServer(sharedDir: string, instanceId: string): void {
  const probe = join(epochsDirectory(sharedDir), `.probe-${instanceId}`);
  try {
    mkdirSync(probe);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
  rmdirSync(probe);
}

/**
 * Creates a file that is complete the moment it has its name, and tells whether this call did it. link(2) is atomic on an
 * NFS server, but its answer may get lost and the repeated request say EEXIST: the temporary file's link count tells.
 */
function createExclusively(directory: string, name: string, token: string, content: string): boolean {
  const temporary = join(directory, `.tmp-${name}-${token}`);
  const descriptor = openSync(temporary, "wx", 0o640);
  try {
    writeSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  let won = true;
  try {
    linkSync(temporary, join(directory, name));
  } catch (error) {
    if (statSync(temporary).nlink !== 2) {
      if (!hasCode(error, "EEXIST")) throw error;
      won = false;
    }
  }
  syncDirectory(directory);
  unlinkSync(temporary);
  return won;
}

export function syncDirectory(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** `epochs/`, made on first use; the file system's root itself must exist, an unmounted one is an error. */
function epochsDirectory(sharedDir: string): string {
  const directory = join(sharedDir, "epochs");
  try {
    mkdirSync(directory, { mode: 0o750 });
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
  return directory;
}

function parseEpoch(text: string, number: number, path: string): { holder: string; token: string } {
  const value: unknown = JSON.parse(text);
  if (
    typeof value === "object" &&
    value !== null &&
    "epoch" in value &&
    value.epoch === number &&
    "holder" in value &&
    typeof value.holder === "string" &&
    "token" in value &&
    typeof value.token === "string"
  ) {
    return { holder: value.holder, token: value.token };
  }
  throw new AgentError(`${path} is not the record of epoch ${number}: ${text.slice(0, 200)}`);
}
