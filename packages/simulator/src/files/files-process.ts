import type { FileOperation, FileResult, FileSteps, SharedRequest, SharedValue } from "@cloudy/db-agent";
import { Life } from "../engine/life.ts";
import type { Timeline } from "../engine/timeline.ts";
import { FileSystemError } from "./efs-server.ts";
import type { NfsClient, Outcome } from "./nfs-client.ts";

export type Answer =
  | { readonly ok: true; readonly value: SharedValue; readonly at_ms: number }
  /** `answered`: the file system did answer, and what it holds forbids to go on. */
  | { readonly ok: false; readonly error: string; readonly answered: boolean; readonly at_ms: number };

/**
 * The agent's child process for the shared file system: carries out one request at a time, operation by operation. When
 * its agent dies it does not notice before the request under way is done, with all the operations that are left of it.
 */
export class FilesProcess {
  readonly life: Life;
  readonly #nfs: NfsClient;
  readonly #answerRequest: (request: SharedRequest) => FileSteps<SharedValue>;
  #isOrphan = false;
  #isBusy = false;

  constructor(
    timeline: Timeline,
    kernel: Life,
    nfs: NfsClient,
    answerRequest: (request: SharedRequest) => FileSteps<SharedValue>,
  ) {
    this.life = new Life("shared-files", timeline, kernel);
    this.#nfs = nfs;
    this.#answerRequest = answerRequest;
  }

  /** `at_ms` may lie a moment back: whatever was due since then is done at once. */
  begin(request: SharedRequest, at_ms: number, settle: (answer: Answer) => void): void {
    this.#isBusy = true;
    const steps = this.#answerRequest(request);
    this.#resume(
      steps,
      () => steps.next(),
      at_ms,
      (answer) => {
        this.#isBusy = false;
        if (this.#isOrphan) this.life.die();
        else settle(answer);
      },
    );
  }

  agentDied(): void {
    this.#isOrphan = true;
    if (!this.#isBusy) this.life.die();
  }

  #resume(
    steps: FileSteps<SharedValue>,
    go: () => IteratorResult<FileOperation, SharedValue>,
    at_ms: number,
    settle: (answer: Answer) => void,
  ): void {
    let next: IteratorResult<FileOperation, SharedValue>;
    try {
      next = go();
    } catch (error) {
      const answered = !(error instanceof FileSystemError);
      settle({ ok: false, error: error instanceof Error ? error.message : String(error), answered, at_ms });
      return;
    }
    if (next.done === true) {
      settle({ ok: true, value: next.value, at_ms });
      return;
    }
    this.#nfs.operate(next.value, at_ms, (outcome, answered_ms) => {
      this.life.run(() => this.#resume(steps, () => pass(steps, outcome), answered_ms, settle));
    });
  }
}

function pass(steps: FileSteps<SharedValue>, outcome: Outcome<FileResult>) {
  return outcome.ok ? steps.next(outcome.value) : steps.throw(outcome.error);
}
