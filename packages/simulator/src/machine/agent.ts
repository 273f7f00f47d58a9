import type { CoreStatus } from "@cloudy/contracts/agent-status.ts";
import {
  type AgentState,
  type Effect,
  type Event,
  FILE_SYSTEM_SILENCE_MS,
  initialState,
  Patience,
  POLL_MS,
  RecoveryWatch,
  restTime_ms,
  type SharedRequest,
  type SharedValue,
  SILENT_LOOK_MS,
  statusOf,
} from "@cloudy/db-agent";
import { SECRETS_MS, SECRETS_RETRY_MS } from "../constants.ts";
import { Life } from "../engine/life.ts";
import type { Stage } from "../engine/stage.ts";
import type { Scheduled } from "../engine/timeline.ts";
import { type Answer, FilesProcess } from "../files/files-process.ts";
import { SharedFiles } from "../files/shared-files.ts";
import type { Host, HostedAgent } from "./host.ts";
import { isSame } from "./knowledge.ts";
import { LocalPostgres } from "./local-postgres.ts";
import { Session } from "./session.ts";
import { SignedMessages } from "./signed-messages.ts";

/**
 * One process of the agent: the real step() and the real file protocol, with the semantics of the agent's runtime around
 * them - one request to the shared files at a time, a look every second, numbered looks, the local lock, orphans, a rest.
 */
export class Agent implements HostedAgent {
  readonly life: Life;
  readonly messages: SignedMessages;
  readonly #stage: Stage;
  readonly #host: Host;
  readonly #files: FilesProcess;
  readonly #shared: SharedFiles;
  readonly #session: Session;
  readonly #postgres: LocalPostgres;
  readonly #patience = new Patience();
  readonly #recovery = new RecoveryWatch();
  #state: AgentState;
  #order = 0;
  #reached_at_ms: number;
  #poll: Scheduled | undefined;
  /** While nothing can change: when the next look, that is not carried out, would begin. */
  #asleepUntil_ms: number | undefined;
  /** Something may have changed since the last look began. */
  #isDisturbed = false;

