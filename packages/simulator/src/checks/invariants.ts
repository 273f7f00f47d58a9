import { hasEnded, type Instance, stateOf } from "../cloud/ec2.ts";
import { isOverdue } from "../cloud/probe.ts";
import { reachAgent, reachPostgres } from "../cloud/reach.ts";
import {
  FENCES_PER_HOUR_MAX,
  HEALTHY_RECENTLY_MS,
  LIVENESS_MS,
  MISSES_MIN,
  MISSES_WITHIN_MS,
  ROUTE_MS_MAX,
} from "../constants.ts";
import type { Scheduled } from "../engine/timeline.ts";
import { type EfsServer, nodeAt } from "../files/efs-server.ts";
import type { Machine } from "../machine/machine.ts";
import type { Watched } from "./watched.ts";

export type InvariantName = "I1" | "I2" | "I3" | "I4" | "I5";

export interface Violation {
  readonly invariant: InvariantName;
  readonly at_ms: number;
  readonly what: string;
}

/** What must hold at every moment; the first thing that does not is kept. */
export class Invariants {
  violation: Violation | undefined;
  readonly #watched: Watched;
  readonly #fences_ms: number[] = [];
  /** Instances whose agent could take over now, and until when the others could. */
  #ready: ReadonlySet<string> = new Set();
  readonly #readyUntil_ms = new Map<string, number>();
  /** Instances that no other one within the probe's reach reaches, or that something else speaks against; and until when it did. */
  #doubtful: ReadonlySet<string> = new Set();
  readonly #doubtfulUntil_ms = new Map<string, number>();
  /** Instance -> when the probe's reports missed it. */
  readonly #missed_ms = new Map<string, number[]>();
  #routeIsWrong: Scheduled | undefined;

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** I1, whenever a postgres is about to start: no process of another one lives, frozen or not, on a machine with power. */
  beforeSpawn(machine: Machine): void {
    for (const other of this.#watched.ec2.machines()) {
      if (other.postgres?.isLive !== true) continue;
      const where = other === machine ? "the same machine" : other.id;
      this.#violated("I1", `${machine.id} starts postgres while another one lives on ${where}`);
    }
  }

