import { CORES_BUSY_MIN, DISTURBED_SHARE, GENERATOR_BUSY_MIN } from "./constants.ts";
import type { Sample, WindowCost } from "./driver-contract.ts";
import type { Measurement } from "./measure.ts";
import type { Peer, Row, RowKey } from "./rows.ts";
import { percentile, ratiosOf, type Spread, spreadOf } from "./statistics.ts";
import type { VoidWindow } from "./voids.ts";

/** One peer in one row, over all rounds. */
export interface PeerResult {
  readonly peer: Peer;
  readonly perSecond: Spread;
  /** CPU time of the server, and of PostgreSQL where it takes part; undefined where the system does not tell. */
  readonly cpu_us: Spread | undefined;
  readonly latency: { readonly p50_ms: Spread; readonly p99_ms: Spread } | undefined;
  /** Percentiles of all rounds together, and how the rounds' own 99th percentiles lay apart. */
  readonly health: Health | undefined;
  /** Rounds in which the load generator may have been what held the server back. */
  readonly generatorBoundRounds: number;
  readonly rounds: readonly RoundResult[];
}

interface Health {
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly p99OfRounds_ms: Spread;
  readonly requests: number;
}

interface RoundResult {
  readonly round: number;
  readonly perSecond: number;
  readonly cpu_us: number | undefined;
}

/** Ours divided by theirs, round by round; above 1 is better than they are. */
export interface Comparison {
  readonly peer: Peer;
  readonly throughput: Spread;
  readonly cpu: Spread | undefined;
  /** What a goal is held against: the worse of the two medians, or one of them where only that one tells something. */
  readonly value: number;
}

export interface RowResult {
  readonly key: RowKey;
  readonly title: string;
  /** Those of which a round is known. */
  readonly peers: readonly PeerResult[];
  readonly floor: Peer | undefined;
  /** Who was to be measured here, and was given up on the way: what is known of them is of fewer rounds. */
  readonly givenUp: readonly Peer[];
  /** With each of the others; none in the row of latencies. */
  readonly comparisons: readonly Comparison[];
  /** Share of the servers' cores that other programs used during this row. */
  readonly othersShare: number | undefined;
  /** They took what the servers could have used: throughput then tells more of them than of the servers. */
  readonly isDisturbed: boolean;
  readonly isJudgedBy: Row["isJudgedBy"];
}

export function summarize(
  row: Row,
  measurements: readonly Measurement[],
  givenUp: readonly VoidWindow[] = [],
): RowResult {
  const roundsOf = (peer: Peer) =>
    measurements
      .filter((measurement) => measurement.row.key === row.key && measurement.peer === peer)
      .toSorted((a, b) => a.round - b.round);
  const ours = roundsOf("cloudy");
  const measured = row.peers.filter((peer) => roundsOf(peer).length > 0);
  const all = row.peers.flatMap(roundsOf).map(({ sample }) => sample);
  const others = shareOfCores(all, ({ others_s }) => others_s);
  const servers = shareOfCores(all, ({ cpu_s }) => cpu_s);
  const isDisturbed = (others ?? 0) > DISTURBED_SHARE && (others ?? 0) + (servers ?? 0) >= CORES_BUSY_MIN;
  const compared = row.key === "healthz" ? [] : measured.filter((peer) => peer !== "cloudy");
  const decides = row.isJudgedBy === "throughput" ? "throughput" : isDisturbed ? "cpu" : "both";
  return {
    key: row.key,
    title: row.title,
    peers: measured.map((peer) => peerResult(peer, roundsOf(peer))),
    floor: row.floor,
    givenUp: row.peers.filter((peer) => givenUp.some((one) => one.row === row.key && one.peer === peer)),
    comparisons: compared.flatMap((peer) => {
      const pairs = pairsOf(ours, roundsOf(peer));
      return pairs.length === 0 ? [] : { peer, ...compare(pairs, decides) };
    }),
    othersShare: others,
    isDisturbed,
    isJudgedBy: row.isJudgedBy,
  };
}

type Pair = readonly [ours: Sample, theirs: Sample];

