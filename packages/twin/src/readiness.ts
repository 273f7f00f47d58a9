import { UserError } from "@cloudy/command-line";
import type { Cloud } from "./cloud/cloud.ts";
import type { Bus, Graph } from "./cloud/contract.ts";

/** Real processes on a busy machine: installing the data directory alone takes seconds. Wall time. */
const READY_TIMEOUT_MS = 120_000;
/** How often the service is asked while it starts; wall time. */
const ASK_INTERVAL_MS = 200;

/**
 * Resolves once every target group has as many healthy targets as its smallest group size, and the service reaches its
 * database through the virtual IP. Also resolves when `stopping` aborts.
 */
export async function whenReady(parts: {
  readonly graph: Graph;
  readonly bus: Bus;
  readonly cloud: Cloud;
  readonly loadBalancerUrl: string;
  readonly stopping: AbortSignal;
}): Promise<void> {
  const { stopping } = parts;
  const deadline = AbortSignal.timeout(READY_TIMEOUT_MS);
  const signal = AbortSignal.any([stopping, deadline]);
  try {
    await serving(parts, signal);
    await answering(`${parts.loadBalancerUrl}/readyz`, signal);
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
        ((inputs["targetGroupArns"] ?? []) as readonly string[]).every(
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

async function answering(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const status = await fetch(url, { signal }).then(
      (answer) => answer.body?.cancel().then(() => answer.status),
      () => undefined,
    );
    if (status === 200) return;
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, ASK_INTERVAL_MS));
  }
}
