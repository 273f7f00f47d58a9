import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { runChild } from "../child.ts";
import { ARCHIVE_STOP_MS, FAST_SHUTDOWN_MS, IMMEDIATE_SHUTDOWN_MS, LEFTOVERS_MS } from "../constants.ts";
import { AgentError, messageOf } from "../errors.ts";
import { dataDirectory, initdbDirectory } from "../files/data-directory.ts";
import type { SharedFiles } from "../files/shared-files.ts";
import { log } from "../log.ts";
import type { StopHow } from "../protocol/state.ts";
import type { Settings } from "../settings.ts";
import { clearArchiveDeadline, setArchiveDeadline } from "./archive-deadline.ts";
import { findHolders, tryLock, waitForLock } from "./local-lock.ts";
import { HBA_FILE, identFile, initdbArguments, postgresArguments } from "./postgres-settings.ts";
import { recoveryMark, recoveryProgress } from "./recovery-progress.ts";
import { certificateFiles } from "./server-certificate.ts";

export interface PostgresHooks {
  onLock(): void;
  onOrphans(postmaster: number | undefined): void;
  onExit(how: string): void;
  /** Writes a checkpoint while clients go on; resolves when that is done, or not worth waiting for. */
  checkpoint(): Promise<void>;
}

/** The postgres of this machine and the local lock that proves when the last process of it is gone. */
export class LocalPostgres {
  readonly #settings: Settings;
  /** The agent's own file. */
  readonly #entry: string;
  readonly #shared: SharedFiles;
  readonly #socketDirectory: string;
  readonly #hooks: PostgresHooks;
  readonly #lockPath: string;
  /** Open while the agent itself holds the lock. */
  #lock: number | undefined;
  #initdb: ChildProcess | undefined;
  #postmaster: ChildProcess | undefined;
  /** The postmaster of an earlier agent. */
  #adopted: number | undefined;
  #cancelled = false;
  /** The present stop; a later one, or the end of postgres, makes it void. */
  #stopping: symbol | undefined;
  #escalation: NodeJS.Timeout | undefined;

  constructor(settings: Settings, entry: string, shared: SharedFiles, socketDirectory: string, hooks: PostgresHooks) {
    this.#settings = settings;
    this.#entry = entry;
    this.#shared = shared;
    this.#socketDirectory = socketDirectory;
    this.#hooks = hooks;
    this.#lockPath = join(settings.stateDir, "postgres.lock");
  }

