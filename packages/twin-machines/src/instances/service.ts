import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import type { Cancel } from "@cloudy/twin-model/clock.ts";
import { isModelledCommand } from "./commands.ts";
import { RESTART_DELAY_MS, START_TIMEOUT_MS, STOP_TIMEOUT_MS } from "./constants.ts";
import { CommandFailed } from "./errors.ts";
import type { Machine } from "./machine.ts";
import { commandLine, makeStateDirectories, spawnService } from "./service-process.ts";
import { checkService } from "./service-settings.ts";
import { StartLimit } from "./start-limit.ts";
import { parseTimeSpan } from "./time-span.ts";
import type { Unit } from "./unit.ts";
import type { UnitFile } from "./unit-file.ts";

interface ServiceHooks {
  /** Runs a command of the twin's table. */
  command(argv: readonly string[]): Promise<void>;
  /** Asks systemd for a start of this unit, with what it wants and comes after. */
  startAgain(): void;
  /** The main processes changed. */
  onProcesses(): void;
}

/** Signals that systemd takes for a clean end. */
const CLEAN_SIGNALS: ReadonlySet<string | null> = new Set(["SIGHUP", "SIGINT", "SIGTERM", "SIGPIPE"]);

/** A systemd service: Type simple, exec or oneshot, with Restart= and its limits, in cloud time. */
export class Service implements Unit {
  readonly #unit: UnitFile;
  readonly #machine: Machine;
  readonly #hooks: ServiceHooks;
  readonly #limit: StartLimit;
  #state: "inactive" | "activating" | "active" | "auto-restart" | "stopping" | "failed" = "inactive";
  #child: ChildProcess | undefined;
  #starting: Promise<void> | undefined;
  /** The pause before the next start; resolves with whether that takes place. */
  #pause: { readonly over: Promise<boolean>; readonly end: (isStartDue: boolean) => void } | undefined;
  #cancelRestart: Cancel = () => {};
  #isAbandoned = false;

  constructor(unit: UnitFile, machine: Machine, hooks: ServiceHooks) {
    checkService(unit);
    this.#unit = unit;
    this.#machine = machine;
    this.#hooks = hooks;
    this.#limit = new StartLimit(unit, machine);
  }

  get isActive(): boolean {
    return this.#state === "active" || this.#state === "activating";
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** During the pause before a restart a start waits until that is over, as a job of systemd does. */
  async start(): Promise<void> {
    if (this.#state === "active") return;
    if (this.#pause !== undefined && !(await this.#pause.over)) {
      throw new CommandFailed(`${this.#unit.name}: the start was canceled`);
    }
    this.#starting ??= this.#activate().finally(() => {
      this.#starting = undefined;
    });
    await this.#starting;
  }

