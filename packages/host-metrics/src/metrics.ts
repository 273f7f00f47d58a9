import type { MetricDatum, PutMetricDataCommandInput } from "@aws-sdk/client-cloudwatch";
import type { HostMetric } from "@cloudy/contracts/metrics.ts";
import type { CpuUse } from "./cpu.ts";
import type { Memory } from "./memory.ts";

/** One look at the machine. */
export interface Observation {
  readonly cpu: CpuUse;
  readonly memory: Memory;
  readonly diskUsedPercent: number;
}

/**
 * The first three names are those of the reference. CloudWatch gives them the time of arrival. What an alarm watches is put for the
 * whole stack as well: instances come and go, and an alarm names its dimensions.
 */
export function metricData(
  { namespace, stack }: { readonly namespace: string; readonly stack: string },
  instanceId: string,
  seen: Observation,
): PutMetricDataCommandInput {
  const datum = (
    MetricName: HostMetric,
    Value: number,
    Unit: "Percent" | "Megabytes",
    dimension = { Name: "Instance", Value: instanceId },
  ): MetricDatum => ({ MetricName, Value: Math.round(Value * 100) / 100, Unit, Dimensions: [dimension] });
  return {
    Namespace: namespace,
    MetricData: [
      datum("cpu-usage-percent", seen.cpu.usedPercent, "Percent"),
      datum("free-memory-mb", seen.memory.free_mb, "Megabytes"),
      datum("io-wait", seen.cpu.ioWaitPercent, "Percent"),
      datum("memory-used-percent", seen.memory.usedPercent, "Percent"),
      datum("disk-used-percent", seen.diskUsedPercent, "Percent"),
      datum("disk-used-percent", seen.diskUsedPercent, "Percent", { Name: "Stack", Value: stack }),
    ],
  };
}
