import { setTimeout as sleep } from "node:timers/promises";
import type { ArchiverStatus } from "@cloudy/contracts/agent-status.ts";
import pg from "pg";
import { ARCHIVER_LOOK_MS, CHECKPOINT_MS_MAX, NEW_SESSION_MS, POLL_MS, QUERY_TIMEOUT_MS } from "../constants.ts";
import { messageOf } from "../errors.ts";
import { log } from "../log.ts";
import { monotonic_ms } from "../monotonic.ts";
import { applyCredentials } from "./credentials.ts";
import { Liveness, type LivenessHooks } from "./liveness.ts";
import { countSessions, isFull, readArchiver, type SessionsInUse } from "./postgres-gauges.ts";
import { SUPERUSER } from "./postgres-settings.ts";
import type { Secrets } from "./secrets.ts";

export interface SessionHooks extends LivenessHooks {
  onHung(): void;
}

/** The agent's own sessions with its postgres, one at a time: is it accepting, and does it have the secrets' role, database, password and certificate? */
export class DatabaseSession {
  readonly #address: { readonly host: string; readonly port: number };
  readonly #hooks: SessionHooks;
  readonly #liveness: Liveness;
  #client: pg.Client | undefined;
  #connected_at_ms = 0;
  #secrets: Secrets | undefined;
  /** Whose certificate postgres was told to load. */
  #loaded: Secrets | undefined;
  #applied: Secrets | undefined;
  /** When the secrets were asked for, and since when there is this postgres. */
  #asked_at_ms = Number.NEGATIVE_INFINITY;
  #begun_at_ms = 0;
  /** As they were before this postgres began, they were applied as far as may be. */
  #half: Secrets | undefined;
  /** The last complaint, which is not repeated at every look. */
  #complaint: string | undefined;
  #archiver: ArchiverStatus | undefined;
  #sessions: SessionsInUse | undefined;
  #archiver_at_ms = Number.NEGATIVE_INFINITY;

  constructor(socketDirectory: string, port: number, hooks: SessionHooks) {
    this.#address = { host: socketDirectory, port };
    this.#hooks = hooks;
    this.#liveness = new Liveness(hooks);
  }

  /** From now on there is a postgres to watch (a new one: its credentials are applied again). */
  begin(): void {
    this.#reset();
    this.#begun_at_ms = monotonic_ms();
    this.#liveness.begin(this.#begun_at_ms);
  }

  end(): void {
    this.#reset();
  }

