import { type CloudEvent, createBus } from "@cloudy/twin-model/bus.ts";
import { manualClock } from "@cloudy/twin-model/clock.ts";
import type { FunctionResult, FunctionRuntime } from "@cloudy/twin-model/function.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import { Identifiers } from "@cloudy/twin-model/identifiers.ts";
import type { Identity } from "@cloudy/twin-model/identity.ts";
import type { InstanceRuntime } from "@cloudy/twin-model/instance-runtime.ts";
import type { HealthProber, HealthResult, Target } from "@cloudy/twin-model/load-balancer.ts";
import type { Access, Caller } from "@cloudy/twin-wire/operation.ts";
import { createCloud } from "../src/cloud.ts";
import { createTables } from "../src/tables.ts";
import { smallStack } from "./cloud-graph.ts";

const operator: Caller = {
  accessKeyId: "AKIAOPERATOR",
  arn: "arn:aws:iam::123456789012:user/operator",
  roleArn: undefined,
  accountId: "123456789012",
  isAdministrator: true,
};

/** The cloud over a clock that tests move, with machines and functions that only keep notes. */
export function cloudWorld(options: { readonly graph?: Graph; readonly roleMay?: Identity["roleMay"] } = {}) {
  const clock = manualClock();
  const started_ms = clock.now();
  const identity: Identity = {
    credentialsFor: () => {
      throw new Error("no credentials in this world");
    },
    roleMay: options.roleMay ?? (() => ({ allowed: true, because: "everything is allowed in this world" })),
  };
  const graph = options.graph ?? smallStack();
  const bus = createBus();
  const ids = new Identifiers("cloudy");
  const tables = createTables({ graph, bus, ids });
  const machines = new Machines(() => clock.now());
  const functions = { invocations: [] as { name: string; event: unknown; at_s: number }[], fails: false };
  const checks: HealthProber["check"] = async (_balancer, target) => machines.check(target);
  const runtimes = {
    instances: machines,
    prober: { check: checks },
    functions: {
      invoke: async (definition, event, _requestId, onLine): Promise<FunctionResult> => {
        const at_s = (clock.now() - started_ms) / 1000;
        functions.invocations.push({ name: definition.name, event, at_s });
        const error = functions.fails ? { errorType: "Error", errorMessage: "boom" } : undefined;
        const line = `ran ${definition.name}`;
        onLine(line);
        return { payload: error ?? { zip: definition.zipPath }, error, logLines: [line] };
      },
    } satisfies FunctionRuntime,
  };
  const cloud = createCloud({ graph, clock, bus, ids, identity, tables, runtimes });
  const events: CloudEvent[] = [];
  bus.on((event) => events.push(event));
  return {
    clock,
    cloud,
    network: tables.network,
    events,
    machines,
    functions,
    /** Seconds of cloud time since the start. */
    elapsed_s: () => (clock.now() - started_ms) / 1000,
    /** Calls an API action as the operator. */
    call: async <Output>(service: keyof typeof cloud.operations, action: string, input: object): Promise<Output> => {
      const operation = cloud.operations[service]?.[action];
      if (operation === undefined) throw new Error(`${service} has no ${action}`);
      operation.access(input as never, operator);
      return (await operation.run(input as never, operator)) as Output;
    },
    access: (service: keyof typeof cloud.operations, action: string, input: object): readonly Access[] => {
      const operation = cloud.operations[service]?.[action];
      if (operation === undefined) throw new Error(`${service} has no ${action}`);
      return operation.access(input as never, operator);
    },
    /** Starts, and goes on until the web group's instances are in service and healthy. */
    settle: async () => {
      cloud.start();
      await clock.advance(120_000);
    },
  };
}

/** Instances without an operating system: a load that tests set, and checks that they fail on demand. */
class Machines implements InstanceRuntime {
  /** Percent of each instance's CPU, with a mean that is kept for instances not named. */
  load = 50;
  readonly unhealthy = new Set<string>();
  readonly booted: string[] = [];
  readonly halted: { readonly id: string; readonly how: string }[] = [];
  failsToBoot: Error | undefined;
  readonly #now: () => number;
  readonly #meters = new Map<string, { used_s: number; wall_s: number; read_ms: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  async boot(instance: { readonly id: string }): Promise<void> {
    this.booted.push(instance.id);
    this.#meters.set(instance.id, { used_s: 0, wall_s: 0, read_ms: this.#now() });
    if (this.failsToBoot !== undefined) throw this.failsToBoot;
  }

  async halt(id: string, how: "shutdown" | "power-off"): Promise<void> {
    this.halted.push({ id, how });
    this.#meters.delete(id);
  }

  cpu(id: string) {
    const share = 0.25;
    const meter = this.#meters.get(id) ?? { used_s: 0, wall_s: 0, read_ms: this.#now() };
    const passed_s = (this.#now() - meter.read_ms) / 1000;
    meter.read_ms = this.#now();
    meter.wall_s += passed_s;
    meter.used_s += (passed_s * share * this.load) / 100;
    return { used_s: meter.used_s, wall_s: meter.wall_s, share };
  }

  check(target: Target): HealthResult {
    return this.unhealthy.has(target.instanceId)
      ? { ok: false, reason: "Health checks failed with these codes: [503]", code: "Target.ResponseCodeMismatch" }
      : { ok: true, reason: "" };
  }
}