  constructor(stage: Stage, host: Host) {
    const { timeline, code } = stage;
    this.#stage = stage;
    this.#host = host;
    this.life = new Life("agent", timeline, host.kernel);
    this.#reached_at_ms = timeline.now_ms;
    this.#state = initialState(host.id, "18");
    this.messages = new SignedMessages(
      code.judgeGrant,
      () => this.#state,
      (event) => this.dispatch(event),
    );
    this.#files = new FilesProcess(timeline, host.kernel, host.nfs, code.answerRequest);
    this.#shared = new SharedFiles(timeline, this.life, this.#files, () =>
      this.dispatch({ kind: "file-system-unreachable" }),
    );
    this.#postgres = new LocalPostgres(stage, host, this, {
      request: (request, settle) => this.#request(request, timeline.now_ms, settle),
      onFailed: (why) => this.#postgresFailed(why),
    });
    this.#session = new Session(timeline, this.life, {
      onAccepting: (accepting) => this.dispatch({ kind: "postgres-accepting", accepting }),
      onStable: () => this.dispatch({ kind: "postgres-stable" }),
      onHung: () => this.dispatch({ kind: "postgres-hung" }),
      skips: stage.skips,
      postgres: () => host.postgres,
    });
  }

  start(): void {
    this.dispatch({ kind: "started" });
    this.#look(this.#stage.timeline.now_ms);
    this.#poll = this.life.after(POLL_MS, () => this.#pollNow());
    if (this.#host.hasMeans) this.#useMeans();
    this.#readSecrets(this.#host.random.between(SECRETS_MS.min, SECRETS_MS.max));
  }

  #readSecrets(duration_ms: number): void {
    this.life.after(duration_ms, () => {
      if (this.#host.areSecretsAway) {
        this.#readSecrets(SECRETS_RETRY_MS);
        return;
      }
      if (!this.#host.hasMeans) this.#useMeans();
      this.#host.hasMeans = true;
    });
  }

  #useMeans(): void {
    this.messages.setKey(this.#stage.grantKey);
    this.dispatch({ kind: "fitness", unfit: [] });
  }

  get filesLife(): Life {
    return this.#files.life;
  }

  status(): CoreStatus {
    return statusOf(this.#state);
  }

  /** Whether the event changed anything but the number of the last look. */
  dispatch(event: Event): boolean {
    this.#wake();
    const before = this.#state;
    const [state, effects] = this.#stage.code.step(before, event);
    this.#state = state;
    const isChanged = !isSame(before, state);
    if (isChanged) {
      const status = statusOf(state);
      const epoch = status.epoch === null ? "no epoch" : `epoch ${status.epoch.number} of ${status.epoch.holder}`;
      this.#stage.sayOnce(
        this.#host.id,
        status.role,
        `postgres ${status.postgres}, files ${status.fileSystem}, ${epoch}`,
      );
      this.#stage.changed();
    }
    for (const effect of effects) this.#perform(effect);
    return isChanged || effects.length > 0;
  }

  /** SIGKILL: the lock goes if it is the agent's own, the child finishes what it is doing. */
  die(): void {
    this.#wake();
    this.life.die();
    this.#files.agentDied();
    this.#host.agentGone(this);
  }

  /** What it would have noticed of postgres is looked at again. */
  nudgeSession(): void {
    this.#session.nudge();
  }

  postgresExited(how: string): void {
    this.life.run(() => {
      this.#session.end();
      this.#postgres.exited();
      this.dispatch({ kind: "postgres-exited", how });
    });
  }

  lockAcquired(): void {
    this.life.run(() => {
      this.#postgres.gone();
      this.#session.end();
      this.dispatch({ kind: "lock-acquired", order: this.#order + 1 });
    });
  }

  orphansFound(): void {
    if (this.#state.postgres.is !== "unknown") return;
    this.#session.begin();
    this.dispatch({ kind: "lock-held-by-orphans" });
  }

  /** To be called before anything changes that it could see: also what a look under way has not seen yet. */
  disturb(): void {
    this.#wake();
    this.#isDisturbed = true;
    this.#session.nudge();
  }

  /** Makes up for the looks that were left out, the one that would be under way now included. */
  #wake(): void {
    const next_ms = this.#asleepUntil_ms;
    if (next_ms === undefined) return;
    this.#asleepUntil_ms = undefined;
    const { now_ms } = this.#stage.timeline;
    const passed = Math.max(0, Math.ceil((now_ms - next_ms) / POLL_MS));
    const last_ms = next_ms + (passed - 1) * POLL_MS;
    if (passed > 0) {
      // All but the last of them have ended as the one before them did; the last may be under way.
      this.#order += passed - 1;
      if (passed > 1) this.#reached_at_ms += (passed - 1) * POLL_MS;
      const { shared } = this.#state;
      if (shared !== undefined) this.#state = { ...this.#state, shared: { ...shared, order: this.#order } };
      this.#look(last_ms);
    }
    this.#poll = this.life.at(next_ms + passed * POLL_MS, () => this.#pollNow());
  }

  #pollNow(): void {
    const { now_ms } = this.#stage.timeline;
    this.#poll = this.life.after(POLL_MS, () => this.#pollNow());
    const overdue = this.#patience.look(this.#state, now_ms);
    if (overdue !== undefined) this.dispatch(overdue);
    this.#watchRecovery(now_ms);
    if (this.life.isAlive && !this.#shared.isBusy) this.#look(now_ms);
  }

  /** As the agent's RecoveryGuard does. */
  #watchRecovery(now_ms: number): void {
    if (!this.#isRecovering()) {
      this.#recovery.reset();
      return;
    }
    const isSilent = now_ms - this.#reached_at_ms > SILENT_LOOK_MS;
    const isStalled = this.#recovery.look(this.#host.postgres?.recoveryMark, isSilent, now_ms);
    if (isStalled !== this.#state.isStalled) this.dispatch({ kind: "recovery-stalled", isStalled });
  }

  #isRecovering(): boolean {
    const { postgres } = this.#state;
    const isUp = postgres.is === "started" || postgres.is === "adopted";
    return isUp && !postgres.accepting && postgres.stopping === undefined;
  }

  #perform(effect: Effect): void {
    this.#stage.say(this.#host.id, effect.do, "because" in effect ? effect.because : "");
    switch (effect.do) {
      case "take-lock":
        this.#host.takeLock(this);
        return;
      case "read-shared":
        this.#look(this.#stage.timeline.now_ms);
        return;
      case "make-epoch":
        this.#makeEpoch(effect.number);
        return;
      case "release-epoch":
        this.#change("release-epoch", effect.number, this.#stage.token(), (value) =>
          this.dispatch({ kind: value === undefined ? "epoch-not-released" : "epoch-released" }),
        );
        this.#host.releasing(this);
        return;
      case "start-postgres":
        this.#session.begin();
        this.#postgres.start();
        return;
      case "stop-postgres":
        this.#postgres.stop(effect.how);
        return;
      case "rest":
        this.life.after(restTime_ms(effect.futile), () => this.dispatch({ kind: "rest-over" }));
        return;
      case "restore-data":
      case "cancel-restore":
        throw new Error(`${effect.do} is not simulated: no history orders a restore`);
      case "exit":
        this.life.die();
        this.#files.agentDied();
        this.#host.agentExited(this);
        return;
    }
  }

  #look(at_ms: number): void {
    this.#isDisturbed = false;
    this.#order += 1;
    const order = this.#order;
    const request: SharedRequest = { do: "look", sharedDir: "/", instanceId: this.#host.id };
    this.#request(request, at_ms, (answer) => {
      if (!answer.ok) {
        this.#lookFailed(answer);
        return;
      }
      this.#reached_at_ms = answer.at_ms;
      if (answer.value.is !== "seen") return;
      const isNews = this.dispatch({ kind: "shared-read", order, seen: answer.value.seen });
      if (!isNews) this.#sleep(answer.at_ms);
    });
  }

  /** The look showed what the one before it did and changed nothing: neither would another, until something changes. */
  #sleep(at_ms: number): void {
    if (!this.#stage.skips || this.#poll === undefined || !this.#host.nfs.isCalm) return;
    if (this.#shared.isBusy || this.#isDisturbed) return;
    if (this.#patience.runsIn(this.#state) || this.#isRecovering()) return;
    const next_ms = this.#poll.at_ms;
    if (next_ms <= at_ms || this.life.isFrozen) return;
    this.#stage.timeline.cancel(this.#poll);
    this.#poll = undefined;
    this.#asleepUntil_ms = next_ms;
  }

  #lookFailed({ error, answered }: Extract<Answer, { ok: false }>): void {
    const { now_ms } = this.#stage.timeline;
    this.dispatch({ kind: "shared-unreadable", because: error, answered });
    if (answered) this.#reached_at_ms = now_ms;
    else if (now_ms - this.#reached_at_ms > FILE_SYSTEM_SILENCE_MS) this.dispatch({ kind: "file-system-unreachable" });
  }

  #makeEpoch(number: number): void {
    const holder = this.#host.id;
    const token = this.#stage.token();
    this.#change("make-epoch", number, token, (value) => {
      const won = value?.is === "made" && value.won;
      this.#stage.say(holder, won ? "epoch made" : "epoch not made", String(number));
      this.dispatch(
        won ? { kind: "epoch-made", epoch: { number, holder, token, released: false } } : { kind: "epoch-not-made" },
      );
    });
  }

  #change(
    what: "make-epoch" | "release-epoch",
    number: number,
    token: string,
    settle: (value: SharedValue | undefined) => void,
  ): void {
    const { now_ms } = this.#stage.timeline;
    const record = { number, holder: this.#host.id, token, createdAt: String(now_ms) };
    this.#request({ do: what, sharedDir: "/", ...record }, now_ms, (answer) => {
      if (answer.ok) settle(answer.value);
      else this.life.after(POLL_MS, () => settle(undefined));
    });
  }

  #request(request: SharedRequest, at_ms: number, settle: (answer: Answer) => void): void {
    this.#wake();
    this.#shared.request(request, at_ms, (answer) => {
      if (!answer.ok) this.#stage.sayOnce(`${this.#host.id} files`, "file error", `${request.do}: ${answer.error}`);
      settle(answer);
    });
  }

  #postgresFailed(why: string): void {
    this.#session.end();
    this.dispatch({ kind: "postgres-exited", how: why });
  }
}