  async stop(): Promise<void> {
    this.#endPause(false);
    const child = this.#child;
    this.#state = "stopping";
    if (child !== undefined) {
      const exited = new Promise((resolve) => child.once("exit", resolve));
      const signal = (this.#unit.value("Service", "KillSignal") ?? "SIGTERM") as NodeJS.Signals;
      this.#signal(child, signal, this.#killMode === "control-group");
      const cancel = this.#after(this.#span("TimeoutStopSec", STOP_TIMEOUT_MS), () => {
        this.#machine.say(`${this.#unit.name}: State 'stop-sigterm' timed out. Killing.`);
        this.#signal(child, "SIGKILL", true);
      });
      await exited;
      cancel();
    }
    this.#state = "inactive";
  }

  abandon(): void {
    this.#isAbandoned = true;
    this.#endPause(false);
  }

  get #killMode(): string {
    return this.#unit.value("Service", "KillMode") ?? "control-group";
  }

  get #isOneshot(): boolean {
    return this.#unit.value("Service", "Type") === "oneshot";
  }

  async #activate(): Promise<void> {
    try {
      this.#limit.admit();
    } catch (error) {
      this.#state = "failed";
      throw error;
    }
    if (!this.#meetsConditions()) {
      this.#state = "inactive";
      return;
    }
    this.#state = "activating";
    try {
      makeStateDirectories(this.#unit, this.#machine);
      for (const line of this.#unit.values("Service", "ExecStartPre")) await this.#inTime(() => this.#runToEnd(line));
      if (this.#isOneshot) {
        for (const line of this.#unit.values("Service", "ExecStart")) await this.#inTime(() => this.#runToEnd(line));
      } else await this.#launch();
      if (this.#wasStopped()) return;
      this.#state = !this.#isOneshot || this.#unit.isTrue("Service", "RemainAfterExit") ? "active" : "inactive";
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      const { name } = this.#unit;
      const sentence = error.message.startsWith(name) ? error.message : `${name}: ${error.message}`;
      if (!this.#wasStopped()) this.#failed(sentence);
      throw error;
    }
  }

  /** Asked anew, since it may have been while commands ran. */
  #wasStopped(): boolean {
    return this.#state === "stopping" || this.#state === "inactive";
  }

  /** A unit whose condition does not hold is skipped, which is no failure. */
  #meetsConditions(): boolean {
    const unmet = this.#unit.values("Unit", "ConditionPathExists").find((condition) => {
      const isNegated = condition.startsWith("!");
      return existsSync(this.#machine.path(isNegated ? condition.slice(1) : condition)) === isNegated;
    });
    if (unmet === undefined) return true;
    this.#machine.journal(
      `${this.#unit.name} was skipped because of an unmet condition (ConditionPathExists=${unmet})`,
    );
    return false;
  }

  /** A command that hangs is a failure after TimeoutStartSec; one of the twin's table is then no longer waited for. */
  async #inTime(run: () => Promise<void>): Promise<void> {
    const limit_ms = this.#span("TimeoutStartSec", this.#isOneshot ? Number.POSITIVE_INFINITY : START_TIMEOUT_MS);
    const late = Promise.withResolvers<never>();
    late.promise.catch(() => {});
    const cancel = this.#after(limit_ms, () => {
      if (this.#child !== undefined) this.#signal(this.#child, "SIGKILL", true);
      late.reject(new CommandFailed(`${this.#unit.name}: start operation timed out`));
    });
    try {
      await Promise.race([run(), late.promise]);
    } finally {
      cancel();
    }
  }

  async #runToEnd(line: string): Promise<void> {
    const isPrivileged = line.startsWith("+");
    const argv = commandLine(isPrivileged ? line.slice(1) : line, this.#machine);
    if (isModelledCommand(argv[0] ?? "")) {
      await this.#hooks.command(argv);
      return;
    }
    const child = await this.#spawn(argv, isPrivileged);
    const how = await new Promise<string | undefined>((resolve) =>
      child.once("exit", (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`))),
    );
    this.#child = undefined;
    this.#hooks.onProcesses();
    if (how !== undefined) throw new CommandFailed(`${this.#unit.name}: Main process ended with ${how}`);
  }

  async #launch(): Promise<void> {
    const child = await this.#spawn(commandLine(this.#unit.value("Service", "ExecStart") ?? "", this.#machine), false);
    child.once("exit", (code, signal) => this.#exited(child, code, signal));
  }

  async #spawn(argv: readonly string[], isPrivileged: boolean): Promise<ChildProcess> {
    const child = await spawnService(this.#unit, argv, this.#machine, isPrivileged);
    this.#child = child;
    this.#hooks.onProcesses();
    return child;
  }

  #exited(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    this.#child = undefined;
    if (this.#isAbandoned) return;
    this.#hooks.onProcesses();
    // Whatever else the service left running goes with it, unless only the main process is its own.
    if (this.#killMode !== "process") this.#signal(child, "SIGKILL", true);
    const isClean = code === 0 || CLEAN_SIGNALS.has(signal);
    if (this.#state === "stopping") return;
    if (isClean && this.#unit.value("Service", "Restart") !== "always") {
      this.#state = "inactive";
      return;
    }
    this.#failed(`${this.#unit.name}: Main process ended with ${signal ?? `exit code ${code}`}`);
  }

  #failed(sentence: string): void {
    this.#state = "failed";
    if (this.#isAbandoned) return;
    if ((this.#unit.value("Service", "Restart") ?? "no") === "no") {
      this.#machine.say(sentence);
      return;
    }
    this.#machine.say(`${sentence}; it is started again`);
    this.#state = "auto-restart";
    const { promise: over, resolve: end } = Promise.withResolvers<boolean>();
    this.#pause = { over, end };
    this.#cancelRestart = this.#after(this.#span("RestartSec", RESTART_DELAY_MS), () => {
      this.#endPause(true);
      this.#hooks.startAgain();
    });
  }

  #endPause(isStartDue: boolean): void {
    this.#cancelRestart();
    this.#pause?.end(isStartDue);
    this.#pause = undefined;
  }

  /** The service's processes share the group of its first one, unless they left it by themselves. */
  #signal(child: ChildProcess, signal: NodeJS.Signals, isForGroup: boolean): void {
    if (child.pid === undefined) return;
    try {
      process.kill(isForGroup ? -child.pid : child.pid, signal);
    } catch {
      // Everybody has ended already.
    }
  }

  #after(delay_ms: number, task: () => void): Cancel {
    return Number.isFinite(delay_ms) ? this.#machine.surroundings.clock.after(delay_ms, task) : () => {};
  }

  #span(key: string, otherwise_ms: number): number {
    const text = this.#unit.value("Service", key);
    return text === undefined ? otherwise_ms : parseTimeSpan(text);
  }
}
