import type { Shared } from "../protocol/state.ts";
import { installDataDirectory, prepareDataDirectory, readData } from "./data-directory.ts";
import { makeEpoch, readCurrentEpoch, releaseEpoch, touchServer } from "./epochs.ts";
import type { FileSteps } from "./file-operations.ts";

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

/** The file operations of one request. */
export function* answerRequest(request: SharedRequest): FileSteps<SharedValue> {
  switch (request.do) {
    case "look": {
      yield* touchServer(request.sharedDir, request.instanceId);
      const epoch = yield* readCurrentEpoch(request.sharedDir);
      return { is: "seen", seen: { epoch, ...(yield* readData(request.sharedDir)) } };
    }
    case "make-epoch":
      return { is: "made", won: yield* makeEpoch(request.sharedDir, request) };
    case "release-epoch":
      yield* releaseEpoch(request.sharedDir, request);
      return { is: "done" };
    case "prepare":
      return { is: "data", data: yield* prepareDataDirectory(request.sharedDir) };
    case "install":
      yield* installDataDirectory(request.sharedDir, request.token);
      return { is: "done" };
  }
}
