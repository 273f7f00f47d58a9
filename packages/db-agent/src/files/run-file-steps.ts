import { execFileSync } from "node:child_process";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import type { FileOperation, FileResult, FileSteps } from "./file-operations.ts";

/** Carries the steps out on the real file system, blocking: for the shared-files process only. */
export function runFileSteps<Result>(steps: FileSteps<Result>): Result {
  let next = steps.next();
  while (next.done !== true) next = answer(steps, next.value);
  return next.value;
}

function answer<Result>(steps: FileSteps<Result>, operation: FileOperation) {
  let result: FileResult;
  try {
    result = carryOut(operation);
  } catch (error) {
    return steps.throw(error);
  }
  return steps.next(result);
}

function carryOut(operation: FileOperation): FileResult {
  switch (operation.op) {
    case "mkdir":
      return void mkdirSync(operation.path, { mode: operation.mode });
    case "rmdir":
      return void rmdirSync(operation.path);
    case "open":
      return openSync(operation.path, operation.flags, operation.mode);
    case "write":
      return void writeSync(operation.descriptor, operation.content);
    case "fsync":
      return void fsyncSync(operation.descriptor);
    case "close":
      return void closeSync(operation.descriptor);
    case "link":
      return void linkSync(operation.from, operation.to);
    case "unlink":
      return void unlinkSync(operation.path);
    case "rename":
      return void renameSync(operation.from, operation.to);
    case "sync-file-system":
      // syncfs(2) by coreutils: Node has no call for it.
      return void execFileSync("sync", ["--file-system", operation.path], { stdio: ["ignore", "ignore", "pipe"] });
    case "remove":
      return void rmSync(operation.path, { recursive: true, force: true });
    case "read-directory":
      return readdirSync(operation.path);
    case "read-file":
      return readFileSync(operation.path, operation.encoding);
    case "stat": {
      const stat = statSync(operation.path, { throwIfNoEntry: false });
      return stat && { links: stat.nlink, isDirectory: stat.isDirectory() };
    }
  }
}
