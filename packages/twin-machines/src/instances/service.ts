import type { ChildProcess } from "node:child_process";
import type { Cancel } from "@cloudy/twin-model/clock.ts";
import { isModelledCommand } from "./commands.ts";
import { RESTART_DELAY_MS, START_LIMIT_BURST, START_LIMIT_INTERVAL_MS, STOP_TIMEOUT_MS } from "./constants.ts";
import { CommandFailed, UserDataError } from "./errors.ts";
import type { Machine } from "./machine.ts";
import { commandLine, spawnService } from "./service-process.ts";
import { parseTimeSpan } from "./time-span.ts";
import type { Unit } from "./unit.ts";
import type { UnitFile } from "./unit-file.ts";

interface ServiceHooks {
  /** Runs a command of the twin's table. */
  command(argv: readonly string[]): Promise<void>;
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
  #state: "inactive" | "activating" | "active" | "stopping" | "failed" = "inactive";
  #child: ChildProcess | undefined;
  #starting: Promise<void> | undefined;
  #cancelRestart: Cancel = () => {};
  #starts_ms: number[] = [];
  #isAbandoned = false;

  constructor(unit: UnitFile, machine: Machine, hooks: ServiceHooks) {
    this.#unit = unit;
    this.#machine = machine;
    this.#hooks = hooks;
    const type = unit.value("Service", "Type") ?? "simple";
    if (!["simple", "exec", "oneshot"].includes(type)) {
      throw new UserDataError(
        `${unit.name}: Type=${type} is not modelled by the twin; it has simple, exec and oneshot.`,
      );
    }
    const mode = unit.value("Service", "KillMode") ?? "control-group";
    if (!["control-group", "process", "mixed"].includes(mode)) {
      throw new UserDataError(`${unit.name}: KillMode=${mode} is not modelled by the twin.`);
    }
  }

  get isActive(): boolean {
    return this.#state === "active" || this.#state === "activating";
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): Promise<void> {
    if (this.#state === "active") return Promise.resolve();
    this.#cancelRestart();
    this.#starting ??= this.#activate().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async stop(): Promise<void> {
    this.#cancelRestart();
    const child = this.#child;
    this.#state = "stopping";
    if (child !== undefined) {
      const exited = new Promise((resolve) => child.once("exit", resolve));
      const signal = (this.#unit.value("Service", "KillSignal") ?? "SIGTERM") as NodeJS.Signals;
      this.#signal(child, signal, this.#killMode === "control-group");
      const { clock } = this.#machine.surroundings;
      const timeout_ms = this.#span("TimeoutStopSec", STOP_TIMEOUT_MS);
      const cancel = Number.isFinite(timeout_ms)
        ? clock.after(timeout_ms, () => {
            this.#machine.say(`${this.#unit.name}: State 'stop-sigterm' timed out. Killing.`);
            this.#signal(child, "SIGKILL", true);
          })
        : () => {};
      await exited;
      cancel();
    }
    this.#state = "inactive";
  }

  abandon(): void {
    this.#isAbandoned = true;
    this.#cancelRestart();
  }

  get #killMode(): string {
    return this.#unit.value("Service", "KillMode") ?? "control-group";
  }

  async #activate(): Promise<void> {
    this.#limitStarts();
    this.#state = "activating";
    try {
      const isOneshot = this.#unit.value("Service", "Type") === "oneshot";
      if (isOneshot) await this.#runToEnd();
      else await this.#launch();
      this.#state = !isOneshot || this.#unit.isTrue("Service", "RemainAfterExit") ? "active" : "inactive";
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      this.#failed(error.message);
      throw error;
    }
  }

  async #runToEnd(): Promise<void> {
    for (const line of this.#unit.values("Service", "ExecStart")) {
      const argv = commandLine(line, this.#machine);
      if (isModelledCommand(argv[0] ?? "")) await this.#hooks.command(argv);
      else {
        const child = await this.#spawn(argv);
        const how = await new Promise<string | undefined>((resolve) =>
          child.once("exit", (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`))),
        );
        this.#child = undefined;
        this.#hooks.onProcesses();
        if (how !== undefined) throw new CommandFailed(`${this.#unit.name}: Main process ended with ${how}`);
      }
    }
  }

  async #launch(): Promise<void> {
    const line = this.#unit.value("Service", "ExecStart");
    if (line === undefined) throw new UserDataError(`${this.#unit.name} has no ExecStart=.`);
    const child = await this.#spawn(commandLine(line, this.#machine));
    child.once("exit", (code, signal) => this.#exited(child, code, signal));
  }

  async #spawn(argv: readonly string[]): Promise<ChildProcess> {
    const child = await spawnService(this.#unit, argv, this.#machine);
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
    const restart = this.#unit.value("Service", "Restart") ?? "no";
    this.#state = "failed";
    if (this.#isAbandoned) return;
    if (restart === "no") {
      this.#machine.say(sentence);
      return;
    }
    this.#machine.say(`${sentence}; it is started again`);
    this.#cancelRestart = this.#machine.surroundings.clock.after(this.#span("RestartSec", RESTART_DELAY_MS), () => {
      // A failure is told and followed up by the attempt itself.
      this.start().catch(() => {});
    });
  }

  /** A service that keeps failing is left alone, as by systemd's start limit. */
  #limitStarts(): void {
    const now_ms = this.#machine.surroundings.clock.now();
    const interval_ms = this.#span("StartLimitIntervalSec", START_LIMIT_INTERVAL_MS, "Unit");
    const burst = Number(this.#unit.value("Unit", "StartLimitBurst") ?? START_LIMIT_BURST);
    this.#starts_ms = this.#starts_ms.filter((start_ms) => now_ms - start_ms < interval_ms);
    if (this.#starts_ms.length >= burst) {
      this.#state = "failed";
      const sentence = `${this.#unit.name}: Start request repeated too quickly; it stays failed`;
      this.#machine.say(sentence);
      throw new CommandFailed(sentence);
    }
    this.#starts_ms.push(now_ms);
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

  #span(key: string, otherwise_ms: number, section = "Service"): number {
    const text = this.#unit.value(section, key);
    return text === undefined ? otherwise_ms : parseTimeSpan(text);
  }
}
