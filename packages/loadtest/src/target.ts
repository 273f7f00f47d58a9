import { parseObject, parseTwinLine, readGiven, readText, readTwinLine } from "@cloudy/command-line";
import { parseOutputs } from "@cloudy/contracts/stack-outputs.ts";
import { AWS_CLOCK, type ClockReading } from "@cloudy/observer/clock.ts";
import type { Connection } from "@cloudy/observer/connection.ts";

/** The system under test: where its API and its load balancer are, what its parts are called, how its clock runs. */
export interface Target {
  readonly connection: Connection;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly clock: ClockReading;
  readonly url: string;
  /** Where a twin keeps its instances, on this machine. */
  readonly directory?: string;
  /** A bearer token that the twin itself stands for. */
  readonly token?: string;
}

/** What every request to the target is sent with. */
export function headersOf({ token }: Target): Readonly<Record<string, string>> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** The stack of the twin that a line of `twin up --json` tells of: `stack`, or the only one. `source` names it in errors. */
export function twinTarget(line: string, source: string, stack?: string): Target {
  const { connection, outputs, clock, loadBalancerUrl, directory, token } = parseTwinLine(line, source, stack);
  return {
    connection,
    outputs,
    clock,
    url: withoutSlash(loadBalancerUrl),
    ...(directory === undefined ? {} : { directory }),
    ...(token === undefined ? {} : { token }),
  };
}

/** A file with the twin's line; `-` is standard input. */
export async function runningTwin(file: string, stack: string | undefined): Promise<Target> {
  const { line, source } = await readTwinLine(file);
  return twinTarget(line, source, stack);
}

/** A stack on AWS by its outputs; the API's address and credentials are the SDK's own unless an endpoint is given. */
export async function deployedStack(outputsFile: string, endpoint: string | undefined): Promise<Target> {
  const outputs = parseObject(await readText(outputsFile), outputsFile);
  const { region, url } = readGiven(() => parseOutputs(outputs, outputsFile, ["region", "url"]));
  return {
    connection: { region, ...(endpoint === undefined ? {} : { endpoint }) },
    outputs,
    clock: AWS_CLOCK,
    url: withoutSlash(url),
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
