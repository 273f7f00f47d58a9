import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { PATIENCE_MS, READY_POLL_MS } from "./constants.ts";
import { familyOf } from "./cpu-time.ts";

/** A process of the benchmark: it must live until it is stopped. */
export interface Process {
  readonly name: string;
  readonly pid: number;
  readonly child: ChildProcess;
  /** Rejects with the last words of a process that ended without being asked to. */
  readonly died: Promise<never>;
  isAlive(): boolean;
  /** In peace, and by force when that takes too long. */
  stop(): Promise<void>;
  /** At once. */
  kill(): Promise<void>;
}

interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
  readonly hasChannel?: boolean;
  readonly endSignal?: NodeJS.Signals;
}

/** Enough to tell what a process died of: Node prints an error with all that hangs on it. */
const LAST_WORDS_CHARACTERS = 20_000;
/** For its last words to arrive. */
const LAST_WORDS_MS = 200;

export function startProcess(
  name: string,
  file: string,
  args: readonly string[],
  { env, hasChannel, endSignal, ...identity }: ProcessOptions = {},
): Process {
  const child = spawn(file, args, {
    ...identity,
    // Nothing else of the environment: it might hold settings of the API.
    env: { PATH: process.env["PATH"], NODE_ENV: "production", ...env },
    stdio: ["ignore", "pipe", "pipe", ...(hasChannel ? (["ipc"] as const) : [])],
  });
  let output = "";
  let isStopping = false;
  let isEnded = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => {
      output = (output + chunk).slice(-LAST_WORDS_CHARACTERS);
    });
  }
  const { promise: died, reject } = Promise.withResolvers<never>();
  died.catch(() => {});
  const ended = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      reject(new Error(`${name} could not be started: ${error.message}`));
      isEnded = true;
      resolve();
    });
    const tell = (code: number | null, signal: NodeJS.Signals | null) => {
      if (!isStopping) reject(new Error(`${name} ended with ${signal ?? `exit code ${code}`}: ${complaintOf(output)}`));
    };
    // What it has started may outlive it, and hold its output open.
    child.once("exit", (code, signal) => setTimeout(tell, LAST_WORDS_MS, code, signal).unref());
    child.once("close", (code, signal) => {
      tell(code, signal);
      isEnded = true;
      resolve();
    });
  });
  const isAlive = () => !isEnded && child.exitCode === null && child.signalCode === null;
  const kill = async () => {
    isStopping = true;
    // Those that it has started, too: they would keep its output open, and a database's its memory.
    if (child.pid !== undefined && isAlive()) for (const pid of familyOf(child.pid)) killIfThere(pid);
    await ended;
  };
  return {
    name,
    pid: child.pid ?? 0,
    child,
    died,
    isAlive,
    async stop() {
      isStopping = true;
      child.kill(endSignal ?? "SIGTERM");
      const isInTime = await Promise.race([ended.then(() => true), delay(PATIENCE_MS, false, { ref: false })]);
      if (!isInTime) await kill();
    },
    kill,
  };
}

/** The first line that names an error, if there is one. */
function complaintOf(output: string): string {
  return output.split("\n").find((line) => /(error|fatal|panic)\b.*:/i.test(line)) ?? output;
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Asks again and again; fails at once when the process dies, or when it is not ready in time. */
export async function untilReady(
  process: Process,
  isReady: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const deadline_ms = performance.now() + PATIENCE_MS;
  while (!(await Promise.race([isReady().catch(() => false), process.died]))) {
    if (performance.now() > deadline_ms)
      throw new Error(`${process.name} was not ready after ${PATIENCE_MS / 1000} s.`);
    await delay(READY_POLL_MS, undefined, { signal });
  }
}
