/** An error in AWS's own terms; the wire gives it the shape of each protocol. */
export class AwsError extends Error {
  override readonly name = "AwsError";
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** Who signed the request. `isAdministrator` callers (the operator's key) are not limited by policies. */
export interface Caller {
  readonly accessKeyId: string;
  /** For example `arn:aws:sts::123456789012:assumed-role/Web/i-0abc`. */
  readonly arn: string;
  readonly roleArn: string | undefined;
  readonly accountId: string;
  readonly isAdministrator: boolean;
  /** Region the request was signed for; absent for callers inside the twin. */
  readonly region?: string;
}

/** One action on one resource that the policies must allow, with the condition keys that apply to it. */
export interface Access {
  /** For example `ec2:ReplaceRoute`. */
  readonly action: string;
  /** ARN, or `*` for actions without resource-level permissions. */
  readonly resource: string;
  /** Condition keys in lower case, for example `{"aws:resourcetag/database": "true"}`. */
  readonly context?: Readonly<Record<string, string>>;
}

/** One API action: which permissions it needs, and what it does. Inputs and outputs have the SDK's shapes. */
export interface Operation {
  readonly access: (input: never, caller: Caller) => readonly Access[];
  readonly run: (input: never, caller: Caller) => unknown | Promise<unknown>;
}

/** `operation<DescribeInstancesRequest, DescribeInstancesResult>({access, run})`: typed inside, erased for the table. */
export function operation<Input, Output>(definition: {
  readonly access: (input: Input, caller: Caller) => readonly Access[];
  readonly run: (input: Input, caller: Caller) => Output | Promise<Output>;
}): Operation {
  return definition;
}

/** The operations of one service by action name (`DescribeInstances`). */
export type Operations = Readonly<Record<string, Operation>>;

/** Names of the services as in the SDK packages: `@aws-sdk/client-<name>`. */
export type ServiceName =
  | "auto-scaling"
  | "cloudwatch"
  | "cloudwatch-logs"
  | "ec2"
  | "elastic-load-balancing-v2"
  | "lambda"
  | "s3"
  | "secrets-manager"
  | "sns"
  | "sts";
