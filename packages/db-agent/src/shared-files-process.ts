import { installDataDirectory, prepareDataDirectory, readDataVersion, wasInitialized } from "./data-directory.ts";
import { makeEpoch, readCurrentEpoch, releaseEpoch, touchServer } from "./epochs.ts";
import { messageOf } from "./errors.ts";
import type { Shared } from "./state.ts";

/** What the agent asks the shared-files process; one request at a time, answered in order. */
export type SharedRequest =
  | { readonly do: "look"; readonly sharedDir: string; readonly instanceId: string }
  | ({ readonly do: "make-epoch" | "release-epoch"; readonly sharedDir: string } & EpochRecord)
  | { readonly do: "prepare"; readonly sharedDir: string }
  | { readonly do: "install"; readonly sharedDir: string; readonly token: string };

interface EpochRecord {
  readonly number: number;
  readonly holder: string;
  readonly token: string;
  readonly createdAt: string;
}

export type SharedValue =
  | { readonly is: "seen"; readonly seen: Shared }
  | { readonly is: "made"; readonly won: boolean }
  | { readonly is: "data"; readonly data: "present" | "absent" }
  | { readonly is: "done" };

export type SharedAnswer =
  | { readonly ok: true; readonly value: SharedValue }
  | { readonly ok: false; readonly error: string };

/**
 * Everything that touches the shared file system runs in this child process of the agent: an NFS operation on a silent
 * server hangs without limit, and in the agent it would block a thread of libuv's pool for ever (four are enough to stop
 * everything, a worker thread shares them). Blocking calls are right here: there is nothing else to do.
 */
export function runSharedFilesProcess(): void {
  process.on("message", (request: SharedRequest) => {
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

function answer(request: SharedRequest): SharedAnswer {
  try {
    return { ok: true, value: perform(request) };
  } catch (error) {
    return { ok: false, error: messageOf(error) };
  }
}

function perform(request: SharedRequest): SharedValue {
  switch (request.do) {
    case "look": {
      touchServer(request.sharedDir, request.instanceId);
      const epoch = readCurrentEpoch(request.sharedDir);
      const dataVersion = readDataVersion(request.sharedDir);
      return { is: "seen", seen: { epoch, dataVersion, initialized: wasInitialized(request.sharedDir) } };
    }
    case "make-epoch":
      return { is: "made", won: makeEpoch(request.sharedDir, request) };
    case "release-epoch":
      releaseEpoch(request.sharedDir, request);
      return { is: "done" };
    case "prepare":
      return { is: "data", data: prepareDataDirectory(request.sharedDir) };
    case "install":
      installDataDirectory(request.sharedDir, request.token);
      return { is: "done" };
  }
}
