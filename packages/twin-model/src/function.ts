export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  /** Path of the zip file on this machine. */
  readonly zipPath: string;
  /** `file.export`, for example `index.handler`. */
  readonly handler: string;
  readonly roleArn: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeout_s: number;
  readonly memory_mb: number;
  /** Present when the function runs inside the VPC. */
  readonly vpc:
    | {
        readonly subnetIds: readonly string[];
        readonly securityGroupIds: readonly string[];
        readonly interfaceIds: readonly string[];
      }
    | undefined;
}

export interface FunctionResult {
  readonly payload: unknown;
  /** Set when the handler threw, timed out or the process died. */
  readonly error: { readonly errorType: string; readonly errorMessage: string } | undefined;
  readonly logLines: readonly string[];
}

/** Runs Lambda handlers from their zip, in warm processes that are reused, one event at a time each. */
export interface FunctionRuntime {
  /** `onLine` gets each log line when it is written; the result has them all. */
  invoke(
    definition: FunctionDefinition,
    event: unknown,
    requestId: string,
    onLine: (line: string) => void,
  ): Promise<FunctionResult>;
}
