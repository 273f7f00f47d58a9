import { parseOptions, UserError } from "@cloudy/command-line";

export const USAGE = `Usage: pnpm plan --to STACK [options]

What \`pulumi up\` would do to a living stack, without AWS and without its state: the program is recorded twice, as it was deployed and
as it will be, and compared by what the AWS provider does with each property. What would end half-way or lose something is
refused, with what to do instead.

Options:
  --to STACK        the settings to deploy: those of Pulumi.STACK.yaml
  --from STACK      the settings of the living stack; without it those of --to
  --set KEY=VALUE   a setting of the new side over its file, as often as needed: --set nat=gateway --set 'zones=["a","b","c"]'
  --set-from KEY=VALUE  the same for the living side
  --json            print the plan as one JSON line on standard output
  --help            this text

Exit code 0 for a plan without refusals, 1 when something is refused or goes wrong.`;

/** One of the two sides: a stack's file, and what is set over it. */
export interface Side {
  readonly stack: string;
  readonly set: Readonly<Record<string, string>>;
}

export type CommandLine =
  | { readonly help: true }
  | { readonly help: false; readonly from: Side; readonly to: Side; readonly json: boolean };

export function parseCommandLine(args: readonly string[]): CommandLine {
  const options = parseOptions(args, {
    from: { type: "string" },
    to: { type: "string" },
    set: { type: "string", multiple: true },
    "set-from": { type: "string", multiple: true },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  if (options.help === true) return { help: true };
  if (options.to === undefined) throw new UserError("[--to] is missing: name the stack to deploy. See --help.");
  return {
    help: false,
    from: { stack: options.from ?? options.to, set: valuesOf("set-from", options["set-from"] ?? []) },
    to: { stack: options.to, set: valuesOf("set", options.set ?? []) },
    json: options.json === true,
  };
}

function valuesOf(option: string, given: readonly string[]): Record<string, string> {
  const pairs = given.map((text) => {
    const mark = text.indexOf("=");
    if (mark < 1) throw new UserError(`[--${option}] ${text} is not KEY=VALUE, such as nat=gateway.`);
    return [text.slice(0, mark), text.slice(mark + 1)];
  });
  return Object.fromEntries(pairs);
}
