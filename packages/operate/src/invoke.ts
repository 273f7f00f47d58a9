import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { messageOf, UserError } from "@cloudy/command-line";
import { INVOCATION_MS_MAX } from "./constants.ts";
import type { Target } from "./target.ts";

/** Invokes the failover function and returns what it answered. Never twice: the first one may have got through. */
export async function invoke(target: Target, event: unknown, signal: AbortSignal): Promise<unknown> {
  const client = new LambdaClient({
    ...target.connection,
    maxAttempts: 1,
    requestHandler: { requestTimeout: INVOCATION_MS_MAX, throwOnRequestTimeout: true },
  });
  const { functionName } = target;
  const command = new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(event)) });
  try {
    const answer = await client.send(command, { abortSignal: signal });
    const payload = Buffer.from(answer.Payload ?? []).toString("utf8");
    if (answer.FunctionError === undefined) return JSON.parse(payload === "" ? "null" : payload);
    throw new UserError(`${functionName} failed: ${errorIn(payload)}. Its log group is ${target.logGroupName}.`);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof UserError ? error : explain(error, target);
  } finally {
    client.destroy();
  }
}

function explain(error: unknown, { functionName, connection }: Target): UserError {
  const name = error instanceof Error ? error.name : "";
  const where = connection.region === undefined ? "" : ` in ${connection.region}`;
  const why = messageOf(error);
  if (name === "ResourceNotFoundException") {
    return new UserError(`There is no function ${functionName}${where}: is it the right stack, account and region?`);
  }
  if (name === "CredentialsProviderError") return new UserError(`No AWS credentials were found: ${why}`);
  return new UserError(`${functionName}${where} could not be invoked: ${why}`, { cause: error });
}

function errorIn(payload: string): string {
  try {
    const { errorMessage } = JSON.parse(payload) as { readonly errorMessage?: unknown };
    return String(errorMessage ?? payload);
  } catch {
    return payload;
  }
}
