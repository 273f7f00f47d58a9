import { statfsSync } from "node:fs";
import { AgentError, messageOf } from "../errors.ts";
import { runFileSteps } from "./run-file-steps.ts";
import { answerRequest, type SharedRequest, type SharedValue } from "./shared-request.ts";

/** What needs no protocol is no step of it. */
export type ProcessRequest = SharedRequest | { readonly do: "measure"; readonly sharedDir: string };

export type ProcessValue =
  | SharedValue
  | { readonly is: "measured"; readonly totalBytes: number; readonly freeBytes: number };

export type SharedAnswer =
  | { readonly ok: true; readonly value: ProcessValue }
  /** `refused`: the file system answered, and what it holds forbids to go on. */
  | { readonly ok: false; readonly error: string; readonly refused: boolean };

/**
 * Everything that touches the shared file system runs in this child process of the agent: an NFS operation on a silent
 * server hangs without limit, and in the agent it would block a thread of libuv's pool for ever (four are enough to stop
 * everything, a worker thread shares them). Blocking calls are right here: there is nothing else to do.
 */
export function runSharedFilesProcess(): void {
  process.on("message", (request: ProcessRequest) => {
    process.send?.(answer(request), undefined, undefined, (error) => {
      // The agent is gone, and nobody waits for the answer.
      if (error !== null) process.exit(0);
    });
  });
  process.on("disconnect", () => process.exit(0));
  // The agent decides when to end; a signal for the whole group or unit is meant for it.
  process.on("SIGTERM", () => undefined);
  process.on("SIGINT", () => undefined);
}

function answer(request: ProcessRequest): SharedAnswer {
  try {
    return {
      ok: true,
      value: request.do === "measure" ? measure(request.sharedDir) : runFileSteps(answerRequest(request)),
    };
  } catch (error) {
    return { ok: false, error: messageOf(error), refused: error instanceof AgentError };
  }
}

function measure(sharedDir: string): ProcessValue {
  const { blocks, bavail, bsize } = statfsSync(sharedDir);
  return { is: "measured", totalBytes: blocks * bsize, freeBytes: bavail * bsize };
}
