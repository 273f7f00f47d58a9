import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { parseStatus } from "./agent-client.ts";
import { ProbeError } from "./errors.ts";
import type { PostgresAnswer, ProbeResult, SecondOpinion } from "./observation.ts";
import type { ProbeAnswer, ProbeEvent } from "./probe-contract.ts";

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
  if (typeof value !== "object" || value === null) return undefined;
  const { results, opinions, grant } = value as { results?: unknown; opinions?: unknown; grant?: unknown };
  if (!Array.isArray(results) || !Array.isArray(opinions)) return undefined;
  const report = { results: results.map(parseResult), opinions: opinions.map(parseOpinion) };
  if (typeof grant !== "object" || grant === null) return report;
  const { code, because } = grant as { code?: unknown; because?: unknown };
  return { ...report, grant: { code: Number(code), because: String(because) } };
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
