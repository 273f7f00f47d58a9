/** The process of one function: imports the handler once, then takes one event at a time over IPC. */
import { pathToFileURL } from "node:url";

/** From the twin. Times are cloud time, which is this process's own. */
export interface Invocation {
  readonly requestId: string;
  readonly event: unknown;
  readonly deadline_ms: number;
}

/** To the twin. `payload` is undefined when the handler failed. */
export interface Outcome {
  readonly requestId: string;
  readonly payload?: unknown;
  readonly error?: { readonly errorType: string; readonly errorMessage: string };
}

type Handler = (event: unknown, context: object) => unknown;

/** Marks the end of an invocation's output on stdout and stderr: the pipes are not in step with IPC. */
const END_MARK = "\u0000END ";

const [modulePath = "", exportName = "", functionArn = ""] = process.argv.slice(2);
const loading: Promise<Handler> = import(pathToFileURL(modulePath).href).then((module: Record<string, unknown>) => {
  const handler = module[exportName];
  if (typeof handler !== "function") {
    const error = new Error(`${modulePath} exports no function "${exportName}"`);
    error.name = "Runtime.HandlerNotFound";
    throw error;
  }
  return handler as Handler;
});
// The time that loading takes does not count as the invocation's; a failure is reported with the first one, as Lambda does.
const ready = () => process.send?.({ ready: true });
loading.then(ready, ready);

process.on("message", (invocation: Invocation) => {
  run(invocation).then((outcome) => {
    process.stdout.write(`${END_MARK}${invocation.requestId}\n`);
    process.stderr.write(`${END_MARK}${invocation.requestId}\n`);
    process.send?.(outcome);
  });
});
process.on("disconnect", () => process.exit(0));

async function run({ requestId, event, deadline_ms }: Invocation): Promise<Outcome> {
  try {
    const handler = await loading;
    const context = {
      awsRequestId: requestId,
      functionName: process.env["AWS_LAMBDA_FUNCTION_NAME"],
      functionVersion: "$LATEST",
      invokedFunctionArn: functionArn,
      memoryLimitInMB: process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
      logGroupName: process.env["AWS_LAMBDA_LOG_GROUP_NAME"],
      logStreamName: process.env["AWS_LAMBDA_LOG_STREAM_NAME"],
      getRemainingTimeInMillis: () => Math.max(0, deadline_ms - Date.now()),
    };
    // A handler that returns nothing answers null, as on Lambda.
    return { requestId, payload: (await handler(event, context)) ?? null };
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    console.error(failure.stack ?? failure.message);
    return { requestId, error: { errorType: failure.name, errorMessage: failure.message } };
  }
}
