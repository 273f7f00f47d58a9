import { parseArgs } from "node:util";
import { configOf, UserError } from "@cloudy/command-line";
import { BOOT_FAULTS, type BootFault } from "@cloudy/twin-model/boot-fault.ts";

export interface UpOptions {
  readonly stacks: readonly string[];
  readonly config: Readonly<Record<string, string>>;
  readonly speed: number;
  readonly bootFaults: readonly BootFault[];
  /** Whether what the stacks ask of somebody outside, and lack, is given to them. */
  readonly standIns: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

export const USAGE = `Usage: pnpm twin up [options]

Runs the whole stack on this machine: the Pulumi program's instances, load balancer, alarms, functions and database.
Ctrl-C ends it and leaves nothing behind.

Options:
  --stack NAME   configuration to use, Pulumi.NAME.yaml (default: dev). Given several times, all stacks stand beside each
                 other in one account and region: their physical names must differ
  --config K=V   another value of one key, as of pulumi up: --config cloudy:alarmEmail=you@example.com; may be repeated
  --speed N      cloud time per wall time, 1 to 30 (default: 10: a 60 s alarm period takes 6 s)
  --boot-fault WHAT:SECONDS
                 each instance finds this away for the first seconds (of cloud time) of each of its boots:
                 mount, packages, dns or metadata; may be given several times
  --stand-ins    give the stacks what only you can give on AWS and what they lack: an address for alarms where they are
                 required (the twin sends nothing), and a bearer token where the API asks for one (in the line of --json;
                 CLOUDY_TOKEN names it, otherwise it is random)
  --json         print one JSON line once everything is ready: endpoint, administrator's key, addresses, outputs
  --help         this text`;

/** Faster than this, real processes cannot keep up with the declared timeouts. */
const SPEED_MAX = 30;
const SPEED_DEFAULT = 10;

/** Throws UserError for anything that is not understood. */
export function parseCommandLine(args: readonly string[]): UpOptions {
  const { values, positionals } = parse(args);
  const help = values.help === true;
  const [command, ...rest] = positionals;
  if (!help && (command !== "up" || rest.length > 0)) {
    const what = command === undefined ? "No command given" : `Unknown command "${positionals.join(" ")}"`;
    throw new UserError(`${what}. The command is: pnpm twin up. See --help.`);
  }
  return {
    stacks: values.stack ?? ["dev"],
    config: configOf(values.config),
    speed: parseSpeed(values.speed),
    bootFaults: (values["boot-fault"] ?? []).map(parseBootFault),
    standIns: values["stand-ins"] === true,
    json: values.json === true,
    help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        stack: { type: "string", multiple: true },
        config: { type: "string", multiple: true },
        speed: { type: "string" },
        "boot-fault": { type: "string", multiple: true },
        "stand-ins": { type: "boolean" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (cause) {
    throw new UserError(`${cause instanceof Error ? cause.message : cause} See --help.`, { cause });
  }
}

function parseSpeed(text: string | undefined): number {
  if (text === undefined) return SPEED_DEFAULT;
  const speed = Number(text);
  if (!(speed >= 1 && speed <= SPEED_MAX)) {
    throw new UserError(`--speed ${text} is not a number from 1 to ${SPEED_MAX}.`);
  }
  return speed;
}

function parseBootFault(text: string): BootFault {
  const [, name, seconds] = /^([a-z]+):(\d{1,4})$/.exec(text) ?? [];
  const what = BOOT_FAULTS.find((known) => known === name);
  if (what === undefined) {
    throw new UserError(`--boot-fault ${text} is not WHAT:SECONDS, where WHAT is ${BOOT_FAULTS.join(", ")}.`);
  }
  return { what, seconds: Number(seconds) };
}
