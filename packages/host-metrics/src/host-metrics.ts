import { readFile, statfs } from "node:fs/promises";
import { join } from "node:path";
import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { measureCpuUse } from "./cpu-history.ts";
import { diskUsedPercent } from "./disk.ts";
import { fetchInstanceId } from "./instance-id.ts";
import { parseMemory } from "./memory.ts";
import { metricData } from "./metrics.ts";
import { readSettings, type Settings, SettingsError } from "./settings.ts";

/** The next run comes in a minute: giving up before that is better than piling up. */
const REQUEST_HANDLER = { connectionTimeout: 3_000, requestTimeout: 5_000, throwOnRequestTimeout: true };

/** Looks at this machine once and tells CloudWatch. */
async function report(settings: Settings): Promise<void> {
  const [instanceId, cpu, meminfo, disk] = await Promise.all([
    fetchInstanceId(settings.metadataEndpoint),
    measureCpuUse(settings.procfsPath, settings.stateDirectory),
    readFile(join(settings.procfsPath, "meminfo"), "utf8"),
    statfs(settings.diskPath),
  ]);
  const input = metricData(settings, instanceId, {
    cpu,
    memory: parseMemory(meminfo),
    diskUsedPercent: diskUsedPercent(disk),
  });
  const client = new CloudWatchClient({ region: settings.region, requestHandler: REQUEST_HANDLER });
  await client.send(new PutMetricDataCommand(input));
  client.destroy();
}

/** One line for the journal, with the causes; a stack only for what nobody expected. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} ${describe(error.cause)}`;
}

try {
  await report(readSettings(process.env));
} catch (error) {
  const prefix = error instanceof SettingsError ? "" : "No metrics this time: ";
  process.stderr.write(`${prefix}${describe(error)}\n`);
  process.exitCode = 1;
}
