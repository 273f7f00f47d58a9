import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { AWS_CLOCK, type ClockReading, type Connection } from "@cloudy/dashboard";
import { UserError } from "./errors.ts";

/** The system under test: where its API and its load balancer are, what its parts are called, how its clock runs. */
export interface Target {
  readonly connection: Connection;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly clock: ClockReading;
  readonly url: string;
  /** Where a twin keeps its instances, on this machine. */
  readonly directory?: string;
}

/** Parses the line of `twin up --json` (docs/contracts.md). `source` names it in errors. */
export function parseTwinLine(line: string, source: string): Target {
  const twin = parseObject(line, source);
  const clock = objectOf(twin, "clock", source);
  const numberIn = (name: string) => {
    const value = clock[name];
    if (typeof value !== "number") throw new UserError(`${source}: [clock.${name}] is not a number.`);
    return value;
  };
  return {
    connection: {
      region: textOf(twin, "region", source),
      endpoint: textOf(twin, "awsEndpoint", source),
      credentials: {
        accessKeyId: textOf(twin, "accessKeyId", source),
        secretAccessKey: textOf(twin, "secretAccessKey", source),
      },
    },
    outputs: objectOf(twin, "outputs", source),
    clock: {
      speed: numberIn("speed"),
      realEpoch_ms: numberIn("realEpoch_ms"),
      cloudEpoch_ms: numberIn("cloudEpoch_ms"),
    },
    url: withoutSlash(textOf(twin, "loadBalancerUrl", source)),
    ...(typeof twin.directory === "string" ? { directory: twin.directory } : {}),
  };
}

/** A file with the twin's line; `-` is standard input. */
export async function runningTwin(file: string): Promise<Target> {
  const source = file === "-" ? "Standard input" : file;
  const content = file === "-" ? await text(process.stdin) : await readText(file);
  const line = content.split("\n").find((candidate) => candidate.trimStart().startsWith("{"));
  if (line === undefined) throw new UserError(`${source} holds no line of \`pnpm twin up --json\`.`);
  return parseTwinLine(line, source);
}

/** A stack on AWS by its outputs; the API's address and credentials are the SDK's own unless an endpoint is given. */
export async function deployedStack(outputsFile: string, endpoint: string | undefined): Promise<Target> {
  const outputs = parseObject(await readText(outputsFile), outputsFile);
  const region = textOf(outputs, "region", outputsFile);
  return {
    connection: { region, ...(endpoint === undefined ? {} : { endpoint }) },
    outputs,
    clock: AWS_CLOCK,
    url: withoutSlash(textOf(outputs, "url", outputsFile)),
  };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new UserError(`${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

type Fields = Readonly<Record<string, unknown>>;

function parseObject(json: string, source: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new UserError(`${source} is not JSON: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UserError(`${source} is not a JSON object.`);
  }
  return value as Fields;
}

function objectOf(fields: Fields, name: string, source: string): Fields {
  const value = fields[name];
  if (typeof value !== "object" || value === null) throw new UserError(`${source} lacks [${name}].`);
  return value as Fields;
}

function textOf(fields: Fields, name: string, source: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value === "") throw new UserError(`${source} lacks [${name}].`);
  return value;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
