import { numberOf, parseOptions, UserError } from "@cloudy/command-line";
import { ROUNDS_DEFAULT, ROUNDS_MAX, SECONDS_DEFAULT, SECONDS_MAX } from "./constants.ts";
import { ROW_KEYS, type RowKey } from "./rows.ts";

export interface BenchOptions {
  readonly help: boolean;
  readonly rounds: number;
  readonly seconds: number;
  readonly only: readonly RowKey[];
  readonly reference: boolean;
  readonly check: boolean;
  readonly outputDir: string | undefined;
}

export const USAGE = `Usage: pnpm bench [options]

Measures Cloudy's API beside the same routes on Express 5 and on the reference's own stack, and beside the floors: bare node:http, bare
pg with the API's statements, the bare prime loop. All on this machine, with one PostgreSQL, in turns. Takes about ten minutes.

Rows: root (GET /), list (GET /users), add (POST /users), commit (the same with commits as slow as on EFS), load (GET /load),
healthz (GET /healthz while /load is saturated)

Options:
  --rounds N      how often everything is measured (default: ${ROUNDS_DEFAULT})
  --seconds S     length of each measurement (default: ${SECONDS_DEFAULT})
  --only ROW      this row only; may be given several times
  --no-reference  without Flask, SQLAlchemy and gunicorn; left out by itself where Python 3 with venv or PyPI can't be had
  --check         exit code 1 unless every goal was held
  --out DIR       where results.json and results.svg go (default: bench/)
  --help          this text

The files are written anew after each round; Ctrl-C ends with the report of the rounds so far. A window that gives no figure is
tried again. Exit code 1 when something could not be measured in the end; 130 after Ctrl-C.`;

const OPTIONS = {
  rounds: { type: "string" },
  seconds: { type: "string" },
  only: { type: "string", multiple: true },
  "no-reference": { type: "boolean" },
  check: { type: "boolean" },
  out: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Throws UserError for anything that is not understood. */
export function parseCommandLine(args: readonly string[]): BenchOptions {
  const { help, rounds, seconds, only, check, out, ...given } = parseOptions(args, OPTIONS);
  return {
    help: help === true,
    rounds: rounds === undefined ? ROUNDS_DEFAULT : wholeNumber("rounds", rounds, ROUNDS_MAX),
    seconds: seconds === undefined ? SECONDS_DEFAULT : numberOf("seconds", seconds, 0.1, SECONDS_MAX),
    only: only === undefined ? ROW_KEYS : only.map(rowKey),
    reference: given["no-reference"] !== true,
    check: check === true,
    outputDir: out,
  };
}

function rowKey(text: string): RowKey {
  const key = ROW_KEYS.find((candidate) => candidate === text);
  if (key === undefined) throw new UserError(`[--only] ${text} is no row: give one of ${ROW_KEYS.join(", ")}.`);
  return key;
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = numberOf(name, text, 1, most);
  if (!Number.isInteger(value)) throw new UserError(`[--${name}] ${text} is not a whole number.`);
  return value;
}
