import type {
  Concurrency,
  DeleteFunctionConcurrencyRequest,
  FunctionConfiguration,
  GetFunctionRequest,
  GetFunctionResponse,
  InvocationRequest,
  InvocationResponse,
  ListFunctionsRequest,
  ListFunctionsResponse,
  PutFunctionConcurrencyRequest,
} from "@aws-sdk/client-lambda";
import { tagConditions } from "@cloudy/twin-model/arn.ts";
import { type Access, AwsError, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import type { DeclaredFunction } from "./declared.ts";
import type { Lambda } from "./lambda.ts";

/** The API of Lambda. */
export function lambdaOperations(lambda: Lambda): Operations {
  const onFunction = (action: string, name: string | undefined): readonly Access[] => {
    const declared = lambda.find(name ?? "");
    const resource = declared?.arn ?? lambda.arn(name);
    return [{ action: `lambda:${action}`, resource, context: tagConditions(declared?.tags ?? {}) }];
  };
  return {
    Invoke: operation<InvocationRequest, InvocationResponse>({
      access: (request) => onFunction("InvokeFunction", request.FunctionName),
      run: (request) => invoke(lambda, request),
    }),
    GetFunction: operation<GetFunctionRequest, GetFunctionResponse>({
      access: (request) => onFunction("GetFunction", request.FunctionName),
      run: (request) => {
        const declared = lambda.get(request.FunctionName);
        return { Configuration: configurationOf(declared), Tags: { ...declared.tags } };
      },
    }),
    PutFunctionConcurrency: operation<PutFunctionConcurrencyRequest, Concurrency>({
      access: ({ FunctionName }) => onFunction("PutFunctionConcurrency", FunctionName),
      run: ({ FunctionName, ReservedConcurrentExecutions }) => {
        if (ReservedConcurrentExecutions !== 0) {
          const given = `ReservedConcurrentExecutions ${ReservedConcurrentExecutions}`;
          throw new AwsError(
            "InvalidParameterValueException",
            `The twin knows 0, which throttles all, but not ${given}.`,
          );
        }
        lambda.throttle(lambda.get(FunctionName), true);
        return { ReservedConcurrentExecutions };
      },
    }),
    DeleteFunctionConcurrency: operation<DeleteFunctionConcurrencyRequest, Record<never, never>>({
      access: ({ FunctionName }) => onFunction("DeleteFunctionConcurrency", FunctionName),
      run: ({ FunctionName }) => {
        lambda.throttle(lambda.get(FunctionName), false);
        return {};
      },
    }),
    ListFunctions: operation<ListFunctionsRequest, ListFunctionsResponse>({
      access: () => [{ action: "lambda:ListFunctions", resource: "*" }],
      run: () => ({ Functions: lambda.all().map(configurationOf) }),
    }),
  };
}

async function invoke(lambda: Lambda, request: InvocationRequest): Promise<InvocationResponse> {
  const declared = lambda.get(request.FunctionName);
  const event = eventOf(request.Payload);
  if (request.InvocationType === "DryRun") return { StatusCode: 204 };
  if (request.InvocationType === "Event") {
    lambda.enqueue(declared.arn, event);
    return { StatusCode: 202 };
  }
  lambda.refuseThrottled(declared);
  const result = await lambda.invoke(declared, event);
  const tail = Buffer.from(result.logLines.join("\n")).subarray(-4096).toString("base64");
  return {
    StatusCode: 200,
    ExecutedVersion: "$LATEST",
    Payload: new TextEncoder().encode(JSON.stringify(result.payload ?? null)),
    ...(result.error === undefined ? {} : { FunctionError: "Unhandled" }),
    ...(request.LogType === "Tail" ? { LogResult: tail } : {}),
  };
}

function eventOf(payload: Uint8Array | string | undefined): unknown {
  const text =
    payload === undefined ? "" : typeof payload === "string" ? payload : Buffer.from(payload).toString("utf8");
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new AwsError("InvalidRequestContentException", `Could not parse request body into json: ${message}`);
  }
}

function configurationOf(declared: DeclaredFunction): FunctionConfiguration {
  return {
    FunctionName: declared.name,
    FunctionArn: declared.arn,
    Handler: declared.handler,
    Role: declared.roleArn,
    Runtime: declared.runtime as NonNullable<FunctionConfiguration["Runtime"]>,
    Timeout: declared.timeout_s,
    MemorySize: declared.memory_mb,
    Environment: { Variables: { ...declared.environment } },
    State: "Active",
    LastUpdateStatus: "Successful",
    PackageType: "Zip",
    Version: "$LATEST",
    LoggingConfig: { LogFormat: "Text", LogGroup: declared.logGroupName },
    ...(declared.vpc === undefined
      ? {}
      : {
          VpcConfig: {
            SubnetIds: [...declared.vpc.subnetIds],
            SecurityGroupIds: [...declared.vpc.securityGroupIds],
          },
        }),
  };
}
