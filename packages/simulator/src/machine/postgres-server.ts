import type { StopHow } from "@cloudy/db-agent";
import {
  BACKEND_LINGER_MS,
  CHECKPOINT_MS,
  IMMEDIATE_EXIT_MS,
  RECOVERY_MS,
  SHUTDOWN_MS,
  START_MS,
} from "../constants.ts";
import { Life } from "../engine/life.ts";
import type { Random } from "../engine/random.ts";
import type { Timeline } from "../engine/timeline.ts";
import { type DirectoryNode, type EfsServer, nodeAt } from "../files/efs-server.ts";
import type { NfsClient } from "../files/nfs-client.ts";

export interface PostgresHooks {
  /** The postmaster is gone; other processes may still live. */
  onExit(how: string): void;
  onLastGone(): void;
  /** What it answers to whoever connects has changed. */
  onAnswerChanged(): void;
}

export interface PostgresPlace {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly kernel: Life;
  readonly nfs: NfsClient;
  readonly efs: EfsServer;
  readonly dataDirectory: string;
  /** A process that would recover gets no further than its first step. */
  readonly isRecoveryStuck: () => boolean;
  readonly recoverySlowness: () => number;
}

interface Commit {
  readonly id: number;
  readonly acknowledge: () => void;
}

/**
 * One start of PostgreSQL: a postmaster and its backends. A write is appended to the log on the shared directory at this
 * server's own position and acknowledged when EFS has it - so two servers at once overwrite each other, as real ones would.
 */
export class PostgresServer {
  readonly #place: PostgresPlace;
  readonly #hooks: PostgresHooks;
  readonly #processes: Life;
  readonly #postmaster: Life;
  #backends: Life;
  #state: "starting" | "accepting" | "stopping" = "starting";
  #isHung = false;
  #isStuck = false;
  #isUnkillable = false;
  #directory: DirectoryNode | undefined;
  #position = 0;
  #commits: Commit[] = [];
  #isWriting = false;
  /** Killed while it waits for EFS: some waits cannot be interrupted. */
  #diesAfterWrite = false;
  #isGone = false;

  constructor(place: PostgresPlace, hooks: PostgresHooks) {
    this.#place = place;
    this.#hooks = hooks;
    this.#processes = new Life("postgres", place.timeline, place.kernel);
    this.#postmaster = new Life("postmaster", place.timeline, this.#processes);
    this.#backends = new Life("backends", place.timeline, this.#processes);
    this.#recover();
  }

  /** Any process of it that is not dead, frozen or not, on a machine that has power. */
  get isLive(): boolean {
    return this.#processes.isAlive && (this.#postmaster.isAlive || this.#backends.isAlive);
  }

  get life(): Life {
    return this.#processes;
  }

