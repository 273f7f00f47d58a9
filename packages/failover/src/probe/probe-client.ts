import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type {
  Delivery,
  PostgresAnswer,
  ProbeAnswer,
  ProbeEvent,
  ProbeResult,
  SecondOpinion,
} from "@cloudy/contracts/probe.ts";
import { ProbeError } from "../errors.ts";
import { parseStatus } from "./agent-client.ts";

/** Asks the probe function; throws ProbeError when it fails or answers something else. */
export async function invokeProbe(
  client: LambdaClient,
  functionName: string,
  event: ProbeEvent,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const answer = await client
    .send(new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(event)) }), {
      abortSignal: signal,
    })
    .catch((error: unknown) => {
      throw new ProbeError(`the probe function ${functionName} could not be invoked`, { cause: error });
    });
  const payload = Buffer.from(answer.Payload ?? []).toString("utf8");
  if (answer.FunctionError !== undefined) {
    throw new ProbeError(`the probe function ${functionName} failed (${answer.FunctionError}): ${payload}`);
  }
  const parsed = parseAnswer(payload);
  if (parsed === undefined)
    throw new ProbeError(`the probe function ${functionName} answered "${payload.slice(0, 200)}"`);
  return parsed;
}

function parseAnswer(payload: string): ProbeAnswer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { results, opinions, grant, order } = value as Readonly<Record<string, unknown>>;
  if (!Array.isArray(results) || !Array.isArray(opinions)) return undefined;
  return {
    results: results.map(parseResult),
    opinions: opinions.map(parseOpinion),
    ...(isObject(grant) ? { grant: parseDelivery(grant) } : {}),
    ...(isObject(order) ? { order: parseDelivery(order) } : {}),
  };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function parseDelivery(value: object): Delivery {
  const { code, because } = value as Readonly<Record<string, unknown>>;
  return { code: Number(code), because: String(because) };
}

/** Whatever is not clearly an answer counts as not reached. */
function parseResult(value: unknown): ProbeResult {
  const { instanceId, agent, postgres, because } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const answered: PostgresAnswer = postgres === "accepting" || postgres === "starting" ? postgres : "unreachable";
  const result = { instanceId: String(instanceId), agent: parseStatus(agent), postgres: answered };
  return typeof because === "string" ? { ...result, because } : result;
}

function parseOpinion(value: unknown): SecondOpinion {
  const { by, about, reached } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return { by: String(by), about: String(about), reached: reached !== false };
}