  /** Reports orphans if there are any, and the lock once the last process is gone. */
  async takeLock(): Promise<void> {
    if (this.#lock === undefined) {
      this.#lock = await tryLock(this.#lockPath);
      if (this.#lock === undefined) {
        const { postmaster } = await findHolders(this.#lockPath);
        this.#adopted = postmaster;
        this.#hooks.onOrphans(postmaster);
        this.#lock = await waitForLock(this.#lockPath);
      }
    }
    this.#adopted = undefined;
    this.#over();
    this.#hooks.onLock();
  }

  /** Hands the lock to a new postgres; every way it ends, before or after it came up, is reported by `onExit`. */
  async start(): Promise<void> {
    this.#cancelled = false;
    try {
      await this.#ensureData();
      if (this.#cancelled) throw new AgentError("stopped before it was started");
      this.#spawnPostmaster();
    } catch (error) {
      this.#hooks.onExit(messageOf(error));
    }
  }

  /**
   * Fast writes a checkpoint while clients go on, then lets their transactions be rolled back and shuts down in order; it turns
   * into immediate, then into SIGKILL, when overdue.
   */
  stop(how: StopHow): void {
    this.#cancelled = true;
    this.#initdb?.kill("SIGTERM");
    this.#over();
    if (how === "fast") {
      void this.#stopFast();
      return;
    }
    void this.#quit();
    this.#killLater(IMMEDIATE_SHUTDOWN_MS);
  }

  /** Whatever of it is stopped, and so hangs, goes on and finds the signal. */
  async #quit(): Promise<void> {
    await this.#signalPostmaster("SIGQUIT");
    if (this.#lock !== undefined) return;
    const { all } = await findHolders(this.#lockPath);
    for (const pid of all) kill(pid, "SIGCONT");
  }

  async #stopFast(): Promise<void> {
    const stop = Symbol();
    this.#stopping = stop;
    await this.#hooks.checkpoint();
    if (this.#stopping !== stop) return;
    this.#escalation = setTimeout(() => this.stop("immediate"), FAST_SHUTDOWN_MS);
    if (this.#settings.backup.bucket !== undefined) {
      setArchiveDeadline(this.#settings.stateDir, Date.now() + ARCHIVE_STOP_MS);
    }
    await this.#signalPostmaster("SIGINT");
  }

  /** Whatever was to follow from the stop before does not any more. */
  #over(): void {
    this.#stopping = undefined;
    clearTimeout(this.#escalation);
  }

  /** Runs a restore that carries the lock: an orphaned one keeps the next agent from starting anything. */
  async restore(task: unknown, signal: AbortSignal): Promise<void> {
    const lock = this.#lock;
    if (lock === undefined) throw new AgentError("the local lock is not held: nothing may be restored");
    await runChild(this.#entry, "restore", task, { cwd: this.#settings.stateDir, lock, signal });
  }

  /** What a starting postgres says it is doing. */
  async progress(): Promise<string | undefined> {
    const pid = this.#postmaster?.pid ?? this.#adopted;
    return pid === undefined ? undefined : recoveryProgress(pid);
  }

  /** See recoveryMark(). */
  async recoveryMark(): Promise<string | undefined> {
    const pid = this.#postmaster?.pid ?? this.#adopted;
    return pid === undefined ? undefined : recoveryMark(pid);
  }

  async #signalPostmaster(signal: NodeJS.Signals): Promise<void> {
    if (this.#postmaster !== undefined) {
      this.#postmaster.kill(signal);
      return;
    }
    const { postmaster } = await findHolders(this.#lockPath);
    if (postmaster !== undefined) kill(postmaster, signal);
    else await this.#killAll();
  }

  #killLater(delay_ms: number): void {
    this.#escalation = setTimeout(() => {
      void this.#killAll();
      this.#killLater(IMMEDIATE_SHUTDOWN_MS);
    }, delay_ms);
  }

  async #killAll(): Promise<void> {
    if (this.#lock !== undefined) return;
    const { all } = await findHolders(this.#lockPath);
    for (const pid of all) kill(pid, "SIGKILL");
  }

  async #ensureData(): Promise<void> {
    const { sharedDir } = this.#settings;
    const prepared = await this.#shared.request({ do: "prepare", sharedDir });
    if (prepared.is === "data" && prepared.data === "present") return;
    const token = randomUUID();
    log("info", `initializes ${dataDirectory(sharedDir)}`, { code: "data-initialized" });
    await this.#runInitdb(initdbDirectory(sharedDir, token));
    await this.#shared.request({ do: "install", sharedDir, token });
  }

  /** initdb carries the lock too: an orphaned one keeps the next agent from starting anything. */
  #runInitdb(directory: string): Promise<void> {
    if (this.#cancelled) throw new AgentError("stopped before initdb");
    const path = join(this.#settings.postgresBin, "initdb");
    const initdb = spawn(path, initdbArguments(directory), this.#spawnOptions("ignore"));
    this.#initdb = initdb;
    return new Promise((resolve, reject) => {
      initdb.on("error", (error) => reject(new AgentError(`${path} could not be run`, { cause: error })));
      initdb.on("exit", (code, signal) => {
        this.#initdb = undefined;
        if (code === 0) resolve();
        else reject(new AgentError(`initdb ended with ${signal ?? `exit code ${code}`}`));
      });
    });
  }

  #spawnPostmaster(): void {
    const { stateDir, sharedDir, postgresBin, postgresPort } = this.#settings;
    const hbaPath = join(stateDir, "pg_hba.conf");
    const identPath = join(stateDir, "pg_ident.conf");
    clearArchiveDeadline(stateDir);
    writeFileSync(hbaPath, HBA_FILE, { mode: 0o600 });
    writeFileSync(identPath, identFile(userInfo().username), { mode: 0o600 });
    // The lock proves that a socket of an earlier postgres is stale; postgres itself would only compare process ids, which
    // after a restart of the machine may belong to anybody.
    const socket = join(stateDir, `.s.PGSQL.${postgresPort}`);
    for (const stale of [socket, `${socket}.lock`]) rmSync(stale, { force: true });
    const postmaster = spawn(
      join(postgresBin, "postgres"),
      postgresArguments({
        dataDirectory: dataDirectory(sharedDir),
        port: postgresPort,
        socketDirectory: this.#socketDirectory,
        hbaPath,
        identPath,
        capacity: this.#settings.capacity,
        certificate: certificateFiles(stateDir),
        archiver: this.#settings.backup.bucket === undefined ? undefined : [process.execPath, this.#entry],
      }),
      this.#spawnOptions("inherit"),
    );
    this.#postmaster = postmaster;
    const ended = (how: string) => {
      if (this.#postmaster !== postmaster) return;
      this.#postmaster = undefined;
      // Its children notice by themselves; those that don't within the time are killed.
      this.#over();
      this.#killLater(LEFTOVERS_MS);
      this.#hooks.onExit(how);
    };
    postmaster.on("error", (error) => ended(`could not be run: ${error.message}`));
    postmaster.on("exit", (code, signal) => ended(signal ?? `exit code ${code}`));
    // From here on only postgres carries the lock.
    if (this.#lock !== undefined) closeSync(this.#lock);
    this.#lock = undefined;
  }

  /** The working directory is local: a chdir to a silent file system would block the agent in spawn. */
  #spawnOptions(output: "ignore" | "inherit") {
    if (this.#lock === undefined) throw new AgentError("the local lock is not held: nothing may be started");
    const stdio: StdioOptions = ["ignore", output, "inherit", this.#lock];
    return { cwd: this.#settings.stateDir, stdio };
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already, which is what was wanted.
  }
}
