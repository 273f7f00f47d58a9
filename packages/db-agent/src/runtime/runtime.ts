import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Status } from "@cloudy/contracts/agent-status.ts";
import type { RestorePoint } from "@cloudy/contracts/restore-point.ts";
import type { RestoreTask } from "../backup/restore.ts";
import { BackupSchedule } from "../backup/schedule.ts";
import { FILE_SYSTEM_SILENCE_MS, POLL_MS } from "../constants.ts";
import { messageOf, SharedFilesError } from "../errors.ts";
import { openSharedFiles, type SharedFiles } from "../files/shared-files.ts";
import type { ProcessValue } from "../files/shared-files-process.ts";
import { log } from "../log.ts";
import { monotonic_ms } from "../monotonic.ts";
import { DatabaseSession } from "../postgres/database-session.ts";
import { LocalPostgres } from "../postgres/postgres.ts";
import { type Secrets, SecretsFollower } from "../postgres/secrets.ts";
import { openSocketDirectory } from "../postgres/socket-directory.ts";
import { Patience } from "../protocol/patience.ts";
import { restTime_ms } from "../protocol/rest.ts";
import { type AgentState, type Effect, type Event, initialState } from "../protocol/state.ts";
import { isHolder, statusOf } from "../protocol/status.ts";
import { step } from "../protocol/step.ts";
import type { Settings } from "../settings.ts";
import { Gauges } from "./gauges.ts";
import { LaunchHook } from "./launch-hook.ts";
import { OwnMeans } from "./own-means.ts";
import { RecoveryGuard } from "./recovery-guard.ts";
import { ScaleInProtection } from "./scale-in-protection.ts";
import type { Verdict } from "./status-server.ts";
import { SignedMessages } from "./take-messages.ts";

/** Feeds the core with what happens and does what it decides. All decisions are in step(). */
export class AgentRuntime {
  readonly #settings: Settings;
  readonly #shared: SharedFiles;
  readonly #socket: ReturnType<typeof openSocketDirectory>;
  readonly #postgres: LocalPostgres;
  readonly #session: DatabaseSession;
  readonly #backups: BackupSchedule;
  readonly #protection: ScaleInProtection;
  readonly #launchHook: LaunchHook;
  readonly #gauges: Gauges;
  readonly #recovery: RecoveryGuard;
  readonly #messages: SignedMessages;
  readonly #secrets: SecretsFollower;
  readonly #means: OwnMeans;
  readonly #patience = new Patience();
  readonly #ending = new AbortController();
  readonly #finished = Promise.withResolvers<void>();
  #state: AgentState;
  /** Number of the last look at the shared directory that was asked for. */
  #order = 0;
  /** When the shared file system answered last; before that, since when it is asked. */
  #reached_at_ms = monotonic_ms();
  #restoring = new AbortController();

