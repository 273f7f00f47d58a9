import type { Worker } from "node:cluster";
import type { Socket } from "node:net";
import { BEATS_MISSED_MAX } from "../constants.ts";
import type { FromPrimary, FromWorker } from "./messages.ts";

/** One process that answers requests, as the primary sees it. */
export class Member {
  /** Its place among all, which its successor takes. */
  readonly place: number;
  readonly worker: Worker;
  readonly started_ms: number;
  isReady = false;
  /** Before that it can do little but say so. */
  hasDatabase = false;
  /** Open ones, by its last word and with those that it was given since. */
  connections = 0;
  /** Counted from its first word on: before that it loads its program. */
  beatsMissed = 0;
  #wasHeard = false;

  constructor(place: number, worker: Worker, now_ms: number) {
    this.place = place;
    this.worker = worker;
    this.started_ms = now_ms;
  }

  get name(): string {
    return `process ${this.worker.process.pid}`;
  }

  send(message: FromPrimary): void {
    // What does not reach a process that is ending is of no use to it.
    this.worker.send(message, () => {});
  }

  /** Gives it a connection that was accepted; nothing of it was read yet. */
  hand(socket: Socket): void {
    this.connections += 1;
    this.worker.send({ kind: "connection" } satisfies FromPrimary, socket, () => {});
  }

  heard(message: FromWorker): void {
    this.#wasHeard = true;
    this.beatsMissed = 0;
    if (message.kind === "ready") this.isReady = true;
    if (message.kind === "database-reached") this.hasDatabase = true;
    if (message.kind === "alive") this.connections = message.connections;
  }

  /** To be called once a beat; counted rather than timed, so that a primary that was itself held up does not blame the others. */
  missBeat(): void {
    if (this.#wasHeard) this.beatsMissed += 1;
  }

  get hangs(): boolean {
    return this.beatsMissed > BEATS_MISSED_MAX;
  }

  kill(): void {
    this.worker.process.kill("SIGKILL");
  }
}
