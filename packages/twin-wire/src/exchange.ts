import type { OperationModel, ServiceModel } from "./model.ts";
import type { AwsError } from "./operation.ts";

/** A request as it came in, with its body read in full. */
export interface WireRequest {
  readonly method: string;
  /** Undecoded path, without the query. */
  readonly path: string;
  /** Undecoded query, without `?`. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface WireReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** One AWS protocol, seen from the server's side. */
export interface Protocol {
  /** Name of the action, known to the model or not; undefined when the request names none. */
  action(request: WireRequest, model: ServiceModel): string | undefined;
  input(request: WireRequest, operation: OperationModel, model: ServiceModel): unknown;
  output(value: unknown, operation: OperationModel, model: ServiceModel, requestId: string): WireReply;
  error(error: AwsError, model: ServiceModel, requestId: string): WireReply;
}
