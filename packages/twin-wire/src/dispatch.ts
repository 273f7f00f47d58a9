import { randomUUID } from "node:crypto";
import type { Authority } from "./authority.ts";
import { decodeAwsChunked } from "./aws-chunked.ts";
import type { Protocol, WireReply, WireRequest } from "./exchange.ts";
import { fault } from "./faults.ts";
import { type OperationModel, type ServiceModel, serviceModel } from "./model.ts";
import { AwsError, type Caller, type Operation, type Operations, type ServiceName } from "./operation.ts";
import { protocolOf } from "./protocols.ts";
import { services as allServices, type ServiceTraits } from "./services.ts";
import { isSignedWith, parseSignature, type Signature } from "./signature.ts";

/** What became of one API call, for traces. */
export interface Call {
  readonly service: ServiceName;
  /** For example `DescribeInstances`; `?` when the request named none. */
  readonly action: string;
  /** ARN of the caller, undefined when it was not who it said to be. */
  readonly callerArn: string | undefined;
  readonly status: number;
  /** Code and message of the error, if it failed. */
  readonly error: AwsError | undefined;
}

export interface Dispatcher {
  readonly services: Partial<Readonly<Record<ServiceName, Operations>>>;
  readonly authority: Authority;
  readonly onCall?: ((call: Call) => void) | undefined;
}

/** Answers one AWS request: who is it, what does it want, may it, and then the operation itself. */
export async function dispatch(received: WireRequest, { services, authority, onCall }: Dispatcher): Promise<WireReply> {
  const requestId = randomUUID();
  const signature = parseSignature(received.headers["authorization"]);
  const traits = signature && allServices.find(({ signingName }) => signingName === signature.signingName);
  if (!traits) return unaddressed(signature);
  const model = await serviceModel(traits);
  const request = unchunked(received);
  const protocol = protocolOf(request, traits);
  const action = protocol.action(request, model) ?? "?";
  let caller: Caller | undefined;
  const answer = (reply: WireReply, error?: AwsError): WireReply => {
    onCall?.({ service: traits.name, action, callerArn: caller?.arn, status: reply.status, error });
    return { ...reply, headers: { "x-amzn-requestid": requestId, ...reply.headers } };
  };
  try {
    caller = authenticate(received, signature, traits, authority);
    const found = lookUp(action, model, services[traits.name]);
    const output = await perform(found, { request, protocol, model, caller, authority });
    return answer(protocol.output(output, found.description, model, requestId));
  } catch (problem) {
    const error = asAwsError(problem, traits, action);
    return answer(protocol.error(error, model, requestId), error);
  }
}

interface Found {
  readonly operation: Operation;
  readonly description: OperationModel;
}

interface Performance {
  readonly request: WireRequest;
  readonly protocol: Protocol;
  readonly model: ServiceModel;
  readonly caller: Caller;
  readonly authority: Authority;
}

async function perform({ operation, description }: Found, call: Performance): Promise<unknown> {
  const { request, protocol, model, caller, authority } = call;
  // The operation's own input type was erased for the table; the model's schema has just produced that very shape.
  const input = (await protocol.input(request, description, model)) as never;
  for (const access of operation.access(input, caller)) {
    const decision = authority.authorize(caller, access);
    if (!decision.allowed) throw fault("denied", model.traits, denial(model.traits, decision.because));
  }
  if ((Object(input) as { DryRun?: unknown }).DryRun === true)
    throw new AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
  return operation.run(input, caller);
}

function denial({ name }: ServiceTraits, because: string): string {
  return name === "ec2" ? `You are not authorized to perform this operation. ${because}` : because;
}

function authenticate(request: WireRequest, signature: Signature, traits: ServiceTraits, authority: Authority): Caller {
  const known = authority.callerOf(signature.accessKeyId, request.headers["x-amz-security-token"]);
  if (known.kind === "unknown")
    throw fault("unknown-key", traits, `The security token included in the request is invalid: ${known.because}`);
  if (known.kind === "expired")
    throw fault("expired", traits, `The security token included in the request is expired: ${known.because}`);
  if (!isSignedWith(known.secretAccessKey, request, signature))
    throw fault(
      "wrong-signature",
      traits,
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
    );
  return { ...known.caller, region: signature.region };
}

function lookUp(action: string, model: ServiceModel, operations: Operations | undefined): Found {
  const description = model.operations.get(action);
  const operation = operations && Object.hasOwn(operations, action) ? operations[action] : undefined;
  if (description && operation) return { operation, description };
  const { iamPrefix, name } = model.traits;
  const known = description ? "" : ", nor does the AWS SDK's model know it";
  const modelled =
    Object.keys(operations ?? {})
      .sort()
      .join(", ") || "nothing";
  throw fault(
    "unknown-action",
    model.traits,
    `${iamPrefix}:${action} is not modelled by the twin${known}. Of ${name} it models: ${modelled}.`,
  );
}

function asAwsError(problem: unknown, traits: ServiceTraits, action: string): AwsError {
  if (problem instanceof AwsError) return problem;
  const cause = problem instanceof Error ? (problem.stack ?? problem.message) : String(problem);
  return fault("internal", traits, `The twin failed at ${traits.iamPrefix}:${action}: ${cause}`);
}

/** S3 clients may frame bodies; what was signed is the frame, what is meant is the content. */
function unchunked(request: WireRequest): WireRequest {
  if (!request.headers["x-amz-content-sha256"]?.startsWith("STREAMING-")) return request;
  return { ...request, body: decodeAwsChunked(request.body) };
}

/** Requests that no service can be told of, so there is no protocol to answer in either. */
function unaddressed(signature: Signature | undefined): WireReply {
  const known = allServices.map(({ signingName }) => signingName).join(", ");
  const message = signature
    ? `No service signs as ${signature.signingName} in the twin; it knows ${known}.`
    : "The request has no AWS Signature Version 4 in its Authorization header (AWS4-HMAC-SHA256 Credential=...).";
  const code = signature ? "UnknownOperationException" : "MissingAuthenticationToken";
  return {
    status: signature ? 404 : 403,
    headers: { "content-type": "application/json", "x-amzn-errortype": code },
    body: JSON.stringify({ __type: code, message }),
  };
}
