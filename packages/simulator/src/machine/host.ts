import type { Life } from "../engine/life.ts";
import type { Random } from "../engine/random.ts";
import type { NfsClient } from "../files/nfs-client.ts";
import type { PostgresServer } from "./postgres-server.ts";

export type Zone = "a" | "b";

/** What an agent sees of the machine that it runs on. */
export interface Host {
  readonly id: string;
  readonly kernel: Life;
  readonly random: Random;
  readonly nfs: NfsClient;
  readonly postgres: PostgresServer | undefined;
  readonly isDiskFull: boolean;
  /** Its disk has the certificate and the grant key of an earlier agent. */
  hasMeans: boolean;
  readonly areSecretsAway: boolean;
  /** The local lock: at once, or when whoever holds it has let go of it. */
  takeLock(agent: HostedAgent): void;
  spawnPostgres(agent: HostedAgent): void;
  runInitdb(directory: string, duration_ms: number, settle: (ok: boolean) => void): void;
  killInitdb(): void;
  /** The agent has asked for the release of its epoch. */
  releasing(agent: HostedAgent): void;
  /** The agent ended by itself, after its release. */
  agentExited(agent: HostedAgent): void;
  /** The agent died. */
  agentGone(agent: HostedAgent): void;
}

/** What a machine tells the agent that runs on it. */
export interface HostedAgent {
  readonly life: Life;
  lockAcquired(): void;
  /** Processes of a postgres that another agent started hold the lock. */
  orphansFound(): void;
  postgresExited(how: string): void;
}
