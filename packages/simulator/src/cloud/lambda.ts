import {
  type Clients,
  INVOCATION_MS_MAX,
  type Memory,
  NOTHING_REMEMBERED,
  readFailoverSettings,
  runRounds,
  switchOver,
} from "@cloudy/failover";
import { LAMBDA_TIMEOUT_MS, SCHEDULE_MS } from "../constants.ts";
import { Life } from "../engine/life.ts";
import type { Random } from "../engine/random.ts";
import type { Stage } from "../engine/stage.ts";
import { SIMULATED_STACK } from "./ownership.ts";

/** Real time is some date; the function only ever subtracts. */
const EPOCH_MS = 1_800_000_000_000;

/** A process of the function: frozen between invocations, with what it remembers. */
interface Environment {
  memory: Memory;
  isBusy: boolean;
}

export interface LambdaTrouble {
  /** Probabilities for each invocation. */
  lost: number;
  late: number;
  doubled: number;
  killed: number;
  cold: number;
}

/** The failover function's invocations: the schedule's, and those by events, best effort. */
export class Lambda {
  readonly trouble: LambdaTrouble = { lost: 0, late: 0, doubled: 0, killed: 0, cold: 0 };
  clockOffset_ms = 0;
  readonly #stage: Stage;
  readonly #createClients: (life: Life) => Clients;
  readonly #random: Random;
  readonly #settings = readFailoverSettings({
    STACK: SIMULATED_STACK,
    DATABASE_GROUP: "database",
    PROBE_FUNCTION: "probe",
    GRANT_SECRET_ID: "failover",
  });
  #environments: Environment[] = [];
  #running = 0;
  /** The last scheduled invocation saw a writer, did nothing, and nothing has changed since it began. */
  #calmSince: number | undefined;

  /** `createClients`: the AWS clients of one invocation, which lives so long. */
  constructor(stage: Stage, createClients: (life: Life) => Clients) {
    this.#stage = stage;
    this.#createClients = createClients;
    this.#random = stage.random("lambda");
  }

  begin(): void {
    this.#stage.timeline.after(this.#random.between(0, SCHEDULE_MS), () => this.#tick());
  }

  /** EventBridge delivers within a second or so, or not at all. */
  onEvent(): void {
    if (this.#random.chance(0.1)) return;
    this.#stage.timeline.after(this.#random.skewed(300, 20_000), () => this.#invoke("event"));
  }

  #tick(): void {
    const { timeline, revision, skips } = this.#stage;
    // One invocation is always carried out before the next thing that happens, so that it is remembered by then.
    const isCalm = skips && this.#calmSince === revision && this.#running === 0;
    const isFree = timeline.next_ms() > timeline.now_ms + 2 * SCHEDULE_MS;
    timeline.after(SCHEDULE_MS, () => this.#tick());
    if (isCalm && isFree) {
      this.#leaveOut();
      return;
    }
    const { lost, late, doubled } = this.trouble;
    if (lost > 0 && this.#random.chance(lost)) return;
    const delay_ms = late > 0 && this.#random.chance(late) ? this.#random.skewed(1_000, 300_000) : 0;
    timeline.after(delay_ms, () => this.#invoke("schedule"));
    if (doubled > 0 && this.#random.chance(doubled)) {
      timeline.after(this.#random.skewed(1, 60_000), () => this.#invoke("schedule"));
    }
  }

  /** What an invocation that finds all well leaves of itself is when its last round began. */
  #leaveOut(): void {
    const environment = this.#environments.find(({ isBusy }) => !isBusy);
    const last_ms = environment?.memory.at_ms;
    if (environment === undefined || last_ms === undefined) return;
    const { round_ms } = this.#settings;
    const begins_ms = this.#now_ms();
    const first_ms = Math.max(begins_ms, last_ms + round_ms);
    const at_ms = first_ms + Math.floor((begins_ms + INVOCATION_MS_MAX - first_ms) / round_ms) * round_ms;
    environment.memory = { ...environment.memory, at_ms };
  }

  #now_ms(): number {
    return EPOCH_MS + this.#stage.timeline.now_ms + this.clockOffset_ms;
  }

  #invoke(trigger: "schedule" | "event"): void {
    const { timeline, revision, code } = this.#stage;
    const { killed, cold } = this.trouble;
    if (cold > 0 && this.#random.chance(cold)) this.#environments = this.#environments.filter(({ isBusy }) => isBusy);
    const { around, remaining_ms, environment, isDisturbed, abort, end } = this.#begin();
    if (killed > 0 && this.#random.chance(killed)) timeline.after(this.#random.between(0, LAMBDA_TIMEOUT_MS), abort);
    const remember = (memory: Memory) => {
      environment.memory = memory;
    };
    runRounds(around, environment.memory, { trigger, remaining_ms }, remember, code.decide).then(
      ({ statusCode }) => {
        end();
        const isCalm = !isDisturbed() && statusCode === 200 && trigger === "schedule";
        this.#calmSince = isCalm && this.#stage.revision === revision ? revision : undefined;
      },
      (error: unknown) => this.#stage.fail(error),
    );
  }

  /** An operator's `pnpm switchover`. */
  switchOver(): void {
    const { around, remaining_ms, end } = this.#begin();
    switchOver(around, remaining_ms).then(
      ({ outcome, sentence }) => {
        end();
        this.#stage.say("operator", `switchover ${outcome}`, sentence);
      },
      (error: unknown) => this.#stage.fail(error),
    );
  }

  /** A process begins an invocation, and has so long for it. */
  #begin() {
    const { timeline, code } = this.#stage;
    const environment = this.#environment();
    const life = new Life("failover", timeline);
    const end_ms = timeline.now_ms + LAMBDA_TIMEOUT_MS;
    environment.isBusy = true;
    this.#running += 1;
    let isOver = false;
    let isDisturbed = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      environment.isBusy = false;
      this.#running -= 1;
      timeline.cancel(timeout);
    };
    const abort = () => {
      life.die();
      this.#environments = this.#environments.filter((other) => other !== environment);
      end();
    };
    const timeout = timeline.after(LAMBDA_TIMEOUT_MS, abort);
    const around = code.surround({
      clients: this.#createClients(life),
      settings: this.#settings,
      clock: this.#clock(life),
      log: (level, message, { code }) => {
        // After the news that all is well again, the next one says so in other words.
        if (level !== "info" || code === "writer-back") isDisturbed = true;
        // Each round tells anew of a route that stays as it is.
        if (code !== "route-kept" && code !== "route-left") this.#stage.sayOnce("failover", level, message);
      },
    });
    const remaining_ms = () => end_ms - timeline.now_ms;
    return { around, remaining_ms, environment, isDisturbed: () => isDisturbed, abort, end };
  }

  #environment(): Environment {
    const idle = this.#environments.find(({ isBusy }) => !isBusy);
    if (idle !== undefined) return idle;
    const fresh: Environment = { memory: NOTHING_REMEMBERED, isBusy: false };
    this.#environments.push(fresh);
    return fresh;
  }

  #clock(life: Life) {
    const { timeline } = this.#stage;
    return {
      now_ms: () => this.#now_ms(),
      sleep: (delay_ms: number) =>
        new Promise<void>((resolve) => {
          life.after(delay_ms, () => {
            this.#stage.resumes();
            resolve();
          });
        }),
      after: (delay_ms: number, act: () => void) => {
        const timer = life.after(delay_ms, () => {
          this.#stage.resumes();
          act();
        });
        return () => timeline.cancel(timer);
      },
    };
  }
}
