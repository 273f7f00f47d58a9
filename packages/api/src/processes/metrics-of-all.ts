import {
  AggregatorRegistry,
  collectDefaultMetrics,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from "prom-client";
import { METRICS_TIMEOUT_MS } from "../constants.ts";
import { loadGauge } from "../load/load-gauge.ts";
import type { PrimePool } from "../load/prime-pool.ts";
import type { Member } from "./member.ts";
import type { FromWorker } from "./messages.ts";

type Metric = MetricObjectWithValues<MetricValue<string>>;
type Report = readonly Metric[];

/** Metrics of all processes of an instance in one text: sums, where prom-client does not say otherwise. */
export class MetricsOfAll {
  readonly contentType: string;
  readonly #members: () => readonly Pick<Member, "send" | "isReady">[];
  /** Of the primary itself, whose threads calculate. */
  readonly #own = new Registry();
  readonly #asked = new Map<number, (report: Report) => void>();
  #lastId = 0;

  constructor(pool: PrimePool, members: () => readonly Pick<Member, "send" | "isReady">[]) {
    this.#members = members;
    this.contentType = this.#own.contentType;
    collectDefaultMetrics({ register: this.#own });
    loadGauge(this.#own, pool);
  }

  /** Throws when a process does not answer: figures without it would look as if it had begun anew. */
  async text(): Promise<string> {
    const ready = this.#members().filter(({ isReady }) => isReady);
    const reports = await Promise.all([this.#own.getMetricsAsJSON(), ...ready.map((member) => this.#ask(member))]);
    return AggregatorRegistry.aggregate([...reports]).metrics();
  }

  receive({ id, metrics }: Extract<FromWorker, { kind: "metrics" }>): void {
    this.#asked.get(id)?.(metrics as Report);
  }

  #ask(member: Pick<Member, "send">): Promise<Report> {
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Report>();
    const timeout = setTimeout(
      () => reject(new Error(`A process did not report its metrics within ${METRICS_TIMEOUT_MS / 1000} s; ask again.`)),
      METRICS_TIMEOUT_MS,
    );
    this.#asked.set(id, resolve);
    member.send({ kind: "report-metrics", id });
    return promise.finally(() => {
      clearTimeout(timeout);
      this.#asked.delete(id);
    });
  }
}
