import { configOf, numberOf, parseOptions, UserError } from "@cloudy/command-line";
import { SPEED_DEFAULT } from "@cloudy/loadtest/constants.ts";
import { EXPERIMENTS, type Experiment } from "./experiments.ts";

export interface ChaosOptions {
  readonly help: boolean;
  readonly list: boolean;
  readonly experiments: readonly Experiment[];
  readonly stack: string | undefined;
  readonly config: Readonly<Record<string, string>>;
  readonly speed: number;
}

export const USAGE = `Usage: pnpm chaos [options]

Starts the whole system on this machine (pnpm twin up) and breaks its database in one way after the other, with real
processes and a real PostgreSQL, while writes go on. After each experiment every acknowledged write is read back; all the
time it is watched that postgres never runs twice. Exit code 0 only if every promise was held.

Options:
  --only NAMES   these experiments, separated by commas, in this order
  --list         names and promises of all experiments
  --stack NAME   configuration for the twin, Pulumi.NAME.yaml (default: the twin's own)
  --config K=V   another value of one key, as of pnpm twin up: --config cloudy:webMin=3; may be repeated
  --speed N      cloud time per wall time of the twin (default: ${SPEED_DEFAULT})
  --help         this text`;

const OPTIONS = {
  help: { type: "boolean", short: "h" },
  list: { type: "boolean" },
  only: { type: "string" },
  stack: { type: "string" },
  config: { type: "string", multiple: true },
  speed: { type: "string" },
} as const;

/** Throws UserError for anything that is not understood. */
export function parseCommandLine(args: readonly string[]): ChaosOptions {
  const { help, list, only, stack, config, speed } = parseOptions(args, OPTIONS);
  const factor = speed === undefined ? SPEED_DEFAULT : numberOf("speed", speed, 1, 30);
  return {
    help: help === true,
    list: list === true,
    experiments: chosen(only),
    stack,
    config: configOf(config),
    speed: factor,
  };
}

function chosen(only: string | undefined): readonly Experiment[] {
  if (only === undefined) return EXPERIMENTS;
  return only.split(",").map((name) => {
    const found = EXPERIMENTS.find((experiment) => experiment.name === name.trim());
    if (found !== undefined) return found;
    const names = EXPERIMENTS.map((experiment) => experiment.name).join(", ");
    throw new UserError(`[--only] There is no experiment "${name.trim()}". There are: ${names}.`);
  });
}
