import { compare, type Write } from "@cloudy/loadtest/ledger.ts";
import { readBack } from "@cloudy/loadtest/read-back.ts";
import { headersOf } from "@cloudy/loadtest/target.ts";
import { HEALS_MS, SETTLE_MS } from "./constants.ts";
import { BrokenPromise } from "./errors.ts";
import type { Experiment } from "./experiments.ts";
import { verify } from "./verify.ts";
import type { World } from "./world.ts";

export interface Outcome {
  readonly name: string;
  /** `undefined`: the promise was held. */
  readonly failure: string | undefined;
}

/** Goes through the experiments one after the other; each begins with a writer and a standby. */
export async function runExperiments(world: World, experiments: readonly Experiment[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const experiment of experiments) outcomes.push(await tried(world, experiment));
  outcomes.push(await concluded(world));
  return outcomes;
}

async function tried(world: World, experiment: Experiment): Promise<Outcome> {
  const { name, promise } = experiment;
  world.say(`\n  ── ${name}: ${promise}`);
  return outcomeOf(world, name, async () => {
    await world.isReady();
    const before = world.epoch();
    const start_ms = Date.now();
    await experiment.run(world, before);
    await world.acknowledges(HEALS_MS);
    const silence_s = longestSilence_ms(world.ledger.writes(), start_ms, Date.now()) / 1000;
    await world.pause(SETTLE_MS);
    const count = await allThere(world);
    const after = world.epoch();
    const epochs = `epoch ${before.number} of ${before.holder} -> ${after.number} of ${after.holder}`;
    return `${epochs}; longest time without an acknowledged write ${silence_s.toFixed(1)} s; ${count}`;
  });
}

/** When everything is over: the last read-back, with every write answered, and the check of the data itself. */
async function concluded(world: World): Promise<Outcome> {
  const name = "the data";
  world.say(`\n  ── ${name}: every acknowledged write is there once, and PostgreSQL's pages are sound`);
  return outcomeOf(world, name, async () => {
    await world.isReady();
    await world.stopWriting();
    return `${await allThere(world)}; ${await verify(world)}; ${world.watch.looks} looks never saw two writers`;
  });
}

async function outcomeOf(world: World, name: string, run: () => Promise<string>): Promise<Outcome> {
  try {
    const sentence = await run();
    const [violation] = world.watch.violations;
    if (violation !== undefined) throw new BrokenPromise(violation);
    world.say(`  ✓  ${sentence}`);
    return { name, failure: undefined };
  } catch (error) {
    if (!(error instanceof BrokenPromise)) throw error;
    world.say(`  ✕  ${error.message}`);
    return { name, failure: error.message };
  }
}

async function allThere(world: World): Promise<string> {
  // Only those that were acknowledged before the reading began: the pages are read one after the other.
  const writes = [...world.ledger.writes()].filter(({ outcome }) => outcome !== "under way");
  const { acknowledged, lost, doubled } = compare(
    writes,
    await readBack(world.target.url, world.prefix, headersOf(world.target)),
  );
  if (lost.length > 0)
    throw new BrokenPromise(`${lost.length} of ${acknowledged} acknowledged writes are lost: ${lost[0]}`);
  if (doubled.length > 0) throw new BrokenPromise(`${doubled.length} writes are there twice: ${doubled[0]}`);
  return `${acknowledged} acknowledged writes read back`;
}

/** The longest time between two acknowledgements, from `start_ms` on. */
export function longestSilence_ms(writes: Iterable<Write>, start_ms: number, end_ms: number): number {
  const done = [...writes].flatMap(({ outcome, done_ms }) => (outcome === "acknowledged" ? (done_ms ?? []) : []));
  const times = [start_ms, ...done.filter((at) => at > start_ms && at < end_ms).sort((a, b) => a - b), end_ms];
  return Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? at)));
}