  /**
   * Changed secrets are applied at the next look. A password is changed only to one that was read since this postgres began: the holder
   * before may have applied a newer one than an older copy has.
   */
  setSecrets(secrets: Secrets, asked_at_ms: number): void {
    this.#asked_at_ms = asked_at_ms;
    if (JSON.stringify(secrets) !== JSON.stringify(this.#secrets)) this.#secrets = secrets;
  }

  /**
   * Commits an empty transaction and returns its time by the database's clock; `undefined`: there is no postgres to ask. A
   * recovery to a time ends at the first commit after it, and fails when the WAL ends before one comes.
   */
  async markTime(): Promise<Date | undefined> {
    if (!this.#liveness.accepting) return undefined;
    const client = this.#newClient(QUERY_TIMEOUT_MS);
    client.on("error", () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ at: Date }>("SELECT pg_current_xact_id(), clock_timestamp() AS at");
      return rows[0]?.at;
    } finally {
      void client.end().catch(() => undefined);
    }
  }

  /** Over a connection of its own, so that looks go on meanwhile. Never rejects: what it saves is only time. */
  async checkpoint(): Promise<void> {
    if (!this.#liveness.accepting) return;
    const client = this.#newClient(CHECKPOINT_MS_MAX);
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.query("CHECKPOINT");
    } catch (error) {
      log("info", `shuts postgres down without a checkpoint before: ${messageOf(error)}`, {
        code: "checkpoint-failed",
      });
    }
    void client.end().catch(() => undefined);
  }

  /** What PostgreSQL last said of its archiver; `undefined`: there is none to ask. */
  archiver(): ArchiverStatus | undefined {
    return this.#archiver;
  }

  /** How many sessions clients had at the last count. */
  sessions(): SessionsInUse | undefined {
    return this.#sessions;
  }

  /** Looks once every POLL_MS until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#liveness.alive) await this.#look();
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
    this.#reset();
  }

  #reset(): void {
    this.#dropClient();
    this.#loaded = undefined;
    this.#complaint = undefined;
    this.#liveness.end();
    this.#applied = undefined;
    this.#half = undefined;
    this.#archiver = undefined;
    this.#sessions = undefined;
    this.#archiver_at_ms = Number.NEGATIVE_INFINITY;
  }

  async #look(): Promise<void> {
    try {
      const client = await this.#connected();
      await client.query("SELECT 1");
      await this.#applyOnce(client);
      await this.#readGauges(client);
      this.#liveness.conclude("ok", monotonic_ms());
    } catch (error) {
      this.#dropClient();
      const outcome = error instanceof pg.DatabaseError ? "error" : "nothing";
      const silent_ms = this.#liveness.conclude(outcome, monotonic_ms());
      if (silent_ms === undefined) return;
      log("error", `postgres has not answered for ${Math.round(silent_ms)} ms: ${messageOf(error)}`, {
        code: "postgres-silent",
      });
      this.#hooks.onHung();
    }
  }

  /** What fails is tried again at the next look: the database may have been too slow to be made in time. */
  async #applyOnce(client: pg.Client): Promise<void> {
    const secrets = this.#secrets;
    const isCurrent = this.#asked_at_ms >= this.#begun_at_ms;
    if (secrets === undefined || this.#applied === secrets || (!isCurrent && this.#half === secrets)) return;
    // A postgres that runs for longer than the certificate's files are there has not read them yet.
    if (this.#loaded !== secrets) await client.query("SELECT pg_reload_conf()");
    this.#loaded = secrets;
    const { database } = secrets;
    try {
      await applyCredentials(client, database, isCurrent);
      const how = isCurrent ? "are as in the secret" : "are there; their password stays until the secret is read anew";
      log("info", `role "${database.username}" and database "${database.dbname}" ${how}`, { code: "secret-applied" });
    } catch (error) {
      const complaint = messageOf(error);
      if (complaint !== this.#complaint)
        log("error", `the secret could not be applied yet: ${complaint}`, { code: "secret-not-applied" });
      this.#complaint = complaint;
      return;
    }
    this.#complaint = undefined;
    if (isCurrent) this.#applied = secrets;
    else this.#half = secrets;
  }

  async #readGauges(client: pg.Client): Promise<void> {
    if (monotonic_ms() - this.#archiver_at_ms < ARCHIVER_LOOK_MS) return;
    this.#archiver_at_ms = monotonic_ms();
    this.#archiver = await readArchiver(client);
    const before = this.#sessions;
    const now = await countSessions(client);
    this.#sessions = now;
    if (isFull(now) === isFull(before)) return;
    const who = `${now.used} of ${now.max} sessions are taken`;
    if (isFull(now)) log("error", `${who}: nobody else gets in`, { code: "sessions-exhausted", ...now });
    else log("info", `${who}: there are some again`, { code: "sessions-left", ...now });
  }

  async #connected(): Promise<pg.Client> {
    const now_ms = monotonic_ms();
    if (this.#client !== undefined && now_ms - this.#connected_at_ms < NEW_SESSION_MS) return this.#client;
    // Not both at once: where clients have taken every session, a few are left for the agent.
    this.#dropClient();
    this.#connected_at_ms = now_ms;
    const client = this.#newClient(QUERY_TIMEOUT_MS);
    client.on("error", () => {
      if (this.#client === client) this.#dropClient();
    });
    this.#client = client;
    await client.connect();
    return client;
  }

  #newClient(query_timeout: number): pg.Client {
    return new pg.Client({
      ...this.#address,
      user: SUPERUSER,
      database: "postgres",
      application_name: "cloudy-db-agent",
      connectionTimeoutMillis: QUERY_TIMEOUT_MS,
      query_timeout,
    });
  }

  #dropClient(): void {
    const client = this.#client;
    this.#client = undefined;
    void client?.end().catch(() => undefined);
  }
}
