import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Results } from "./benchmark.ts";
import { plot } from "./plot.ts";

export interface ResultFiles {
  readonly json: string;
  readonly svg: string;
}

export async function writeResults(results: Results, directory: string): Promise<ResultFiles> {
  const files = { json: join(directory, "results.json"), svg: join(directory, "results.svg") };
  await mkdir(directory, { recursive: true });
  await writeFile(files.json, `${JSON.stringify(results, rounded, 2)}\n`);
  await writeFile(files.svg, plot(results));
  return files;
}

/** Four digits are more than a benchmark knows. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
