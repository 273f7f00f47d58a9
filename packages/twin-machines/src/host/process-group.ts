import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { environmentOf, readProcessStat, readText } from "./process-stat.ts";
import { advance, nextLook_ms, type TokenBucket } from "./token-bucket.ts";

/** `schedstat` begins with the nanoseconds on a CPU: 20 digits hold all 64 bits. */
const SCHEDSTAT_BYTES = 24;
const ZERO = "0".charCodeAt(0);

/** A process as its parent knows it. */
export interface ProcessName {
  readonly pid: number;
  readonly start: number;
}

interface Thread {
  readonly descriptor: number;
  used_ns: number;
  /** Used since its bucket was settled. */
  unsettled_ms: number;
  /** What it may use of one vCPU. */
  bucket: TokenBucket;
}

interface Member {
  /** By id; the first thread has the id of the process. */
  readonly threads: Map<number, Thread>;
  /** It ran since its threads were listed, so there may be new ones. */
  hasRun: boolean;
  /** One of its threads has used more than one vCPU gives. */
  isHeld: boolean;
  isStopped: boolean;
}

interface Use {
  readonly used_ms: number;
  readonly busyThreads: number;
}

/** The processes of one instance: adds up what they use, stops and resumes them. Linux only. */
export class ProcessGroup {
  readonly #members = new Map<number, Member>();
  /** Ids of members that ended since the last census: their children may not have been seen yet. */
  readonly #ended = new Set<number>();
  readonly #buffer = Buffer.alloc(SCHEDSTAT_BYTES);
  /** The environment variable that only processes of this instance have. */
  #mark: string | undefined;
  #isStopped = false;