  /** What a startup message gets. */
  get answer(): "accepting" | "starting" | "unreachable" {
    if (!this.#postmaster.isRunning || this.#isHung) return "unreachable";
    return this.#state === "accepting" ? "accepting" : "starting";
  }

  get sessionAnswer(): "ok" | "error" | "refused" | "silent" {
    if (!this.#postmaster.isAlive) return "refused";
    if (this.#isHung || this.#postmaster.isFrozen) return "silent";
    return this.#state === "accepting" ? "ok" : "error";
  }

  get postmasterLife(): Life {
    return this.#postmaster;
  }

  /** Another one whenever a recovery has got on; `undefined`: there is none. */
  get recoveryMark(): string | undefined {
    if (this.#state !== "starting") return undefined;
    const moves = this.#backends.isRunning && !this.#isHung && this.#place.nfs.isReachable;
    return moves ? `moved at ${this.#place.timeline.now_ms}` : "still";
  }

  /** What was stuck goes on. */
  unstick(): void {
    if (!this.#isStuck) return;
    this.#isStuck = false;
    this.#backends.thaw();
  }

  /** A write over a new connection (to the postmaster) or an old one (a backend that may outlive it). */
  commit(commit: Commit, connection: "new" | "old"): boolean {
    const isServed = connection === "new" ? this.answer === "accepting" : this.#backends.isRunning;
    if (!isServed || this.#state === "starting" || this.#isHung) return false;
    this.#commits.push(commit);
    this.#writeNext();
    return true;
  }

  /** It waits in its machine's kernel, and no signal reaches it. */
  holdInKernel(isHeld: boolean): void {
    this.#isUnkillable = isHeld;
    if (isHeld) this.hang();
  }

  signal(how: StopHow | "kill"): void {
    if (!this.isLive || this.#isUnkillable) return;
    if (how === "kill") {
      this.#dieOrWait("SIGKILL");
      return;
    }
    if (this.#isHung && how === "fast") return;
    this.#setState("stopping");
    const { random, nfs } = this.#place;
    if (how === "immediate") {
      const delay_ms = random.between(IMMEDIATE_EXIT_MS.min, IMMEDIATE_EXIT_MS.max);
      this.#processes.after(delay_ms, () => this.#dieOrWait("exit code 2"));
      return;
    }
    const delay_ms = random.between(SHUTDOWN_MS.min, SHUTDOWN_MS.max);
    this.#processes.after(delay_ms, () => {
      const directory = this.#directory;
      nfs.writeData(
        () => {
          if (directory !== undefined) directory.isShutDown = true;
        },
        (outcome) => this.#processes.run(() => this.#endInOrder(outcome.ok && directory !== undefined)),
      );
    });
  }

  /** While clients go on; `settle` is called when it is written, or could not be. */
  checkpoint(settle: () => void): void {
    const { random, nfs } = this.#place;
    this.#backends.after(random.between(CHECKPOINT_MS.min, CHECKPOINT_MS.max), () =>
      nfs.writeData(() => undefined, settle),
    );
  }

  /** The postmaster alone is killed; its backends notice when they next wait. */
  crash(): void {
    if (!this.#postmaster.isAlive) return;
    this.#postmaster.die();
    this.#hooks.onExit("SIGKILL");
    this.#hooks.onAnswerChanged();
    const { random } = this.#place;
    const linger_ms = random.chance(0.9) ? random.between(1, 50) : random.skewed(1, BACKEND_LINGER_MS.max);
    this.#processes.after(linger_ms, () => {
      this.#backends.die();
      this.#checkGone();
    });
  }

  /** A backend crashes: the postmaster ends all others and recovers by itself. */
  crashBackend(): void {
    if (!this.#postmaster.isRunning || this.#state !== "accepting") return;
    this.#backends.die();
    this.#commits = [];
    this.#isWriting = false;
    this.#backends = new Life("backends", this.#place.timeline, this.#processes);
    this.#recover();
  }

  hang(): void {
    this.#isHung = true;
    this.#hooks.onAnswerChanged();
  }

  #recover(): void {
    this.#setState("starting");
    const { nfs, efs, random, dataDirectory } = this.#place;
    const find = () => nodeAt(efs.root, dataDirectory);
    nfs.readData(find, (outcome) =>
      this.#backends.run(() => {
        const directory = outcome.ok ? outcome.value : undefined;
        if (directory?.kind !== "directory" || !directory.entries.has("PG_VERSION")) {
          this.#dieOrWait("exit code 1");
          return;
        }
        const { min, max } = directory.isShutDown ? START_MS : RECOVERY_MS;
        const slowness = directory.isShutDown ? 1 : this.#place.recoverySlowness();
        this.#backends.after(slowness * random.skewed(min, max), () => this.#replay(directory));
        if (!this.#place.isRecoveryStuck()) return;
        this.#isStuck = true;
        this.#backends.freeze();
      }),
    );
  }

  /** The log is replayed up to the first position where nothing is. */
  #replay(directory: DirectoryNode): void {
    const { nfs } = this.#place;
    const length = () => {
      const hole = directory.wal.indexOf(undefined);
      return hole === -1 ? directory.wal.length : hole;
    };
    nfs.readData(length, (outcome) =>
      this.#backends.run(() => {
        if (!outcome.ok) {
          this.#dieOrWait("exit code 1");
          return;
        }
        if (this.#state !== "starting" || !this.#postmaster.isAlive) return;
        this.#directory = directory;
        this.#position = outcome.value;
        directory.wal.length = Math.min(directory.wal.length, outcome.value);
        directory.isShutDown = false;
        this.#setState("accepting");
      }),
    );
  }

  #writeNext(): void {
    const { nfs } = this.#place;
    const directory = this.#directory;
    const commit = this.#commits[0];
    if (this.#isWriting || commit === undefined || directory === undefined) return;
    this.#isWriting = true;
    const position = this.#position;
    const backends = this.#backends;
    nfs.writeData(
      () => {
        directory.wal[position] = commit.id;
      },
      (outcome) =>
        this.#processes.run(() => {
          if (backends !== this.#backends) return;
          this.#isWriting = false;
          if (this.#diesAfterWrite) this.#die("SIGKILL");
          else if (!outcome.ok) this.#die("PANIC: could not write to the log");
          else if (backends.isAlive) {
            this.#position = position + 1;
            this.#commits.shift();
            commit.acknowledge();
            this.#writeNext();
          }
        }),
    );
  }

  #endInOrder(isWritten: boolean): void {
    if (isWritten && this.#isWriting) this.#processes.after(10, () => this.#endInOrder(isWritten));
    else this.#die(isWritten ? "exit code 0" : "PANIC: could not write the checkpoint");
  }

  /** What waits for a silent file system dies at once and leaves its data to the kernel, or not before it has its answer. */
  #dieOrWait(how: string): void {
    const isStuck = this.#isWriting && !this.#place.nfs.isReachable && this.#place.random.chance(0.3);
    if (isStuck) this.#diesAfterWrite = true;
    else this.#die(how);
  }

  #die(how: string): void {
    const wasUp = this.#postmaster.isAlive;
    this.#postmaster.die();
    this.#backends.die();
    this.#commits = [];
    if (wasUp) {
      this.#hooks.onExit(how);
      this.#hooks.onAnswerChanged();
    }
    this.#checkGone();
  }

  #checkGone(): void {
    if (this.#isGone || this.#postmaster.isAlive || this.#backends.isAlive) return;
    this.#isGone = true;
    this.#processes.die();
    this.#hooks.onLastGone();
  }

  #setState(state: "starting" | "accepting" | "stopping"): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#hooks.onAnswerChanged();
  }
}