/** Of the rounds that both were measured in. */
function pairsOf(ours: readonly Measurement[], theirs: readonly Measurement[]): readonly Pair[] {
  return ours.flatMap(({ round, sample }): readonly Pair[] => {
    const other = theirs.find((measurement) => measurement.round === round);
    return other === undefined ? [] : [[sample, other.sample]];
  });
}

function peerResult(peer: Peer, measurements: readonly Measurement[]): PeerResult {
  const samples = measurements.map(({ sample }) => sample);
  const latencies = samples.flatMap(({ latency }) => latency ?? []);
  return {
    peer,
    perSecond: spreadOf(samples.map(({ perSecond }) => perSecond)),
    cpu_us: spreadIfKnown(samples.map(cpu_us)),
    latency:
      latencies.length === 0
        ? undefined
        : {
            p50_ms: spreadOf(latencies.map(({ p50_ms }) => p50_ms)),
            p99_ms: spreadOf(latencies.map(({ p99_ms }) => p99_ms)),
          },
    health: healthOf(samples),
    generatorBoundRounds: samples.filter(({ cost }) => isGeneratorBound(peer, cost)).length,
    rounds: measurements.map(({ round, sample }) => ({ round, perSecond: sample.perSecond, cpu_us: cpu_us(sample) })),
  };
}

function healthOf(samples: readonly Sample[]): Health | undefined {
  const rounds = samples.map(({ health_ms }) => health_ms).filter((health_ms) => health_ms.length > 0);
  if (rounds.length === 0) return undefined;
  const all = rounds.flat();
  return {
    p50_ms: percentile(all, 50),
    p99_ms: percentile(all, 99),
    p99OfRounds_ms: spreadOf(rounds.map((health_ms) => percentile(health_ms, 99))),
    requests: all.length,
  };
}

/** CPU time for one response. From the rates, since a window may end amid a response that takes long. */
function cpu_us({ cost, perSecond }: Sample): number | undefined {
  return cost.cpu_s === undefined ? undefined : ((cost.cpu_s / cost.seconds) * 1e6) / perSecond;
}

function compare(pairs: readonly Pair[], decides: "both" | "throughput" | "cpu"): Omit<Comparison, "peer"> {
  const [ours, theirs] = [pairs.map(([sample]) => sample), pairs.map(([, sample]) => sample)];
  const rates = (samples: readonly Sample[]) => samples.map(({ perSecond }) => perSecond);
  const throughput = spreadOf(ratiosOf(rates(ours), rates(theirs)));
  const [ourCpu_us, theirCpu_us] = [allKnown(ours.map(cpu_us)), allKnown(theirs.map(cpu_us))];
  if (ourCpu_us === undefined || theirCpu_us === undefined) {
    return { throughput, cpu: undefined, value: throughput.median };
  }
  // Less is better, so theirs is divided by ours.
  const cpu = spreadOf(ratiosOf(theirCpu_us, ourCpu_us));
  const values = { throughput: throughput.median, cpu: cpu.median, both: Math.min(throughput.median, cpu.median) };
  return { throughput, cpu, value: values[decides] };
}

/** The generator had no time left while the server had: then the rate says more of the generator. */
function isGeneratorBound(peer: Peer, cost: WindowCost): boolean {
  // These two drive themselves.
  if (peer === "pg" || peer === "loop") return false;
  const generatorShare = (cost.driver_cpu_s + (cost.driver_waited_s ?? 0)) / cost.seconds;
  const serverShare = ((cost.cpu_s ?? 0) + (cost.others_s ?? 0)) / cost.cores_s;
  return generatorShare >= GENERATOR_BUSY_MIN && serverShare < CORES_BUSY_MIN;
}

function shareOfCores(
  samples: readonly Sample[],
  used_s: (cost: WindowCost) => number | undefined,
): number | undefined {
  const used = allKnown(samples.map(({ cost }) => used_s(cost)));
  if (used === undefined) return undefined;
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return sum(used) / sum(samples.map(({ cost }) => cost.cores_s));
}

function spreadIfKnown(values: readonly (number | undefined)[]): Spread | undefined {
  const known = allKnown(values);
  return known === undefined ? undefined : spreadOf(known);
}

function allKnown(values: readonly (number | undefined)[]): readonly number[] | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length ? known : undefined;
}
