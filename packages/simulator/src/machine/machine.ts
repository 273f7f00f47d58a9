import { AGENT_RESTART_MS, AGENT_STOP_MS, FLOCK_MS } from "../constants.ts";
import { Life } from "../engine/life.ts";
import type { Random } from "../engine/random.ts";
import type { Stage } from "../engine/stage.ts";
import { createDirectory, type EfsServer, nodeAt } from "../files/efs-server.ts";
import { NfsClient } from "../files/nfs-client.ts";
import { Agent } from "./agent.ts";
import type { Host, HostedAgent, Zone } from "./host.ts";
import { PostgresServer } from "./postgres-server.ts";

/** A database instance's machine: its kernel, its processes and the local lock between them. */
export class Machine implements Host {
  readonly id: string;
  readonly zone: Zone;
  readonly random: Random;
  readonly nfs: NfsClient;
  kernel: Life;
  agent: Agent | undefined;
  postgres: PostgresServer | undefined;
  /** Told when the agent has asked for the release of its epoch. */
  onRelease: ((agent: HostedAgent) => void) | undefined;
  isDiskFull = false;
  hasMeans = false;
  areSecretsAway = false;
  isRecoveryStuck = false;
  /** How many times as long as usual a recovery takes. */
  recoverySlowness = 1;
  readonly #stage: Stage;
  readonly #efs: EfsServer;
  readonly #beforeSpawn: (machine: Machine) => void;
  #killInitdb: () => void = () => undefined;
  #lockedBy: HostedAgent | "postgres" | undefined;
  #lockWaiter: HostedAgent | undefined;
  #isStopping = false;
  #isRestarting = false;

  /** `beforeSpawn` is called whenever a postgres is about to start here. */
  constructor(stage: Stage, efs: EfsServer, id: string, zone: Zone, beforeSpawn: (machine: Machine) => void) {
    this.#stage = stage;
    this.#efs = efs;
    this.#beforeSpawn = beforeSpawn;
    this.id = id;
    this.zone = zone;
    this.random = stage.random(id);
    this.kernel = new Life(id, stage.timeline);
    this.nfs = new NfsClient(efs, stage.timeline, this.random, this.kernel);
  }

