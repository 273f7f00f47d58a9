import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type CpuSample, type CpuUse, cpuUse, parseCpuSample } from "./cpu.ts";

/** Without a previous sample: long enough for a hundred clock ticks. */
const SAMPLE_INTERVAL_MS = 1_000;

/** The use since the previous run; on the first run after boot, or without a state directory, over one second. */
export async function measureCpuUse(procfsPath: string, stateDirectory: string | undefined): Promise<CpuUse> {
  const sample = async () => parseCpuSample(await readFile(join(procfsPath, "stat"), "utf8"));
  const stateFile = stateDirectory === undefined ? undefined : join(stateDirectory, "cpu.json");
  const before = stateFile === undefined ? undefined : await readSample(stateFile);
  const first = await sample();
  const sinceLastRun = before === undefined ? undefined : cpuUse(before, first);
  if (sinceLastRun !== undefined) {
    await writeSample(stateFile, first);
    return sinceLastRun;
  }
  await delay(SAMPLE_INTERVAL_MS);
  const second = await sample();
  await writeSample(stateFile, second);
  const use = cpuUse(first, second);
  if (use === undefined) throw new Error(`The counters in ${join(procfsPath, "stat")} stand still.`);
  return use;
}

/** A missing or damaged file is no history. */
async function readSample(path: string): Promise<CpuSample | undefined> {
  try {
    const { total, idle, ioWait, bootTime_s }: Partial<CpuSample> = JSON.parse(await readFile(path, "utf8"));
    if (typeof total !== "number" || typeof idle !== "number" || typeof ioWait !== "number") return undefined;
    return { total, idle, ioWait, bootTime_s };
  } catch {
    return undefined;
  }
}

/** By renaming, so that a run that is killed leaves the old sample or the new one. */
async function writeSample(path: string | undefined, sample: CpuSample): Promise<void> {
  if (path === undefined) return;
  await writeFile(`${path}.new`, JSON.stringify(sample));
  await rename(`${path}.new`, path);
}
