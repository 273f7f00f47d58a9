import { execFile } from "node:child_process";
import { promisify } from "node:util";
import {
  type Fields,
  messageOf,
  parseObject,
  parseTwinLine,
  readGiven,
  readText,
  readTwinLine,
  UserError,
} from "@cloudy/command-line";
import { parseOutputs, type StackOutputs } from "@cloudy/contracts/stack-outputs.ts";

/** The system to operate: where its API is, what its parts are called, and what time it is there. */
export interface Target {
  readonly connection: Connection;
  readonly functionName: string;
  readonly logGroupName: string;
  /** Where the backups are; `undefined` for a function given by its name, and for a stack without backups. */
  readonly backupBucket: string | undefined;
  /** What `pnpm roll` rolls, in order; `undefined` for a function given by its name, and for a stack before there was a roll. */
  readonly instanceGroups: InstanceGroups | undefined;
  /** Cloud time; a twin's runs faster than the clock on the wall. */
  readonly now_ms: () => number;
}

type InstanceGroups = NonNullable<StackOutputs["instanceGroups"]>;
export type InstanceGroup = InstanceGroups[number];

/** What is not given here is the SDK's own: region and credentials of the environment, the API of AWS. */
export interface Connection {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface TargetOptions {
  readonly twin?: string | undefined;
  readonly outputs?: string | undefined;
  readonly stack?: string | undefined;
  readonly function?: string | undefined;
  readonly region?: string | undefined;
}

export const TARGET_OPTIONS = {
  twin: { type: "string" },
  outputs: { type: "string" },
  stack: { type: "string" },
  function: { type: "string" },
  region: { type: "string" },
} as const;

export const TARGET_USAGE = `Which system, one of:
  --twin FILE      a running twin: FILE holds the line of \`pnpm twin up --json\`, - is standard input; with --stack NAME
                   where it has several stacks
  --stack NAME     a stack on AWS, by \`pulumi stack output --stack NAME\`
  --outputs FILE   the same from a file that holds \`pulumi stack output --json\`
  --function NAME  the failover function by its name, for example CloudyFailover
  --region REGION  with --function: its region (default: the SDK's, AWS_REGION)
On AWS, credentials are the SDK's usual ones.`;

/** Finds the target; throws UserError when the options do not name exactly one. */
export async function findTarget(options: TargetOptions): Promise<Target> {
  const { twin, outputs, stack, region } = options;
  // Of a twin, [--stack] says which of its stacks.
  const systems =
    twin === undefined ? (["stack", "outputs", "function"] as const) : (["twin", "outputs", "function"] as const);
  const given = systems.filter((name) => options[name] !== undefined);
  if (given.length === 0) {
    throw new UserError("Which system? Give one of [--twin], [--stack], [--outputs] and [--function]. See --help.");
  }
  if (given.length > 1) {
    const names = given.map((name) => `[--${name}]`).join(" and ");
    throw new UserError(`Only one of ${names} can be given: each names a system.`);
  }
  if (region !== undefined && options.function === undefined) {
    throw new UserError("[--region] goes with [--function]; everything else says its region itself.");
  }
  if (twin !== undefined) return runningTwin(twin, stack);
  if (stack !== undefined) return stackTarget(await pulumiOutputs(stack), `stack ${stack}`);
  if (outputs !== undefined) return stackTarget(parseObject(await readText(outputs), outputs), outputs);
  const functionName = options.function ?? "";
  const logGroupName = `/aws/lambda/${functionName}`;
  const connection = region === undefined ? {} : { region };
  const unknown = { backupBucket: undefined, instanceGroups: undefined };
  return { connection, functionName, logGroupName, ...unknown, now_ms: Date.now };
}

async function runningTwin(file: string, stack: string | undefined): Promise<Target> {
  const { line, source } = await readTwinLine(file);
  const { connection, outputs, clock } = parseTwinLine(line, source, stack);
  return {
    ...namesOf(outputs, `[outputs] of ${source}`),
    connection,
    now_ms: () => clock.cloudEpoch_ms + (Date.now() - clock.realEpoch_ms) * clock.speed,
  };
}

function stackTarget(outputs: Fields, source: string): Target {
  const names = namesOf(outputs, source);
  const { region } = readGiven(() => parseOutputs(outputs, source, ["region"]));
  return { ...names, connection: { region }, now_ms: Date.now };
}

function namesOf(outputs: Fields, source: string): Omit<Target, "connection" | "now_ms"> {
  const names = readGiven(() =>
    parseOutputs(outputs, source, [
      "failoverFunctionName",
      "failoverLogGroupName",
      "backupBucketName",
      "instanceGroups",
    ]),
  );
  return {
    backupBucket: names.backupBucketName,
    instanceGroups: names.instanceGroups,
    functionName: names.failoverFunctionName,
    logGroupName: names.failoverLogGroupName,
  };
}

/** What `pulumi stack output` tells. */
export async function pulumiOutputs(stack: string): Promise<Fields> {
  try {
    const { stdout } = await promisify(execFile)("pulumi", ["stack", "output", "--json", "--stack", stack]);
    return parseObject(stdout, `stack ${stack}`);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const { code, stderr } = cause as { readonly code?: unknown; readonly stderr?: string };
    const why = code === "ENOENT" ? "the Pulumi CLI is not on the PATH; use [--function] instead" : stderr?.trim();
    throw new UserError(`The outputs of stack ${stack} cannot be read: ${why || messageOf(cause)}`, { cause });
  }
}
