import { type ChildProcess, fork } from "node:child_process";
import { FILE_SYSTEM_SILENCE_MS } from "../constants.ts";
import { SharedFilesError } from "../errors.ts";
import type { ProcessRequest, ProcessValue, SharedAnswer } from "./shared-files-process.ts";

/** The agent's side of the shared-files process. */
export interface SharedFiles {
  /** Answers in the order of the calls, however long the file system takes; rejects with SharedFilesError. */
  request(request: ProcessRequest): Promise<ProcessValue>;
  /** Whether a request waits for its answer. */
  isBusy(): boolean;
  close(): void;
}

interface Waiting {
  readonly request: ProcessRequest;
  readonly resolve: (value: ProcessValue) => void;
  readonly reject: (error: SharedFilesError) => void;
}

/**
 * Starts the process from `entry` (the agent's own file). `onSilence` is called when an answer is overdue; the request is
 * still waited for, since an operation under way cannot be taken back.
 */
export function openSharedFiles(entry: string, onSilence: () => void): SharedFiles {
  const queue: Waiting[] = [];
  let current: Waiting | undefined;
  let child: ChildProcess | undefined;
  let overdue: NodeJS.Timeout | undefined;
  let closed = false;

  const settle = (answer: SharedAnswer) => {
    const waiting = current;
    current = undefined;
    clearTimeout(overdue);
    if (waiting === undefined) return;
    if (answer.ok) waiting.resolve(answer.value);
    else waiting.reject(failure(waiting.request, answer));
    next();
  };
  const start = (): ChildProcess => {
    const started = fork(entry, ["shared-files"], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    started.on("message", (answer: SharedAnswer) => settle(answer));
    const gone = (reason: string) => {
      if (child !== started) return;
      child = undefined;
      settle({ ok: false, error: `the shared-files process ended (${reason})`, refused: false });
    };
    started.on("exit", (code, signal) => gone(signal ?? `exit code ${code}`));
    started.on("error", (error) => gone(error.message));
    return started;
  };
  const next = () => {
    if (current !== undefined || closed) return;
    current = queue.shift();
    if (current === undefined) return;
    child ??= start();
    overdue = setTimeout(onSilence, FILE_SYSTEM_SILENCE_MS);
    overdue.unref();
    child.send(current.request, (error) => {
      if (error === null) return;
      settle({ ok: false, error: `the shared-files process does not listen: ${error.message}`, refused: false });
    });
  };
  return {
    request: (request) =>
      new Promise((resolve, reject) => {
        queue.push({ request, resolve, reject });
        next();
      }),
    isBusy: () => current !== undefined,
    close: () => {
      closed = true;
      clearTimeout(overdue);
      if (child?.connected) child.disconnect();
      child?.unref();
    },
  };
}

/** What the file system itself refuses is known by the file's name; a refusal of the protocol says enough by itself. */
function failure(request: ProcessRequest, answer: Extract<SharedAnswer, { readonly ok: false }>): SharedFilesError {
  const where = answer.refused ? "" : `${request.do} in ${request.sharedDir}: `;
  return new SharedFilesError(`${where}${answer.error}`, answer.refused);
}
