import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { parseJson } from "@cloudy/contracts/document.ts";
import { type ProbeAnswer, ProbeAnswerSchema } from "@cloudy/contracts/probe-answer.ts";
import type { ProbeEvent } from "@cloudy/contracts/probe-event.ts";
import { ProbeError } from "../errors.ts";

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
  try {
    return parseJson(ProbeAnswerSchema, payload, "it");
  } catch (cause) {
    throw new ProbeError(`the probe function ${functionName} answered "${payload.slice(0, 200)}"`, { cause });
  }
}
