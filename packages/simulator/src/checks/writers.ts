import { type Instance, stateOf } from "../cloud/ec2.ts";
import { isReachable, reachPostgres } from "../cloud/reach.ts";
import { WRITE_AFTER_MS, WRITE_EVERY_MS, WRITE_TIMEOUT_MS } from "../constants.ts";
import type { PostgresServer } from "../machine/postgres-server.ts";
import type { Invariants } from "./invariants.ts";
import type { Watched } from "./watched.ts";

/** A time in which no write got through. */
export interface Outage {
  readonly from_ms: number;
  readonly duration_ms: number;
  /** The fault that began last before it. */
  readonly after: string;
}

/** A gap between two acknowledged writes that is no outage yet. */
const OUTAGE_MS_MIN = 3 * WRITE_EVERY_MS;

interface Connection {
  readonly instance: Instance;
  readonly server: PostgresServer;
  /** Through the virtual IP: it breaks when the route leads elsewhere. */
  readonly isRouted: boolean;
  /** Since when an answer is waited for. */
  waitsSince_ms: number | undefined;
}

/**
 * Clients that write: one through the virtual IP, as the web tier does, and one that clings to the server it has found once,
 * for as long as any backend there serves it. They write from shortly before a fault begins or ends, and from when nobody can
 * write, until all has been well for a while.
 */
export class Writers {
  readonly acknowledged: number[] = [];
  readonly outages: Outage[] = [];
  /** The virtual IP's client: when its last write was acknowledged. */
  last_ms: number | undefined;
  readonly #watched: Watched;
  readonly #invariants: Invariants;
  #routed: Connection | undefined;
  #direct: Connection | undefined;
  #nextId = 0;
  #until_ms = 0;
  #begun_ms = 0;
  #wellSince_ms: number | undefined;
  #isWriting = false;

  constructor(watched: Watched, invariants: Invariants) {
    this.#watched = watched;
    this.#invariants = invariants;
  }

  begin(): void {
    this.writeUntil(0);
  }

  /** Writes until then at least, and on until all is well. */
  writeUntil(until_ms: number): void {
    this.#until_ms = Math.max(this.#until_ms, until_ms);
    if (this.#isWriting) return;
    this.#isWriting = true;
    this.#begun_ms = this.#watched.stage.timeline.now_ms;
    this.last_ms = undefined;
    this.#wellSince_ms = undefined;
    this.#write();
  }

  /** Something changed: when nobody could write any more, they notice at once. */
  changed(): void {
    if (this.#isWriting || this.#nextId === 0 || this.#connectByRoute() !== undefined) return;
    this.writeUntil(0);
    this.last_ms = this.#watched.stage.timeline.now_ms;
  }

  get isWell(): boolean {
    const { now_ms } = this.#watched.stage.timeline;
    return this.#wellSince_ms !== undefined && now_ms - this.#wellSince_ms >= WRITE_AFTER_MS;
  }

  #write(): void {
    const { timeline } = this.#watched.stage;
    const { quietSince_ms } = this.#watched.faults;
    if (timeline.now_ms >= this.#until_ms && this.isWell) {
      this.#isWriting = false;
      this.#direct = undefined;
      return;
    }
    if (quietSince_ms !== undefined) this.#invariants.noWriter(Math.max(quietSince_ms, this.last_ms ?? this.#begun_ms));
    this.#routed = this.#writeOver(this.#routed ?? this.#connectByRoute(), (at_ms) => this.#succeeded(at_ms));
    this.#direct = this.#writeOver(this.#direct ?? this.#connectDirectly(), () => undefined);
    if (this.last_ms === undefined || timeline.now_ms - this.last_ms > OUTAGE_MS_MIN) this.#wellSince_ms = undefined;
    timeline.after(WRITE_EVERY_MS, () => this.#write());
  }

  #succeeded(at_ms: number): void {
    const { last_ms } = this;
    this.last_ms = at_ms;
    this.#wellSince_ms ??= at_ms;
    if (last_ms === undefined || at_ms - last_ms <= OUTAGE_MS_MIN) return;
    this.outages.push({
      from_ms: last_ms,
      duration_ms: at_ms - last_ms,
      after: this.#watched.faults.blame(last_ms, at_ms),
    });
    this.#watched.stage.say("writer", "writes again", `after ${((at_ms - last_ms) / 1_000).toFixed(1)} s`);
  }

  /** What is left of the connection: `undefined` when it broke. */
  #writeOver(connection: Connection | undefined, succeeded: (at_ms: number) => void): Connection | undefined {
    if (connection === undefined || !this.#carries(connection)) return undefined;
    const { timeline } = this.#watched.stage;
    if (connection.waitsSince_ms !== undefined) {
      return timeline.now_ms - connection.waitsSince_ms > WRITE_TIMEOUT_MS ? undefined : connection;
    }
    this.#nextId += 1;
    const id = this.#nextId;
    const sent_ms = timeline.now_ms;
    connection.waitsSince_ms = sent_ms;
    const acknowledge = () => {
      connection.waitsSince_ms = undefined;
      // Nobody waits for it any more, or the answer does not come through.
      if (timeline.now_ms - sent_ms > WRITE_TIMEOUT_MS || !this.#carries(connection)) return;
      this.acknowledged.push(id);
      succeeded(timeline.now_ms);
    };
    return connection.server.commit({ id, acknowledge }, "old") ? connection : undefined;
  }

  /** Packets follow the route of now, whatever it was when the connection was made. */
  #carries({ instance, isRouted }: Connection): boolean {
    const { network, routes } = this.#watched;
    if (!isReachable(network, "web", instance)) return false;
    return !isRouted || (routes.targets.get("rtb-public") === instance.id && !instance.sourceDestCheck);
  }

  #connectByRoute(): Connection | undefined {
    const target = this.#watched.routes.targets.get("rtb-public");
    const instance = target === undefined ? undefined : this.#watched.ec2.instances.get(target);
    return instance === undefined ? undefined : this.#connect(instance, true);
  }

  #connectDirectly(): Connection | undefined {
    for (const instance of this.#watched.ec2.instances.values()) {
      const connection = this.#connect(instance, false);
      if (connection !== undefined) return connection;
    }
    return undefined;
  }

  #connect(instance: Instance, isRouted: boolean): Connection | undefined {
    const server = instance.machine.postgres;
    if (server === undefined || stateOf(instance) === "terminated") return undefined;
    if (reachPostgres(this.#watched.network, "web", instance) !== "accepting") return undefined;
    const connection = { instance, server, isRouted, waitsSince_ms: undefined };
    return this.#carries(connection) ? connection : undefined;
  }
}