  /** Adds a process, unless its id belongs to another one by now. */
  add({ pid, start }: ProcessName): void {
    if (this.#members.has(pid)) return;
    const member: Member = { threads: new Map(), hasRun: false, isHeld: false, isStopped: false };
    if (!openThread(pid, pid, member)) return;
    // The descriptor is bound to whatever process has the id now, so this is asked after it was opened.
    if (readProcessStat(pid)?.start !== start) {
      closeAll(member);
      return;
    }
    this.#members.set(pid, member);
    listThreads(pid, member);
    this.#mark ??= markOf(pid);
    if (this.#isStopped) this.#setMemberStopped(pid, member, true);
  }

  has(pid: number): boolean {
    return this.#members.has(pid);
  }

  /** Whether the process was born by a member, or lost its parent but not its session or its environment. */
  isHome({
    pid,
    parent,
    session,
  }: {
    readonly pid: number;
    readonly parent: number;
    readonly session: number;
  }): boolean {
    if (this.#knows(parent) || this.#knows(session)) return true;
    return this.#mark !== undefined && markOf(pid) === this.#mark;
  }

  #knows(pid: number): boolean {
    return this.#members.has(pid) || this.#ended.has(pid);
  }

  /** To be called after each census. */
  refresh(): void {
    this.#ended.clear();
    for (const [pid, member] of this.#members) {
      if (member.hasRun) listThreads(pid, member);
      member.hasRun = false;
    }
  }

  /** CPU time used since the last call; of what has ended in between, the last few milliseconds are missing. */
  takeUse(): Use {
    let used_ns = 0;
    let busyThreads = 0;
    for (const [pid, member] of this.#members) {
      for (const [id, thread] of member.threads) {
        const now_ns = this.#read(thread.descriptor);
        if (now_ns === undefined) {
          closeSync(thread.descriptor);
          member.threads.delete(id);
        } else if (now_ns > thread.used_ns) {
          used_ns += now_ns - thread.used_ns;
          thread.unsettled_ms += (now_ns - thread.used_ns) / 1e6;
          thread.used_ns = now_ns;
          busyThreads += 1;
          member.hasRun = true;
        }
      }
      if (!member.threads.has(pid)) this.#forget(pid, member);
    }
    return { used_ms: used_ns / 1e6, busyThreads };
  }

  /**
   * Marks the processes of which a thread has used more than `share` cores: they stay stopped until it has earned that, since only
   * a whole process can be stopped. Returns in how many milliseconds to look again.
   */
  holdThreads(share: number, elapsed_ms: number): number {
    let next_ms = Number.POSITIVE_INFINITY;
    for (const member of this.#members.values()) {
      let worst: TokenBucket | undefined;
      for (const thread of member.threads.values()) {
        const wasBusy = thread.unsettled_ms > 0;
        thread.bucket = advance(thread.bucket, share, elapsed_ms, thread.unsettled_ms);
        thread.unsettled_ms = 0;
        if (!wasBusy && !thread.bucket.isStopped) continue;
        if (worst === undefined || thread.bucket.credit_ms < worst.credit_ms) worst = thread.bucket;
      }
      member.isHeld = worst?.isStopped === true;
      if (worst !== undefined) next_ms = Math.min(next_ms, nextLook_ms(worst, share, 1));
    }
    return next_ms;
  }

  /** What was used until now is not counted against any thread. */
  forgiveThreads(): void {
    for (const { threads } of this.#members.values()) {
      for (const thread of threads.values()) thread.unsettled_ms = 0;
    }
  }

  /** Stops all of them, or lets all go on that are not held. */
  setStopped(isStopped: boolean): void {
    this.#isStopped = isStopped;
    for (const [pid, member] of this.#members) this.#setMemberStopped(pid, member, isStopped || member.isHeld);
  }

  #setMemberStopped(pid: number, member: Member, isStopped: boolean): void {
    if (member.isStopped === isStopped) return;
    member.isStopped = isStopped;
    // A descriptor never passes on to another process with the same id.
    const first = member.threads.get(pid);
    if (first !== undefined && this.#read(first.descriptor) !== undefined) send(pid, isStopped ? "SIGSTOP" : "SIGCONT");
  }

  /** Memory of the processes; what they share (programs, PostgreSQL's buffers) counts once. */
  memory(): { readonly used_kb: number; readonly reclaimable_kb: number } {
    let own = 0;
    let shared = 0;
    let file = 0;
    for (const pid of this.#members.keys()) {
      const status = readText(`/proc/${pid}/status`);
      own += kilobytes(status, "RssAnon");
      shared = Math.max(shared, kilobytes(status, "RssShmem"));
      file = Math.max(file, kilobytes(status, "RssFile"));
    }
    return { used_kb: own + shared + file, reclaimable_kb: file };
  }

  /** Lets go of all processes; those it has stopped go on. */
  release(): void {
    for (const member of this.#members.values()) member.isHeld = false;
    this.setStopped(false);
    for (const [pid, member] of this.#members) this.#forget(pid, member);
  }

  #forget(pid: number, member: Member): void {
    closeAll(member);
    this.#members.delete(pid);
    this.#ended.add(pid);
  }

  /** Undefined when the thread has ended. */
  #read(descriptor: number): number | undefined {
    try {
      readSync(descriptor, this.#buffer, 0, SCHEDSTAT_BYTES, 0);
    } catch {
      return undefined;
    }
    let used_ns = 0;
    for (const character of this.#buffer) {
      if (character < ZERO) break;
      used_ns = used_ns * 10 + character - ZERO;
    }
    return used_ns;
  }
}

function openThread(pid: number, id: number, { threads }: Member): boolean {
  try {
    const descriptor = openSync(`/proc/${pid}/task/${id}/schedstat`, "r");
    threads.set(id, { descriptor, used_ns: 0, unsettled_ms: 0, bucket: { credit_ms: 0, isStopped: false } });
    return true;
  } catch {
    // It has ended.
    return false;
  }
}

function listThreads(pid: number, member: Member): void {
  try {
    for (const id of readdirSync(`/proc/${pid}/task`).map(Number)) {
      if (!member.threads.has(id)) openThread(pid, id, member);
    }
  } catch {
    // It has ended; the next look at its first thread tells.
  }
}

function closeAll({ threads }: Member): void {
  for (const { descriptor } of threads.values()) closeSync(descriptor);
}

/** Each instance has a door of its own to the network. */
function markOf(pid: number): string | undefined {
  return environmentOf(pid).find((variable) => variable.startsWith("TWIN_FABRIC="));
}

function kilobytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? 0);
}

function send(pid: number, signal: "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
