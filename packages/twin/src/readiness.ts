import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "@cloudy/command-line";
import type { Bus } from "@cloudy/twin-model/bus.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import type { Cloud } from "@cloudy/twin-services/cloud.ts";

/** Real processes on a busy machine: installing the data directory alone takes seconds. Wall time. */
const READY_TIMEOUT_MS = 120_000;
/** How often the service is asked while it starts; wall time. */
const ASK_INTERVAL_MS = 200;

/**
 * Resolves once every target group has as many healthy targets as its smallest group size, and each of them says that it
 * is ready. Also resolves when `stopping` aborts.
 */
export async function whenReady(parts: {
  readonly graph: Graph;
  readonly bus: Bus;
  readonly cloud: Cloud;
  /** Through the load balancer; 200 is yes. */
  readonly readyUrl: string;
  readonly stopping: AbortSignal;
}): Promise<void> {
  const { stopping } = parts;
  const deadline = AbortSignal.timeout(READY_TIMEOUT_MS);
  const signal = AbortSignal.any([stopping, deadline]);
  try {
    await serving(parts, signal);
    await answering(parts.readyUrl, targetCount(parts), signal);
  } catch (error) {
    if (stopping.aborted) return;
    if (!deadline.aborted) throw error;
    throw new UserError(
      `The stack was not ready after ${READY_TIMEOUT_MS / 1000} s: see what happened above. A missing permission, rule or route shows there.`,
    );
  }
}

/** Waits for target health to change until all are there. */
function serving({ graph, bus, cloud }: { graph: Graph; bus: Bus; cloud: Cloud }, signal: AbortSignal): Promise<void> {
  const isServing = () =>
    graph
      .ofType("aws:autoscaling/group:Group")
      .every(({ inputs }) =>
        targetGroupArns(inputs).every(
          (arn) => cloud.loadBalancing.healthyTargets(arn).length >= Number(inputs["minSize"]),
        ),
      );
  return new Promise((resolve, reject) => {
    const look = () => {
      if (!signal.aborted && !isServing()) return;
      cancel();
      signal.removeEventListener("abort", look);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const cancel = bus.on((event) => {
      if (event.kind === "target-health") look();
    });
    signal.addEventListener("abort", look);
    look();
  });
}

function targetCount({ graph, cloud }: { graph: Graph; cloud: Cloud }): number {
  const arns = graph.ofType("aws:autoscaling/group:Group").flatMap(({ inputs }) => targetGroupArns(inputs));
  return Math.max(1, ...arns.map((arn) => cloud.loadBalancing.healthyTargets(arn).length));
}

function targetGroupArns(inputs: Readonly<Record<string, unknown>>): readonly string[] {
  return (inputs["targetGroupArns"] ?? []) as readonly string[];
}

/** Asks until `targets` answers in a row say yes: the load balancer gives its targets turns, so each has said so. */
async function answering(url: string, targets: number, signal: AbortSignal): Promise<void> {
  for (let inRow = 0; inRow < targets; ) {
    const status = await fetch(url, { signal }).then(
      (answer) => answer.body?.cancel().then(() => answer.status),
      () => undefined,
    );
    inRow = status === 200 ? inRow + 1 : 0;
    signal.throwIfAborted();
    if (status !== 200) await sleep(ASK_INTERVAL_MS, undefined, { signal });
  }
}
