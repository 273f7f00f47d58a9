import { arn } from "@cloudy/twin-model/arn.ts";
import type { Bus } from "@cloudy/twin-model/bus.ts";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { FunctionResult, FunctionRuntime } from "@cloudy/twin-model/function.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import type { Identifiers } from "@cloudy/twin-model/identifiers.ts";
import type { Identity } from "@cloudy/twin-model/identity.ts";
import { AwsError } from "@cloudy/twin-wire/operation.ts";
import type { MetricSink } from "../cloudwatch/metric.ts";
import type { Ec2 } from "../ec2/ec2.ts";
import type { Logs } from "../logs/logs.ts";
import { type DeclaredFunction, declaredFunction, type Permission, permissionsOf } from "./declared.ts";

interface Parts {
  readonly graph: Graph;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly ids: Identifiers;
  readonly identity: Identity;
  readonly ec2: Ec2;
  readonly logs: Logs;
  readonly metrics: MetricSink;
  readonly runtime: FunctionRuntime;
}

/** Lambda waits this long before each further attempt of an asynchronous invocation that failed. */
const retryDelays_ms = [60_000, 120_000];

/** Lambda tries a throttled event again for up to six hours, with growing pauses; the twin with this one. */
const throttledRetry_ms = 60_000;

/** Lambda's control plane: who may invoke what, retries, logs and metrics; a runtime runs the code. */
export class Lambda {
  readonly #parts: Parts;
  readonly #functions: ReadonlyMap<string, DeclaredFunction>;
  readonly #permissions: readonly Permission[];
  /** Functions whose reserved concurrency is 0: nobody can invoke them. */
  readonly #throttled = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#functions = new Map(
      parts.graph
        .ofType("aws:lambda/function:Function")
        .map((resource) => declaredFunction(resource, parts.graph, parts.ec2, parts.identity, parts.ids))
        .map((declared) => [declared.name, declared]),
    );
    this.#permissions = permissionsOf(parts.graph);
  }

  all(): readonly DeclaredFunction[] {
    return [...this.#functions.values()];
  }

  find(nameOrArn: string): DeclaredFunction | undefined {
    const name = nameOrArn.startsWith("arn:") ? (nameOrArn.split(":")[6] ?? "") : (nameOrArn.split(":")[0] ?? "");
    return this.#functions.get(name);
  }

  get(nameOrArn: string | undefined): DeclaredFunction {
    const declared = this.find(nameOrArn ?? "");
    if (declared !== undefined) return declared;
    throw new AwsError("ResourceNotFoundException", `Function not found: ${this.arn(nameOrArn)}`, 404);
  }

  /** The ARN of the function of that name, whether or not there is one. */
  arn(name: string | undefined): string {
    return arn(this.#parts.graph, "lambda", `function:${name}`);
  }

  /** Why a service may not invoke the function; nothing when a permission lets it. */
  refusalOf(functionArn: string, principal: string, sourceArn: string): string | undefined {
    const declared = this.find(functionArn);
    if (declared === undefined) return `there is no function ${functionArn}`;
    const allowed = this.#permissions.some(
      (permission) =>
        [declared.name, declared.arn].includes(permission.functionName) &&
        permission.principal === principal &&
        permission.action === "lambda:InvokeFunction" &&
        (permission.sourceArn === undefined || permission.sourceArn === sourceArn),
    );
    return allowed
      ? undefined
      : `no permission of function ${declared.name} lets ${principal} invoke it for ${sourceArn}`;
  }

  /** Asynchronous invocation: at once, and twice more if it fails. */
  enqueue(functionArn: string, event: unknown, requestId = this.#parts.ids.uuid(), attempt = 0): void {
    const declared = this.find(functionArn);
    if (declared === undefined) return;
    if (this.isThrottled(declared)) {
      this.#countThrottle(declared);
      this.#parts.clock.after(throttledRetry_ms, () => this.enqueue(functionArn, event, requestId, attempt));
      return;
    }
    this.invoke(declared, event, requestId).then((result) => {
      const delay_ms = retryDelays_ms.slice(0, declared.retriesMax)[attempt];
      if (result.error === undefined || delay_ms === undefined) return;
      this.#parts.clock.after(delay_ms, () => this.enqueue(functionArn, event, requestId, attempt + 1));
    });
  }

  isThrottled({ name }: DeclaredFunction): boolean {
    return this.#throttled.has(name);
  }

  /** By reserved concurrency 0, which AWS's console calls to throttle a function. */
  throttle({ name }: DeclaredFunction, isThrottled: boolean): void {
    if (isThrottled) this.#throttled.add(name);
    else this.#throttled.delete(name);
  }

  /** Counts and refuses a synchronous invocation of a throttled function. */
  refuseThrottled(declared: DeclaredFunction): void {
    if (!this.isThrottled(declared)) return;
    this.#countThrottle(declared);
    throw new AwsError("TooManyRequestsException", "Rate Exceeded.", 429);
  }

  /** Synchronous invocation: once; resolves also when the function fails. */
  async invoke(
    declared: DeclaredFunction,
    event: unknown,
    requestId = this.#parts.ids.uuid(),
  ): Promise<FunctionResult> {
    const { clock, runtime } = this.#parts;
    const started_ms = clock.now();
    const result = await runtime
      .invoke(declared.definition, event, requestId, (line) => this.#log(declared, [line]))
      .catch((cause: unknown): FunctionResult => {
        const errorMessage = cause instanceof Error ? cause.message : String(cause);
        const error = { errorType: "Runtime.Unknown", errorMessage };
        this.#log(declared, [errorMessage]);
        return { payload: error, error, logLines: [errorMessage] };
      });
    this.#count(declared, "Invocations", 1, "Count", started_ms);
    this.#count(declared, "Throttles", 0, "Count", started_ms);
    this.#count(declared, "Errors", result.error === undefined ? 0 : 1, "Count", started_ms);
    this.#count(declared, "Duration", clock.now() - started_ms, "Milliseconds", started_ms);
    if (result.error !== undefined) {
      const sentence = `Function ${declared.name} failed: ${result.error.errorType}: ${result.error.errorMessage}`;
      this.#parts.bus.emit({ kind: "trace", source: "lambda", sentence });
    }
    return result;
  }

  /** As on AWS, a role that may not write logs loses its lines, and nothing else tells. */
  #log(declared: DeclaredFunction, lines: readonly string[]): void {
    const { clock, identity, logs, bus } = this.#parts;
    const day = new Date(clock.now()).toISOString().slice(0, 10).replaceAll("-", "/");
    const stream = `${day}/[$LATEST]${declared.streamSuffix}`;
    const resource = `${logs.arn(declared.logGroupName)}:log-stream:${stream}`;
    const decisions = ["logs:CreateLogStream", "logs:PutLogEvents"].map((action) =>
      identity.roleMay(declared.roleArn, { action, resource }),
    );
    const denied = decisions.find((decision) => !decision.allowed);
    if (denied === undefined && logs.has(declared.logGroupName)) {
      logs.write(declared.logGroupName, stream, lines);
      return;
    }
    const why = denied?.because ?? `there is no log group ${declared.logGroupName}`;
    bus.emit({ kind: "trace", source: "lambda", sentence: `Log lines of function ${declared.name} are lost: ${why}` });
  }

  /** An invocation that is throttled is neither an invocation nor an error. */
  #countThrottle(declared: DeclaredFunction): void {
    this.#count(declared, "Throttles", 1, "Count", this.#parts.clock.now());
  }

  #count(declared: DeclaredFunction, name: string, value: number, unit: string, at_ms: number): void {
    const metric = { namespace: "AWS/Lambda", name, dimensions: { FunctionName: declared.name } };
    this.#parts.metrics.put(metric, { values: [value], counts: [1], unit }, at_ms);
  }
}
