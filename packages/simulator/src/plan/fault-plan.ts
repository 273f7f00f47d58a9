import { Random } from "../engine/random.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Each kind of fault, and how long it lasts (`undefined`: it happens and is over). Shortest and longest, skewed to short. */
const FAULT_DURATIONS_MS = {
  "postgres killed": undefined,
  "backend crashed": undefined,
  "postgres hangs": undefined,
  "postgres frozen": [1_000, 5 * MINUTE_MS],
  "postgres unkillable": [MINUTE_MS, 20 * MINUTE_MS],
  "postmaster frozen": [1_000, 10 * MINUTE_MS],
  "recovery stuck": [MINUTE_MS, 20 * MINUTE_MS],
  "recovery slow": [MINUTE_MS, 20 * MINUTE_MS],
  "secrets away": [1_000, 20 * MINUTE_MS],
  "agent killed": undefined,
  "agent frozen": [500, 5 * MINUTE_MS],
  "agent stopped": undefined,
  "shared files frozen": [500, 5 * MINUTE_MS],
  "agent and postgres killed": undefined,
  "agent killed as it releases": [500, 5 * MINUTE_MS],
  "machine frozen": [500, 10 * MINUTE_MS],
  reboot: undefined,
  "power loss": undefined,
  "instance terminated": undefined,
  "zone lost": [MINUTE_MS, 20 * MINUTE_MS],
  "EFS outage": [1_000, 10 * MINUTE_MS],
  "EFS stall": [1_000, 3 * MINUTE_MS],
  "EFS cut off": [1_000, 10 * MINUTE_MS],
  "EFS answers lost": [1_000, 3 * MINUTE_MS],
  "EFS errors": [1_000, 3 * MINUTE_MS],
  "EFS errors after success": [1_000, 5 * MINUTE_MS],
  "EFS requests doubled": [1_000, 5 * MINUTE_MS],
  "EFS stale": [1_000, 5 * MINUTE_MS],
  "EFS slow": [1_000, 10 * MINUTE_MS],
  "probe cut off": [1_000, 10 * MINUTE_MS],
  "peers cut off": [1_000, 10 * MINUTE_MS],
  "web cut off": [1_000, 5 * MINUTE_MS],
  "one way cut": [1_000, 10 * MINUTE_MS],
  "instance isolated": [1_000, 10 * MINUTE_MS],
  "EC2 fails": [1_000, 10 * MINUTE_MS],
  "EC2 slow": [1_000, 10 * MINUTE_MS],
  "EC2 stale": [10_000, 20 * MINUTE_MS],
  "EC2 throttles": [1_000, 10 * MINUTE_MS],
  "terminations slow": [MINUTE_MS, 20 * MINUTE_MS],
  "probe fails": [1_000, 10 * MINUTE_MS],
  "grants lost": [MINUTE_MS, 20 * MINUTE_MS],
  "grants repeated": [MINUTE_MS, 20 * MINUTE_MS],
  "invocations lost": [MINUTE_MS, 10 * MINUTE_MS],
  "invocations late": [MINUTE_MS, 10 * MINUTE_MS],
  "invocations doubled": [MINUTE_MS, 20 * MINUTE_MS],
  "invocations killed": [MINUTE_MS, 10 * MINUTE_MS],
  "cold starts": [MINUTE_MS, 20 * MINUTE_MS],
  "clock jumps": [MINUTE_MS, 30 * MINUTE_MS],
  "disk full": [MINUTE_MS, 20 * MINUTE_MS],
  "instance refresh": undefined,
  switchover: undefined,
  "scale in": [5 * MINUTE_MS, HOUR_MS],
  "scale out": [5 * MINUTE_MS, HOUR_MS],
} as const satisfies Readonly<Record<string, readonly [number, number] | undefined>>;

export type FaultKind = keyof typeof FAULT_DURATIONS_MS;

const FAULT_KINDS = Object.keys(FAULT_DURATIONS_MS) as readonly FaultKind[];

export interface Fault {
  readonly kind: FaultKind;
  readonly at_ms: number;
  readonly duration_ms: number;
  /** From 0 to 1: whom it hits, and how hard; what that means is the kind's. */
  readonly target: number;
  readonly level: number;
}

export interface Plan {
  readonly instances: number;
  /** Kind -> how often it is drawn; a kind that is not there is off in this history. */
  readonly weights: ReadonlyMap<FaultKind, number>;
  readonly faults: readonly Fault[];
}

export interface Rate {
  readonly min: number;
  readonly max: number;
}

/** Faults per hour, at least and at most: from rare ones that are repaired in peace to one upon the other. */
const PER_HOUR: Rate = { min: 0.2, max: 2 };

/** The probability that a fault comes upon the one before it, and within which time. */
const TOGETHER = { probability: 0.5, within_ms: 120_000 } as const;

/**
 * What goes wrong in the history of a seed. First it draws which kinds of fault there are at all and how often ("swarm
 * testing"): with all of them in every history many combinations would never come up.
 */
export function planFaults(seed: number, hours: number, perHour = PER_HOUR): Plan {
  const random = new Random(seed, "faults");
  const instances = random.pick([1, 2, 2, 2, 3, 3]);
  const weights = new Map<FaultKind, number>();
  while (weights.size === 0) {
    const share = random.between(0.1, 0.8);
    for (const kind of FAULT_KINDS) if (random.chance(share)) weights.set(kind, random.skewed(0.1, 1));
  }
  const count = Math.max(1, Math.round(hours * random.skewed(perHour.min, perHour.max)));
  const begin_ms = random.chance(0.2) ? 0 : 5 * MINUTE_MS;
  const faults: Fault[] = [];
  let previous_ms: number | undefined;
  for (let index = 0; index < count; index += 1) {
    const isTogether = previous_ms !== undefined && random.chance(TOGETHER.probability);
    const anywhere_ms = random.between(begin_ms, hours * HOUR_MS);
    const at_ms: number = isTogether ? (previous_ms ?? 0) + gap_ms(random) : anywhere_ms;
    faults.push(draw(random, weights, at_ms));
    previous_ms = at_ms;
  }
  // Something that happens while everything starts for the first time.
  if (begin_ms === 0) faults.push(draw(random, weights, random.between(0, 3 * MINUTE_MS)));
  return { instances, weights, faults: faults.toSorted((a, b) => a.at_ms - b.at_ms) };
}

/** In the same moment as often as some time into what the other has begun. */
function gap_ms(random: Random): number {
  return random.chance(0.5) ? random.skewed(1, TOGETHER.within_ms) : random.between(0, TOGETHER.within_ms);
}

function draw(random: Random, weights: ReadonlyMap<FaultKind, number>, at_ms: number): Fault {
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  let rest = random.next() * total;
  let kind: FaultKind = "postgres killed";
  for (const [candidate, weight] of weights) {
    kind = candidate;
    rest -= weight;
    if (rest <= 0) break;
  }
  const range = FAULT_DURATIONS_MS[kind];
  const duration_ms = range === undefined ? 0 : random.skewed(range[0], range[1]);
  return { kind, at_ms, duration_ms, target: random.next(), level: random.next() };
}
