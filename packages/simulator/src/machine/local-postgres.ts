import {
  CHECKPOINT_MS_MAX,
  FAST_SHUTDOWN_MS,
  IMMEDIATE_SHUTDOWN_MS,
  initdbDirectory,
  LEFTOVERS_MS,
  type SharedRequest,
  type StopHow,
} from "@cloudy/db-agent";
import { INITDB_MS } from "../constants.ts";
import type { Stage } from "../engine/stage.ts";
import type { Scheduled } from "../engine/timeline.ts";
import type { Answer } from "../files/files-process.ts";
import type { Host, HostedAgent } from "./host.ts";

export interface LocalPostgresHooks {
  request(request: SharedRequest, settle: (answer: Answer) => void): void;
  /** It could not be started. */
  onFailed(why: string): void;
}

/**
 * How the agent starts postgres, initdb first where there is no data, and ends it: a checkpoint, fast, then immediate, then SIGKILL.
 */
export class LocalPostgres {
  readonly #stage: Stage;
  readonly #host: Host;
  readonly #agent: HostedAgent;
  readonly #hooks: LocalPostgresHooks;
  #escalation: Scheduled | undefined;
  #cancelled = false;
  /** The present stop; a later one, or the end of postgres, makes it void. */
  #stopping: symbol | undefined;

  constructor(stage: Stage, host: Host, agent: HostedAgent, hooks: LocalPostgresHooks) {
    this.#stage = stage;
    this.#host = host;
    this.#agent = agent;
    this.#hooks = hooks;
  }

  start(): void {
    this.#cancelled = false;
    this.#hooks.request({ do: "prepare", sharedDir: "/" }, (prepared) => {
      if (!prepared.ok) this.#hooks.onFailed(prepared.error);
      else if (prepared.value.is === "data" && prepared.value.data === "present") this.#spawn();
      else if (this.#cancelled) this.#hooks.onFailed("stopped before initdb");
      else this.#initialize();
    });
  }

  stop(how: StopHow): void {
    this.#cancelled = true;
    this.#host.killInitdb();
    this.#over();
    if (how === "fast") {
      this.#stopFast();
      return;
    }
    this.#host.postgres?.signal("immediate");
    this.#killLater(IMMEDIATE_SHUTDOWN_MS);
  }

  #stopFast(): void {
    const { postgres } = this.#host;
    const { life } = this.#agent;
    const stop = Symbol();
    this.#stopping = stop;
    const shutDown = () => {
      if (this.#stopping !== stop) return;
      this.#over();
      postgres?.signal("fast");
      this.#escalation = life.after(FAST_SHUTDOWN_MS, () => this.stop("immediate"));
    };
    if (postgres?.sessionAnswer !== "ok") {
      shutDown();
      return;
    }
    this.#escalation = life.after(CHECKPOINT_MS_MAX, shutDown);
    postgres.checkpoint(() => life.run(shutDown));
  }

  /** Whatever was to follow from the stop before does not any more. */
  #over(): void {
    this.#stopping = undefined;
    this.#stage.timeline.cancel(this.#escalation);
  }

  /** The postmaster is gone; children that do not notice are killed. */
  exited(): void {
    this.#over();
    this.#killLater(LEFTOVERS_MS);
  }

  /** Not one process is left. */
  gone(): void {
    this.#over();
  }

  #initialize(): void {
    const token = this.#stage.token();
    const duration_ms = this.#host.random.between(INITDB_MS.min, INITDB_MS.max);
    this.#host.runInitdb(initdbDirectory("/", token), duration_ms, (isDone) =>
      this.#agent.life.run(() => {
        if (!isDone) {
          this.#hooks.onFailed("initdb failed");
          return;
        }
        this.#hooks.request({ do: "install", sharedDir: "/", token }, (installed) => {
          if (installed.ok) this.#spawn();
          else this.#hooks.onFailed(installed.error);
        });
      }),
    );
  }

  #spawn(): void {
    if (this.#cancelled) this.#hooks.onFailed("stopped before it was started");
    else if (this.#host.isDiskFull) this.#hooks.onFailed("no space left for pg_hba.conf");
    else this.#host.spawnPostgres(this.#agent);
  }

  #killLater(delay_ms: number): void {
    this.#escalation = this.#agent.life.after(delay_ms, () => {
      this.#killLater(IMMEDIATE_SHUTDOWN_MS);
      this.#host.postgres?.signal("kill");
    });
  }
}
