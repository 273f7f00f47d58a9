import { numberOf, parseOptions, UserError } from "@cloudy/command-line";
import { SPEED_DEFAULT } from "@cloudy/loadtest/constants.ts";

export interface DemoOptions {
  readonly help: boolean;
  readonly isHeadless: boolean;
  readonly keep: boolean;
  readonly jsonFile: string | undefined;
  readonly seed: number;
  readonly target:
    | { readonly kind: "start twin"; readonly speed: number; readonly stack: string | undefined }
    | { readonly kind: "running twin"; readonly file: string; readonly stack: string | undefined }
    | { readonly kind: "deployed"; readonly outputsFile: string; readonly endpoint: string | undefined };
}

export const USAGE = `Usage: pnpm demo [options]

Puts the system under load until it scales out, takes its active database away, and checks what it promises: that it
scales, that it heals, and that no acknowledged write is lost. Exit code 0 only if every promise was held.

By default it starts the whole system on this machine first (pnpm twin up) and ends it afterwards.

Options:
  --speed N       cloud time per wall time of the twin (default: ${SPEED_DEFAULT})
  --stack NAME    configuration for the twin, Pulumi.NAME.yaml (default: the twin's own); with --twin, which of its
                  stacks, where it has several
  --twin FILE     use a twin that runs already: FILE holds the line of \`pnpm twin up --json\`, - is standard input
  --outputs FILE  use a stack deployed to AWS: FILE holds \`pulumi stack output --json\`; credentials and region are
                  the SDK's usual ones. The demo TERMINATES the active database instance of that stack
  --endpoint URL  with --outputs: another endpoint of the AWS API
  --headless      no page, plain lines
  --json FILE     write the result there too, besides reports/
  --keep          leave the twin and the page running after the verdict, until Ctrl-C
  --seed N        for the names and pauses of the requests (default: random, printed)
  --help          this text`;

const OPTIONS = {
  speed: { type: "string" },
  stack: { type: "string" },
  twin: { type: "string" },
  outputs: { type: "string" },
  endpoint: { type: "string" },
  headless: { type: "boolean" },
  json: { type: "string" },
  keep: { type: "boolean" },
  seed: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Throws UserError for anything that is not understood. `randomSeed` is used when none is given. */
export function parseCommandLine(args: readonly string[], randomSeed: number): DemoOptions {
  const values = parseOptions(args, OPTIONS);
  return {
    help: values.help === true,
    isHeadless: values.headless === true,
    keep: values.keep === true,
    jsonFile: values.json,
    seed: values.seed === undefined ? randomSeed : numberOf("seed", values.seed, 0, 0xffff_ffff),
    target: targetOf(values),
  };
}

function targetOf(values: ReturnType<typeof parseOptions<typeof OPTIONS>>): DemoOptions["target"] {
  const { speed, stack, twin, outputs, endpoint } = values;
  if (twin !== undefined && outputs !== undefined) {
    throw new UserError("Only one of [--twin] and [--outputs] can be given: they name different systems.");
  }
  if (endpoint !== undefined && outputs === undefined) {
    throw new UserError("[--endpoint] needs [--outputs FILE]; for a running twin, [--twin FILE] says everything.");
  }
  if (((speed ?? stack) !== undefined && outputs !== undefined) || (speed !== undefined && twin !== undefined)) {
    throw new UserError(
      "[--speed] and [--stack] are for a twin that the demo starts: leave out --twin and --outputs. Only [--stack] goes with [--twin], to say which of its stacks is meant.",
    );
  }
  if (twin !== undefined) return { kind: "running twin", file: twin, stack };
  if (outputs !== undefined) return { kind: "deployed", outputsFile: outputs, endpoint };
  return { kind: "start twin", speed: speed === undefined ? SPEED_DEFAULT : numberOf("speed", speed, 1, 30), stack };
}
