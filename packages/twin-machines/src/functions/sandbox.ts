import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { FunctionResult } from "@cloudy/twin-model/function.ts";
import type { HostUser } from "../host/host-user.ts";
import type { Invocation, Outcome } from "./bootstrap.ts";
import { INIT_TIMEOUT_MS } from "./constants.ts";
import { Output } from "./output.ts";

interface SandboxSettings {
  readonly node: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user: HostUser | undefined;
  readonly clock: Clock;
}

type Failure = NonNullable<FunctionResult["error"]>;
type Message = Outcome | { readonly ready: true };

/** One warm process of a function. Between invocations it is frozen, as Lambda freezes its sandboxes. */
export class Sandbox {
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #output: Output;
  readonly #ready: Promise<void>;
  #conclude: (outcome: Outcome | Failure) => void = () => {};
  isAlive = true;

  constructor(settings: SandboxSettings) {
    this.#clock = settings.clock;
    this.#child = spawn(settings.node, settings.args, {
      cwd: settings.cwd,
      env: settings.env,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      ...(settings.user ?? {}),
    });
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error("spawn gave no pipes for a function's output");
    this.#output = new Output([stdout, stderr]);
    this.#ready = new Promise((resolve) => {
      const giveUp = setTimeout(resolve, INIT_TIMEOUT_MS);
      const done = () => {
        clearTimeout(giveUp);
        resolve();
      };
      this.#child.on("message", (message: Message) => ("ready" in message ? done() : this.#conclude(message)));
      this.#child.once("exit", done);
    });
    this.#child.once("error", (error) => this.#died(error.message));
    this.#child.once("exit", (code, signal) =>
      this.#died(signal === null ? `exit status ${code}` : `signal: ${signal.replace("SIG", "").toLowerCase()}`),
    );
  }

  /** One event at a time. `timeout_s` is cloud time and counts from when the handler can start. */
  async invoke(
    requestId: string,
    event: unknown,
    timeout_s: number,
    onLine: (line: string) => void,
  ): Promise<Omit<FunctionResult, "logLines">> {
    this.#output.pass(onLine);
    this.#signal("SIGCONT");
    const concluded = new Promise<Outcome | Failure>((resolve) => {
      this.#conclude = resolve;
    });
    await this.#ready;
    const timeout_ms = timeout_s * 1000;
    const cancel = this.#clock.after(timeout_ms, () => {
      this.#conclude(failure("Sandbox.Timedout", requestId, `Task timed out after ${timeout_s.toFixed(2)} seconds`));
      this.kill();
    });
    if (this.isAlive) {
      const invocation: Invocation = { requestId, event, deadline_ms: this.#clock.now() + timeout_ms };
      this.#child.send(invocation, () => {});
    } else this.#conclude(failure("Runtime.ExitError", requestId, "Runtime exited during its initialization"));
    const outcome = await concluded;
    cancel();
    await this.#output.endOf(requestId);
    if ("errorType" in outcome) return { payload: outcome, error: outcome };
    this.#signal("SIGSTOP");
    if (outcome.error !== undefined) return { payload: outcome.error, error: outcome.error };
    return { payload: outcome.payload, error: undefined };
  }

  /** The most memory it ever used. */
  memory_mb(): number {
    try {
      const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.#child.pid}/status`, "utf8"));
      return Math.ceil(Number(peak?.[1] ?? 0) / 1024);
    } catch {
      // The process is gone.
      return 0;
    }
  }

  kill(): void {
    this.isAlive = false;
    this.#signal("SIGKILL");
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
  }

  #died(reason: string): void {
    this.isAlive = false;
    this.#conclude({ errorType: "Runtime.ExitError", errorMessage: `Error: Runtime exited with error: ${reason}` });
  }
}

function failure(errorType: string, requestId: string, what: string): Failure {
  return { errorType, errorMessage: `RequestId: ${requestId} Error: ${what}` };
}