  /** I4, whenever the function ends an instance. */
  beforeFence(fenced: Instance): void {
    const { now_ms } = this.#watched.stage.timeline;
    if (hasEnded(fenced)) return;
    const others = [...this.#watched.ec2.instances.values()].filter((instance) => instance !== fenced);
    const ending = others.find((instance) => instance.isFenced && stateOf(instance) === "shutting-down");
    if (ending !== undefined)
      this.#violated("I4", `${fenced.id} is fenced while the fence of ${ending.id} is under way`);
    const misses = (this.#missed_ms.get(fenced.id) ?? []).filter((at_ms) => now_ms - at_ms <= MISSES_WITHIN_MS);
    if (misses.length < MISSES_MIN)
      this.#violated("I4", `${fenced.id} is fenced after ${misses.length} reports that missed it`);
    const doubtedUntil_ms = this.#doubtfulUntil_ms.get(fenced.id) ?? Number.NEGATIVE_INFINITY;
    if (!this.#doubtful.has(fenced.id) && now_ms - doubtedUntil_ms > HEALTHY_RECENTLY_MS) {
      this.#violated(
        "I4",
        `${fenced.id} is fenced, and another instance that the probe reaches does reach it all the time`,
      );
    }
    const healthy = others.some(({ id }) => {
      const until_ms = this.#readyUntil_ms.get(id) ?? Number.NEGATIVE_INFINITY;
      return this.#ready.has(id) || now_ms - until_ms <= HEALTHY_RECENTLY_MS;
    });
    if (!healthy) this.#violated("I4", `${fenced.id} is fenced, and no other instance could take over`);
    this.#fences_ms.push(now_ms);
    const lastHour = this.#fences_ms.filter((at_ms) => now_ms - at_ms < 3_600_000);
    if (lastHour.length > FENCES_PER_HOUR_MAX) this.#violated("I4", `${lastHour.length} fences within an hour`);
  }

  /** A report of the probe says that it did not reach this instance, or that the instance does not reach its files. */
  missed(id: string): void {
    const times = this.#missed_ms.get(id) ?? [];
    times.push(this.#watched.stage.timeline.now_ms);
    this.#missed_ms.set(id, times.slice(-MISSES_MIN));
  }

  /** After every change: who could take over (I4), and does the virtual IP lead to the writer (I5)? */
  changed(): void {
    const { timeline } = this.#watched.stage;
    for (const id of this.#ready) this.#readyUntil_ms.set(id, timeline.now_ms);
    for (const id of this.#doubtful) this.#doubtfulUntil_ms.set(id, timeline.now_ms);
    const instances = [...this.#watched.ec2.instances.values()];
    this.#ready = new Set(instances.filter(isReady).map(({ id }) => id));
    this.#doubtful = new Set(instances.filter((instance) => this.#isDoubtful(instance, instances)).map(({ id }) => id));
    const wrong = this.#wrongRoute();
    if (wrong === undefined) {
      timeline.cancel(this.#routeIsWrong);
      this.#routeIsWrong = undefined;
      return;
    }
    this.#routeIsWrong ??= timeline.after(ROUTE_MS_MAX, () => {
      this.#routeIsWrong = undefined;
      const still = this.#wrongRoute();
      if (still !== undefined) this.#violated("I5", `${still} for ${ROUTE_MS_MAX / 1_000} s without any fault`);
    });
  }

  /** I3: no fault for so long, and no write gets through. */
  noWriter(since_ms: number): void {
    const waited_ms = this.#watched.stage.timeline.now_ms - since_ms;
    if (waited_ms > LIVENESS_MS)
      this.#violated("I3", `no write succeeded within ${LIVENESS_MS / 1_000} s after the last fault`);
  }

  /** I3: the faults ended long ago, and still the clients have not been well for a while. */
  notSettled(end_ms: number): void {
    const waited_s = (this.#watched.stage.timeline.now_ms - end_ms) / 1_000;
    this.#violated("I3", `${waited_s} s after the last fault writes still do not go on without a gap`);
  }

  /** I2, at the end: every acknowledged write is in the log, once, and nothing is there twice. */
  atEnd(acknowledged: readonly number[], efs: EfsServer): void {
    const directory = nodeAt(efs.root, "/pgdata");
    const recorded = directory?.kind === "directory" ? directory.wal : [];
    const hole = recorded.indexOf(undefined);
    const readable = hole === -1 ? recorded : recorded.slice(0, hole);
    const counts = new Map<number | undefined, number>();
    for (const id of readable) counts.set(id, (counts.get(id) ?? 0) + 1);
    for (const id of acknowledged) {
      const count = counts.get(id) ?? 0;
      if (count !== 1) {
        this.#violated("I2", `acknowledged write ${id} is in the database ${count} times`);
        return;
      }
    }
  }

  #isDoubtful(instance: Instance, all: readonly Instance[]): boolean {
    const status = instance.machine.agent?.status();
    const isAway = status !== undefined && (status.fileSystem === "unreachable" || isOverdue(status));
    if (instance.isImpaired || isAway) return true;
    const { network } = this.#watched;
    // Whoever reaches it must be able to say so: what the probe does not hear, nobody can know.
    return !all.some(
      (other) =>
        other !== instance &&
        reachAgent(network, "probe", other) === "answers" &&
        reachAgent(network, other.id, instance) === "answers",
    );
  }

  #wrongRoute(): string | undefined {
    const { ec2, network, routes, faults } = this.#watched;
    if (faults.quietSince_ms === undefined) return undefined;
    const writer = [...ec2.instances.values()].find(
      (instance) => stateOf(instance) === "running" && reachPostgres(network, "probe", instance) === "accepting",
    );
    if (writer === undefined || !writer.machine.agent?.life.isRunning) return undefined;
    const misled = [...routes.targets].find(([, target]) => target !== writer.id);
    if (misled !== undefined) return `${misled[0]} leads to ${misled[1]}, ${writer.id} is the writer`;
    return writer.sourceDestCheck ? `${writer.id} drops what is addressed to the virtual IP` : undefined;
  }

  #violated(invariant: InvariantName, what: string): void {
    if (this.violation !== undefined) return;
    this.violation = { invariant, at_ms: this.#watched.stage.timeline.now_ms, what };
    this.#watched.stage.say(invariant, "VIOLATED", what);
  }
}

function isReady({ machine: { agent } }: Instance): boolean {
  return agent?.life.isRunning === true && agent.status().ready;
}
