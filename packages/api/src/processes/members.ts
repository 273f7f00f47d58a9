import cluster from "node:cluster";
import { once } from "node:events";
import { BEAT_MS, BEATS_MISSED_MAX, FIRST_REACH_MS, RESTART_REST_MS, STEADY_MS } from "../constants.ts";
import type { Settings } from "../settings.ts";
import type { JsonLog } from "./json-log.ts";
import { Member } from "./member.ts";
import type { FromWorker } from "./messages.ts";
import { sharesOf } from "./shares.ts";

const CLEAN = "exit code 0";

/** What the primary does for one process beyond keeping it alive. */
interface Service {
  receive(message: FromWorker): void;
  /** The process has ended. */
  close(): void;
}

/** The processes that answer requests: started, watched, replaced, ended. */
export class Members {
  readonly #settings: Settings;
  readonly #log: JsonLog;
  readonly #serve: (member: Member) => Service;
  readonly #connections: readonly number[];
  readonly #members = new Set<Member>();
  readonly #rests = new Set<NodeJS.Timeout>();
  #isUp = false;
  #ended: PromiseWithResolvers<void> | undefined;

  constructor(settings: Settings, log: JsonLog, serve: (member: Member) => Service) {
    this.#settings = settings;
    this.#log = log;
    this.#serve = serve;
    this.#connections = sharesOf(settings.databaseConnections, settings.processes);
  }

  get all(): readonly Member[] {
    return [...this.#members];
  }

  /**
   * Resolves when the first one is ready and has reached the database, or has tried to for a while. Until it is ready one that ends is
   * a reason to give up.
   */
  async startFirst(): Promise<void> {
    const first = this.#fork(0);
    setInterval(() => this.#watch(), BEAT_MS).unref();
    while (!first.isReady) await once(first.worker, "message");
    this.#isUp = true;
    const signal = AbortSignal.timeout(FIRST_REACH_MS);
    while (!first.hasDatabase && !signal.aborted)
      await once(first.worker, "message", { signal }).catch(() => undefined);
  }

  startOthers(): void {
    if (this.#ended !== undefined) return;
    for (let place = 1; place < this.#settings.processes; place += 1) this.#fork(place);
  }

  /** Tells all to finish what is under way; resolves when they have ended, and rejects when one could not finish. */
  async end(): Promise<void> {
    this.#ended = Promise.withResolvers();
    for (const rest of this.#rests) clearTimeout(rest);
    for (const member of this.#members) member.send({ kind: "drain" });
    if (this.#members.size > 0) await this.#ended.promise;
  }

  kill(): void {
    for (const member of this.#members) member.kill();
  }

  #fork(place: number): Member {
    // Its own part of what the instance may have; what is shared otherwise it asks this process for.
    const worker = cluster.fork({ PROCESSES: "1", DATABASE_CONNECTIONS: this.#connections[place] });
    const member = new Member(place, worker, performance.now());
    this.#members.add(member);
    const service = this.#serve(member);
    worker.on("message", (message: FromWorker) => {
      member.heard(message);
      if (message.kind === "ready") this.#log.info(`${member.name} answers now`);
      if (message.kind === "signalled") member.send({ kind: "drain" });
      else service.receive(message);
    });
    worker.once("exit", (code, signal) => {
      service.close();
      this.#lost(member, signal ?? `exit code ${code}`);
    });
    return member;
  }

  #lost(member: Member, how: string): void {
    this.#members.delete(member);
    if (this.#ended !== undefined) {
      // One that was still starting had nothing to finish.
      if (member.isReady && how !== CLEAN) this.#ended.reject(new Error(`${member.name} ended with ${how}`));
      if (this.#members.size === 0) this.#ended.resolve();
      return;
    }
    if (!this.#isUp) process.exit(1);
    const rest_ms = performance.now() - member.started_ms < STEADY_MS ? RESTART_REST_MS : 0;
    this.#log.error(`${member.name} ended with ${how}; another one is started`);
    const rest = setTimeout(() => {
      this.#rests.delete(rest);
      this.#fork(member.place);
    }, rest_ms);
    this.#rests.add(rest);
  }

  /** The load balancer asks for the health of one process at a time, and would find one that hangs only now and then. */
  #watch(): void {
    for (const member of this.#members) {
      member.missBeat();
      if (!member.hangs) continue;
      this.#log.error(`${member.name} has said nothing for ${(BEAT_MS * BEATS_MISSED_MAX) / 1000} s; it is killed`);
      member.kill();
    }
  }
}
