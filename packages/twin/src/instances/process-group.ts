import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";

/** `schedstat` is three numbers: ns on a CPU, ns waiting for one, time slices. */
const SCHEDSTAT_BYTES = 64;
const PAGE_KB = 4;

interface Thread {
  readonly descriptor: number;
  used_ns: number;
}

/** The processes of one instance: finds them, adds up what they use, stops and resumes them. Linux only. */
export class ProcessGroup {
  readonly #processes = new Map<number, Map<number, Thread>>();
  readonly #buffer = Buffer.alloc(SCHEDSTAT_BYTES);
  #isStopped = false;

  get isStopped(): boolean {
    return this.#isStopped;
  }

  add(pids: readonly number[]): void {
    for (const pid of pids) if (!this.#processes.has(pid)) this.#processes.set(pid, new Map());
    this.refresh();
  }

  /** Looks for new descendants and threads. A process once found stays, also when its parent is gone. */
  refresh(): void {
    for (const pid of [...this.#processes.keys()]) this.#refreshTree(pid);
  }

  /** CPU seconds since the last call. What has ended in between is forgotten. */
  takeUse_s(): number {
    let used_ns = 0;
    for (const [pid, threads] of this.#processes) {
      used_ns += this.#takeUseOf(threads);
      // Descriptors are bound to the thread itself: once the first is gone, the process id may belong to anybody.
      if (!threads.has(pid)) this.#forget(pid);
    }
    return used_ns / 1e9;
  }

  #takeUseOf(threads: Map<number, Thread>): number {
    let used_ns = 0;
    for (const [id, thread] of threads) {
      const now_ns = this.#read(thread);
      if (now_ns === undefined) {
        closeSync(thread.descriptor);
        threads.delete(id);
      } else {
        used_ns += now_ns - thread.used_ns;
        thread.used_ns = now_ns;
      }
    }
    return used_ns;
  }

  stop(): void {
    this.#isStopped = true;
    this.#signal("SIGSTOP");
  }

  resume(): void {
    this.#isStopped = false;
    this.#signal("SIGCONT");
  }

  release(): void {
    this.takeUse_s();
    this.resume();
    for (const pid of [...this.#processes.keys()]) this.#forget(pid);
  }

  resident_kb(): number {
    let pages = 0;
    for (const pid of this.#processes.keys()) pages += Number(read(`/proc/${pid}/statm`)?.split(" ")[1] ?? 0);
    return pages * PAGE_KB;
  }

  #refreshTree(pid: number): void {
    const threads = this.#processes.get(pid) ?? new Map<number, Thread>();
    const ids = list(`/proc/${pid}/task`);
    if (ids.length === 0) {
      this.#forget(pid);
      return;
    }
    if (!this.#processes.has(pid)) {
      this.#processes.set(pid, threads);
      // A child of a stopped process may have been born just before.
      if (this.#isStopped) kill(pid, "SIGSTOP");
    }
    for (const id of ids) {
      if (!threads.has(id)) this.#open(pid, id, threads);
      for (const child of childrenOf(pid, id)) if (!this.#processes.has(child)) this.#refreshTree(child);
    }
  }

  #open(pid: number, id: number, threads: Map<number, Thread>): void {
    try {
      threads.set(id, { descriptor: openSync(`/proc/${pid}/task/${id}/schedstat`, "r"), used_ns: 0 });
    } catch {
      // It ended meanwhile.
    }
  }

  #read({ descriptor }: Thread): number | undefined {
    try {
      const length = readSync(descriptor, this.#buffer, 0, SCHEDSTAT_BYTES, 0);
      const end = this.#buffer.indexOf(0x20);
      return length > 0 ? Number(this.#buffer.toString("latin1", 0, end)) : undefined;
    } catch {
      return undefined;
    }
  }

  #forget(pid: number): void {
    for (const { descriptor } of this.#processes.get(pid)?.values() ?? []) closeSync(descriptor);
    this.#processes.delete(pid);
  }

  #signal(signal: "SIGSTOP" | "SIGCONT"): void {
    for (const pid of this.#processes.keys()) kill(pid, signal);
  }
}

function kill(pid: number, signal: "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended since it was last looked at.
  }
}

function list(path: string): number[] {
  try {
    return readdirSync(path).map(Number);
  } catch {
    return [];
  }
}

function childrenOf(pid: number, thread: number): number[] {
  const text = read(`/proc/${pid}/task/${thread}/children`)?.trim() ?? "";
  return text === "" ? [] : text.split(" ").map(Number);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
