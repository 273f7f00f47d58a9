import { parseArgs } from "node:util";
import { UserError } from "@cloudy/command-line";

export interface SimulatorOptions {
  readonly help: boolean;
  readonly seeds: number;
  /** The first seed, or the only one to be replayed. */
  readonly seed: number | undefined;
  readonly trace: boolean;
  readonly hours: number;
  readonly workers: number;
  readonly mutants: boolean;
  readonly jsonFile: string | undefined;
}

/** A year of simulated time is 1,000 histories of this length. */
const HOURS_DEFAULT = 8.766;

const SEEDS_DEFAULT = 1_000;

export const USAGE = `Usage: pnpm sim [options]

Runs the real decisions of the database agent and of the failover function, and the agent's real file protocol, in
simulated histories full of faults, and checks at every step that there is never a second writer, that no acknowledged
write is lost or doubled, and that the database comes back. One seed is one history: the same seed, the same history.
Exit code 0 only if nothing was violated; 1 after a violation, 2 after a mistake on the command line.

Options:
  --seeds N      how many histories (default: ${SEEDS_DEFAULT})
  --seed S       only this seed; with --seeds the first one (default: 1)
  --trace        print what happens in the history, line by line (with --seed)
  --hours H      simulated hours with faults in each (default: ${HOURS_DEFAULT}; ${SEEDS_DEFAULT} of them are a year)
  --workers W    threads (default: one a core)
  --mutants      put known faults into protocol and decisions, one after the other, and see that each is caught
  --json FILE    write the result there too
  --help         this text`;

const OPTIONS = {
  seeds: { type: "string" },
  seed: { type: "string" },
  trace: { type: "boolean" },
  hours: { type: "string" },
  workers: { type: "string" },
  mutants: { type: "boolean" },
  json: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Throws UserError for anything that is not understood. */
export function parseCommandLine(args: readonly string[], cores: number): SimulatorOptions {
  const values = parse(args);
  const seed = values.seed === undefined ? undefined : wholeNumber("seed", values.seed, 0);
  const seedsGiven = values.seeds === undefined ? undefined : wholeNumber("seeds", values.seeds, 1);
  const options = {
    help: values.help === true,
    seed,
    seeds: seedsGiven ?? (seed === undefined ? SEEDS_DEFAULT : 1),
    trace: values.trace === true,
    hours: values.hours === undefined ? HOURS_DEFAULT : hours(values.hours),
    workers: values.workers === undefined ? cores : wholeNumber("workers", values.workers, 1),
    mutants: values.mutants === true,
    jsonFile: values.json,
  };
  if (options.trace && seed === undefined) throw new UserError("[--trace] needs [--seed]");
  if (options.trace && options.seeds > 1)
    throw new UserError("[--trace] shows one history: give [--seed] without [--seeds]");
  if (options.trace && options.mutants) throw new UserError("Only one of [--trace] or [--mutants] can be given");
  return options;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false }).values;
  } catch (error) {
    throw new UserError(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new UserError(`[--${name}] must be a whole number from ${least}, got "${text}"`);
}

function hours(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1_000) return value;
  throw new UserError(`[--hours] must be a number above 0 and at most 1000, got "${text}"`);
}
