import { configOf, EXIT_INTERRUPTED, numberOf, parseOptions, TOKEN_VARIABLE, UserError } from "@cloudy/command-line";
import { SPEED_DEFAULT } from "@cloudy/loadtest/constants.ts";

export interface DemoOptions {
  readonly help: boolean;
  readonly isHeadless: boolean;
  readonly keep: boolean;
  readonly jsonFile: string | undefined;
  readonly seed: number;
  /** A bearer token for the API; one that the twin announces needs none. */
  readonly token: string | undefined;
  readonly target:
    | {
        readonly kind: "start twin";
        readonly speed: number;
        readonly stack: string | undefined;
        readonly config: Readonly<Record<string, string>>;
      }
    | { readonly kind: "running twin"; readonly file: string; readonly stack: string | undefined }
    | {
        readonly kind: "deployed";
        readonly outputsFile: string;
        readonly endpoint: string | undefined;
        /** That the database is terminated, without being asked. */
        readonly isAgreed: boolean;
      };
}

export const USAGE = `Usage: pnpm demo [options]

Puts the system under load until it scales out, takes its active database away, and checks what it promises: that it
scales, that it heals, and that no acknowledged write is lost. Exit code 0 only if every promise was held.

By default it starts the whole system on this machine first (pnpm twin up) and ends it afterwards. What the stack asks of
you and has not (an address for alarms, a bearer token) the twin stands in for, and says so.

What is shown follows from the stack: the alarms are its own or AWS's of target tracking; a web group that cannot grow is
only loaded; without a standby the failover may take a boot longer. The load grows until the group does, or until a limit
that is named: of this machine, of the API (cloudy:requestsPerMinute), of what else is the bottleneck.

Options:
  --speed N       cloud time per wall time of the twin (default: ${SPEED_DEFAULT})
  --stack NAME    configuration for the twin, Pulumi.NAME.yaml (default: the twin's own); with --twin, which of its
                  stacks, where it has several
  --config K=V    for the twin that is started, another value of one key, as of pnpm twin up:
                  --config cloudy:alarmEmail=you@example.com; may be repeated
  --twin FILE     use a twin that runs already: FILE holds the line of \`pnpm twin up --json\`, - is standard input
  --outputs FILE  use a stack deployed to AWS: FILE holds \`pulumi stack output --json\`; credentials and region are
                  the SDK's usual ones. The demo TERMINATES the active database instance of that stack, and asks first
  --yes           with --outputs: do not ask; without a terminal to ask on the demo refuses unless this is given
  --endpoint URL  with --outputs: another endpoint of the AWS API
  --token TOKEN   bearer token, sent when the API asks for one (default: the environment variable ${TOKEN_VARIABLE},
                  or the twin's own)
  --headless      no page, plain lines
  --json FILE     write the result there too, besides reports/
  --keep          leave the twin and the page running after the verdict, until Ctrl-C
  --seed N        for the names and pauses of the requests (default: random, printed)
  --help          this text

Users that it adds stay in the database, since the API removes none; the demo says how many, and how to remove them.
Ctrl-C ends it with a report of what was seen so far (exit code ${EXIT_INTERRUPTED}), a second Ctrl-C at once.`;

const OPTIONS = {
  speed: { type: "string" },
  stack: { type: "string" },
  config: { type: "string", multiple: true },
  twin: { type: "string" },
  outputs: { type: "string" },
  yes: { type: "boolean" },
  endpoint: { type: "string" },
  token: { type: "string" },
  headless: { type: "boolean" },
  json: { type: "string" },
  keep: { type: "boolean" },
  seed: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Throws UserError for anything that is not understood. `randomSeed` is used when none is given, and so is `environment`. */
export function parseCommandLine(
  args: readonly string[],
  randomSeed: number,
  environment: Readonly<Record<string, string | undefined>> = {},
): DemoOptions {
  const values = parseOptions(args, OPTIONS);
  return {
    help: values.help === true,
    isHeadless: values.headless === true,
    keep: values.keep === true,
    jsonFile: values.json,
    seed: values.seed === undefined ? randomSeed : numberOf("seed", values.seed, 0, 0xffff_ffff),
    token: tokenOf(values.token ?? (environment[TOKEN_VARIABLE] || undefined)),
    target: targetOf(values),
  };
}

/** As RFC 6750 spells them; what else is given would be refused by the API with fewer words. */
function tokenOf(token: string | undefined): string | undefined {
  if (token === undefined || /^[\w.~+/-]+=*$/.test(token)) return token;
  throw new UserError(
    `[--token] or ${TOKEN_VARIABLE} is no bearer token: it has letters, digits and . _ ~ + / - only, and = at its end.`,
  );
}

function targetOf(values: ReturnType<typeof parseOptions<typeof OPTIONS>>): DemoOptions["target"] {
  const { speed, stack, config, twin, outputs, endpoint, yes } = values;
  if (twin !== undefined && outputs !== undefined) {
    throw new UserError("Only one of [--twin] and [--outputs] can be given: they name different systems.");
  }
  if (endpoint !== undefined && outputs === undefined) {
    throw new UserError("[--endpoint] needs [--outputs FILE]; for a running twin, [--twin FILE] says everything.");
  }
  if (yes !== undefined && outputs === undefined) {
    throw new UserError("[--yes] goes with [--outputs FILE]: on a twin nobody is asked.");
  }
  if (((speed ?? stack) !== undefined && outputs !== undefined) || (speed !== undefined && twin !== undefined)) {
    throw new UserError(
      "[--speed] and [--stack] are for a twin that the demo starts: leave out --twin and --outputs. Only [--stack] goes with [--twin], to say which of its stacks is meant.",
    );
  }
  if (config !== undefined && (twin ?? outputs) !== undefined) {
    throw new UserError(
      "[--config] is for a twin that the demo starts: a system that runs already has its configuration. Leave out --twin and --outputs.",
    );
  }
  if (twin !== undefined) return { kind: "running twin", file: twin, stack };
  if (outputs !== undefined) {
    return { kind: "deployed", outputsFile: outputs, endpoint: urlOf(endpoint), isAgreed: yes === true };
  }
  const factor = speed === undefined ? SPEED_DEFAULT : numberOf("speed", speed, 1, 30);
  return { kind: "start twin", speed: factor, stack, config: configOf(config) };
}

function urlOf(endpoint: string | undefined): string | undefined {
  if (endpoint === undefined || /^https?:$/.test(URL.parse(endpoint)?.protocol ?? "")) return endpoint;
  throw new UserError(`[--endpoint] ${endpoint} is not a URL such as http://127.0.0.1:4566.`);
}
