import { FILE_SYSTEM_SILENCE_MS, type SharedRequest } from "@cloudy/db-agent";
import type { Life } from "../engine/life.ts";
import type { Scheduled, Timeline } from "../engine/timeline.ts";
import type { Answer, FilesProcess } from "./files-process.ts";

interface Waiting {
  readonly request: SharedRequest;
  readonly settle: (answer: Answer) => void;
}

/** The agent's side of the shared-files process: one request at a time, in order, and a limit for the answer's silence. */
export class SharedFiles {
  readonly #timeline: Timeline;
  readonly #agent: Life;
  readonly #process: FilesProcess;
  readonly #onSilence: () => void;
  readonly #queue: Waiting[] = [];
  #current: Waiting | undefined;
  #overdue: Scheduled | undefined;

  constructor(timeline: Timeline, agent: Life, process: FilesProcess, onSilence: () => void) {
    this.#timeline = timeline;
    this.#agent = agent;
    this.#process = process;
    this.#onSilence = onSilence;
  }

  get isBusy(): boolean {
    return this.#current !== undefined;
  }

  /** `at_ms` may lie a moment back, see FilesProcess. */
  request(request: SharedRequest, at_ms: number, settle: (answer: Answer) => void): void {
    this.#queue.push({ request, settle });
    this.#next(at_ms);
  }

  #next(at_ms: number): void {
    if (this.#current !== undefined) return;
    const current = this.#queue.shift();
    this.#current = current;
    if (current === undefined) return;
    this.#overdue = this.#agent.at(at_ms + FILE_SYSTEM_SILENCE_MS, this.#onSilence);
    this.#process.begin(current.request, at_ms, (answer) =>
      this.#agent.run(() => {
        this.#current = undefined;
        this.#timeline.cancel(this.#overdue);
        current.settle(answer);
        this.#next(answer.at_ms);
      }),
    );
  }
}
