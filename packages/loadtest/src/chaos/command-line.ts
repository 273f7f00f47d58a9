import { parseArgs } from "node:util";
import { SPEED_DEFAULT } from "../constants.ts";
import { UserError } from "../errors.ts";
import { EXPERIMENTS, type Experiment } from "./experiments.ts";

export interface ChaosOptions {
  readonly help: boolean;
  readonly list: boolean;
  readonly experiments: readonly Experiment[];
  readonly speed: number;
}

export const USAGE = `Usage: pnpm chaos [options]

Starts the whole system on this machine (pnpm twin up) and breaks its database in one way after the other, with real
processes and a real PostgreSQL, while writes go on. After each experiment every acknowledged write is read back; all the
time it is watched that postgres never runs twice. Exit code 0 only if every promise was held.

Options:
  --only NAMES   these experiments, separated by commas, in this order
  --list         names and promises of all experiments
  --speed N      cloud time per wall time of the twin (default: ${SPEED_DEFAULT})
  --help         this text`;

export function parseCommandLine(args: readonly string[]): ChaosOptions {
  const { help, list, only, speed } = parse(args);
  const factor = speed === undefined ? SPEED_DEFAULT : Number(speed);
  if (!(factor >= 1 && factor <= 30)) throw new UserError(`[--speed] ${speed} is not a number from 1 to 30.`);
  return { help: help === true, list: list === true, experiments: chosen(only), speed: factor };
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

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      // pnpm hands a separating -- through to the script.
      args: args.filter((arg) => arg !== "--"),
      options: {
        help: { type: "boolean", short: "h" },
        list: { type: "boolean" },
        only: { type: "string" },
        speed: { type: "string" },
      },
    }).values;
  } catch (cause) {
    throw new UserError(`${cause instanceof Error ? cause.message : cause} See --help.`, { cause });
  }
}