  constructor(settings: Settings, instanceId: string, binaryVersion: string, entry: string) {
    this.#settings = settings;
    this.#state = initialState(instanceId, binaryVersion);
    this.#shared = openSharedFiles(entry, () => this.#fileSystemAway("the shared file system does not answer"));
    this.#socket = openSocketDirectory(settings.stateDir, settings.postgresPort);
    this.#postgres = new LocalPostgres(settings, entry, this.#shared, this.#socket.path, {
      onLock: () => this.#lockAcquired(),
      onOrphans: (postmaster) => this.#orphansFound(postmaster),
      onExit: (how) => this.#postgresExited(how),
      checkpoint: () => this.#session.checkpoint(),
    });
    this.#recovery = new RecoveryGuard(this.#postgres, (isStalled) =>
      this.dispatch({ kind: "recovery-stalled", isStalled }),
    );
    this.#backups = new BackupSchedule(settings, entry, this.#socket.path);
    this.#protection = new ScaleInProtection(instanceId);
    this.#launchHook = new LaunchHook(instanceId);
    this.#session = new DatabaseSession(this.#socket.path, settings.postgresPort, {
      onAccepting: (accepting) => this.dispatch({ kind: "postgres-accepting", accepting }),
      onStable: () => this.dispatch({ kind: "postgres-stable" }),
      onHung: () => this.dispatch({ kind: "postgres-hung" }),
    });
    this.#secrets = new SecretsFollower(settings, (secrets, asked_at_ms) => this.#useSecrets(secrets, asked_at_ms));
    this.#messages = new SignedMessages(this.#session, {
      state: () => this.#state,
      dispatch: (event) => this.dispatch(event),
      onWrongMac: () => this.#secrets.refresh(),
    });
    this.#gauges = new Gauges({
      sharedDir: settings.sharedDir,
      shared: this.#shared,
      postgres: this.#postgres,
      session: this.#session,
      backups: this.#backups,
    });
    this.#means = new OwnMeans(settings.stateDir, {
      onKey: (key) => this.#messages.setKey(key),
      onCertificateEnd: (end_ms) => this.#gauges.setCertificateEnd(end_ms),
      onUnfit: (unfit) => this.dispatch({ kind: "fitness", unfit }),
    });
    this.#means.use();
  }

  /** Runs until the core says exit. */
  async run(): Promise<void> {
    this.dispatch({ kind: "started" });
    void this.#secrets.run(this.#ending.signal);
    await Promise.all([this.#poll(), this.#session.run(this.#ending.signal), this.#finished.promise]);
    this.#shared.close();
    this.#socket.close();
    this.#protection.close();
    this.#launchHook.close();
  }

  status(): Status {
    return { ...statusOf(this.#state), ...this.#gauges.read() };
  }

  #useSecrets(secrets: Secrets, asked_at_ms: number): void {
    this.#means.take(secrets);
    this.#session.setSecrets(secrets, asked_at_ms);
  }

  takeGrant(body: string): Verdict {
    return this.#messages.takeGrant(body);
  }

  takeOrder(body: string): Promise<Verdict> {
    return this.#messages.takeOrder(body);
  }

  dispatch(event: Event): void {
    const [state, effects] = step(this.#state, event);
    const before = statusOf(this.#state);
    this.#state = state;
    const after = statusOf(state);
    if (before.role !== after.role || before.postgres !== after.postgres) {
      const { instanceId, role, postgres, epoch } = after;
      log("info", `${instanceId} is ${role}, postgres ${postgres}`, { code: "state-changed", role, postgres, epoch });
    }
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    if ("because" in effect) log("info", `${effect.do}: ${effect.because}`, { code: effect.do, ...effect });
    switch (effect.do) {
      case "take-lock":
        this.#watchFor(this.#postgres.takeLock());
        return;
      case "read-shared":
        void this.#look();
        return;
      case "make-epoch":
        void this.#makeEpoch(effect.number);
        return;
      case "release-epoch":
        void this.#releaseEpoch(effect.number);
        return;
      case "start-postgres":
        this.#watchPostgres();
        this.#watchFor(this.#postgres.start());
        return;
      case "stop-postgres":
        this.#postgres.stop(effect.how);
        return;
      case "restore-data":
        void this.#restore(effect.point);
        return;
      case "cancel-restore":
        this.#restoring.abort();
        return;
      case "rest":
        void sleep(restTime_ms(effect.futile), undefined, { signal: this.#ending.signal }).then(
          () => this.dispatch({ kind: "rest-over" }),
          () => undefined,
        );
        return;
      case "exit":
        this.#ending.abort();
        this.#backups.stop();
        this.#finished.resolve();
        return;
    }
  }

  /** What must not fail ends the agent when it does; systemd starts it again and it adopts what is running. */
  #watchFor(work: Promise<void>): void {
    work.catch((error: unknown) => this.#finished.reject(error));
  }

  async #poll(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      if (!this.#shared.isBusy()) void this.#look();
      this.#backups.tick(this.#servingEpoch());
      this.#gauges.tick(this.#state);
      void this.#recovery.tick(this.#state, this.#reached_at_ms);
      this.#means.judge();
      const overdue = this.#patience.look(this.#state, monotonic_ms());
      if (overdue !== undefined) this.dispatch(overdue);
      if (this.#state.shared !== undefined) this.#protection.tick(isHolder(this.#state));
      this.#launchHook.tick(isHolder(this.#state) || statusOf(this.#state).ready);
      await sleep(POLL_MS, undefined, { signal: this.#ending.signal }).catch(() => undefined);
    }
  }

  /** The epoch of the postgres that accepts here; in a shared directory that is out of date there is none. */
  #servingEpoch(): number | undefined {
    const { postgres, shared, restore, intent } = this.#state;
    if ((postgres.is !== "started" && postgres.is !== "adopted") || !postgres.accepting) return undefined;
    if (postgres.stopping !== undefined || restore !== undefined || intent !== "serve") return undefined;
    return postgres.is === "started" ? postgres.epoch : shared?.seen.epoch?.number;
  }

  async #look(): Promise<void> {
    this.#order += 1;
    const order = this.#order;
    const { sharedDir } = this.#settings;
    try {
      const value = await this.#shared.request({ do: "look", sharedDir, instanceId: this.#state.instanceId });
      if (value.is === "seen") this.dispatch({ kind: "shared-read", order, seen: value.seen });
      this.#reached_at_ms = monotonic_ms();
    } catch (error) {
      this.#lookFailed(error);
    }
  }

  #lookFailed(error: unknown): void {
    const answered = error instanceof SharedFilesError && error.answered;
    const because = messageOf(error);
    if (because !== this.#state.unreadable) log("error", because, { code: "look-failed" });
    this.dispatch({ kind: "shared-unreadable", because, answered });
    if (answered) this.#reached_at_ms = monotonic_ms();
    else if (monotonic_ms() - this.#reached_at_ms > FILE_SYSTEM_SILENCE_MS) this.#fileSystemAway(because);
  }

  async #makeEpoch(number: number): Promise<void> {
    const holder = this.#state.instanceId;
    const token = randomUUID();
    const value = await this.#change("make-epoch", number, token);
    const won = value?.is === "made" && value.won;
    log("info", won ? `epoch ${number} is made` : `epoch ${number} was not made here`, {
      code: won ? "epoch-made" : "epoch-not-made",
    });
    this.dispatch(
      won ? { kind: "epoch-made", epoch: { number, holder, token, released: false } } : { kind: "epoch-not-made" },
    );
  }

  async #releaseEpoch(number: number): Promise<void> {
    const value = await this.#change("release-epoch", number, randomUUID());
    this.dispatch({ kind: value === undefined ? "epoch-not-released" : "epoch-released" });
  }

  /** `undefined` after an error, and then not at once, since the core will try again. */
  async #change(
    what: "make-epoch" | "release-epoch",
    number: number,
    token: string,
  ): Promise<ProcessValue | undefined> {
    const holder = this.#state.instanceId;
    const createdAt = new Date().toISOString();
    try {
      const { sharedDir } = this.#settings;
      return await this.#shared.request({ do: what, sharedDir, number, holder, token, createdAt });
    } catch (error) {
      log("error", messageOf(error), { code: "epoch-change-failed" });
      await sleep(POLL_MS);
      return undefined;
    }
  }

  async #restore(point: RestorePoint | undefined): Promise<void> {
    this.#restoring = new AbortController();
    const { sharedDir } = this.#settings;
    const token = new Date().toISOString().replace(/[-:.]/g, "");
    const task: RestoreTask = { sharedDir, postgresMajor: this.#state.binaryVersion, token, point };
    try {
      await this.#postgres.restore(task, this.#restoring.signal);
      log("info", "the data is restored", { code: "data-restored", backup: point?.backup });
      this.dispatch({ kind: "restored" });
    } catch (error) {
      const because = messageOf(error);
      log("error", `the data was not restored: ${because}`, { code: "data-not-restored" });
      await sleep(POLL_MS);
      this.dispatch({ kind: "not-restored", because });
    }
  }

  #lockAcquired(): void {
    this.#session.end();
    this.dispatch({ kind: "lock-acquired", order: this.#order + 1 });
  }

  #orphansFound(postmaster: number | undefined): void {
    if (this.#state.postgres.is !== "unknown") return;
    log("info", "processes of an earlier agent's postgres are alive: adopts them", {
      code: "postgres-adopted",
      postmaster,
    });
    this.#watchPostgres();
    this.dispatch({ kind: "lock-held-by-orphans" });
  }

  /** The secrets are read anew while it recovers: a password that was changed at the last holder is not to be changed back here. */
  #watchPostgres(): void {
    this.#session.begin();
    this.#secrets.refresh();
  }

  #postgresExited(how: string): void {
    log("info", `postgres ended: ${how}`, { code: "postgres-ended" });
    this.#session.end();
    this.dispatch({ kind: "postgres-exited", how });
  }

  #fileSystemAway(why: string): void {
    if (this.#state.fileSystem !== "unreachable") log("error", why, { code: "file-system-away" });
    this.dispatch({ kind: "file-system-unreachable" });
  }
}