  boot(delay_ms: number): void {
    this.kernel.after(delay_ms, () => this.#startAgent());
  }

  #startAgent(): void {
    if (this.agent !== undefined || this.#isStopping) return;
    const agent = new Agent(this.#stage, this);
    this.agent = agent;
    this.#stage.say(this.id, "agent starts", "");
    agent.start();
  }

  /** systemd stops the unit and starts it anew, as in an upgrade; an agent that takes too long is killed. */
  restartAgent(): void {
    const { agent } = this;
    if (agent === undefined) return;
    this.#isRestarting = true;
    agent.life.run(() => agent.dispatch({ kind: "stop-requested" }));
    this.kernel.after(AGENT_STOP_MS, () => {
      if (this.agent === agent) agent.die();
    });
  }

  /** SIGTERM to the agent, as when the operating system shuts down; then the power goes. */
  shutDown(limit_ms: number): void {
    if (!this.kernel.isAlive) return;
    this.#isStopping = true;
    const agent = this.agent;
    agent?.life.run(() => agent.dispatch({ kind: "stop-requested" }));
    this.kernel.after(limit_ms, () => this.powerOff());
  }

  powerOff(): void {
    if (!this.kernel.isAlive) return;
    this.#stage.say(this.id, "power off", "");
    this.kernel.die();
    this.#processesGone();
  }

  /** All processes end, the kernel's queue is lost, the machine comes back. */
  reboot(delay_ms: number): void {
    if (!this.kernel.isAlive) return;
    this.#stage.say(this.id, "reboot", "");
    this.kernel.die();
    this.#processesGone();
    this.kernel = new Life(this.id, this.#stage.timeline);
    this.nfs.restart(this.kernel);
    if (!this.#isStopping) this.boot(delay_ms);
  }

  #processesGone(): void {
    this.agent = undefined;
    this.postgres = undefined;
    this.#lockedBy = undefined;
    this.#lockWaiter = undefined;
    this.#stage.changed();
  }

  releasing(agent: HostedAgent): void {
    this.onRelease?.(agent);
  }

  agentExited(agent: HostedAgent): void {
    this.agentGone(agent, this.#isRestarting ? AGENT_RESTART_MS : 0);
    this.#isRestarting = false;
  }

  agentGone(agent: HostedAgent, restart_ms = AGENT_RESTART_MS): void {
    if (this.agent !== agent) return;
    this.agent = undefined;
    if (this.#lockedBy === agent) this.#unlock();
    if (this.#lockWaiter === agent) this.#lockWaiter = undefined;
    this.#stage.changed();
    if (restart_ms > 0) this.kernel.after(restart_ms, () => this.#startAgent());
  }

  takeLock(agent: HostedAgent): void {
    if (this.#lockedBy === agent) {
      agent.lockAcquired();
      return;
    }
    agent.life.after(FLOCK_MS, () => {
      if (this.#lockedBy === undefined) {
        this.#lockedBy = agent;
        agent.lockAcquired();
        return;
      }
      this.#lockWaiter = agent;
      agent.orphansFound();
    });
  }

  /** The lock passes on to the new processes; the last of them leaves it. */
  spawnPostgres(agent: HostedAgent): void {
    this.#beforeSpawn(this);
    this.#lockedBy = "postgres";
    const server: PostgresServer = new PostgresServer(
      {
        timeline: this.#stage.timeline,
        random: this.random,
        kernel: this.kernel,
        nfs: this.nfs,
        efs: this.#efs,
        dataDirectory: "/pgdata",
        isRecoveryStuck: () => this.isRecoveryStuck,
        recoverySlowness: () => this.recoverySlowness,
      },
      {
        onExit: (how) => {
          this.#stage.say(this.id, "postgres ends", how);
          if (agent.life.isAlive) agent.postgresExited(how);
        },
        onLastGone: () => {
          if (this.postgres === server) this.postgres = undefined;
          this.#unlock();
        },
        onAnswerChanged: () => {
          if (this.postgres !== server) return;
          this.#stage.say(this.id, "postgres", server.answer);
          this.agent?.nudgeSession();
          this.#stage.changed();
        },
      },
    );
    this.postgres = server;
    this.#stage.say(this.id, "postgres", "starting");
    this.#stage.changed();
  }

  /** initdb carries the lock too. */
  runInitdb(directory: string, duration_ms: number, settle: (ok: boolean) => void): void {
    const initdb = new Life("initdb", this.#stage.timeline, this.kernel);
    const agent = this.agent;
    this.#lockedBy = "postgres";
    const efs = this.#efs;
    const end = (ok: boolean) => {
      initdb.die();
      // The agent has the descriptor too; without it the lock is free.
      this.#lockedBy = agent;
      if (agent === undefined || !agent.life.isAlive) this.#unlock();
      settle(ok);
    };
    this.#killInitdb = () => initdb.run(() => end(false));
    const make = () => void efs.root.entries.set(directory.slice(1), createDirectory());
    const fill = () => {
      const node = nodeAt(efs.root, directory);
      if (node?.kind !== "directory") return false;
      node.entries.set("PG_VERSION", { kind: "file", content: "18\n", links: 1 });
      const global = createDirectory();
      global.entries.set("pg_control", { kind: "file", content: directory.slice(-8).padStart(8), links: 1 });
      node.entries.set("global", global);
      return true;
    };
    this.nfs.writeData(make, (made) =>
      initdb.run(() => {
        if (!made.ok) return end(false);
        initdb.after(duration_ms, () =>
          this.nfs.readData(fill, (filled) => initdb.run(() => end(filled.ok && filled.value))),
        );
      }),
    );
  }

  killInitdb(): void {
    this.#killInitdb();
  }

  #unlock(): void {
    this.#lockedBy = undefined;
    const waiter = this.#lockWaiter;
    this.#lockWaiter = undefined;
    if (waiter === undefined || !waiter.life.isAlive) return;
    this.#lockedBy = waiter;
    waiter.lockAcquired();
  }
}
