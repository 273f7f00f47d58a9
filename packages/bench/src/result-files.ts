import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Results } from "./benchmark.ts";
import { plot } from "./plot.ts";

interface ResultFiles {
  readonly json: string;
  readonly svg: string;
}

export function resultFilesIn(directory: string): ResultFiles {
  return { json: join(directory, "results.json"), svg: join(directory, "results.svg") };
}

/** Over those of the round before. Each file is whole at any moment. */
export async function writeResults(results: Results, directory: string): Promise<void> {
  const files = resultFilesIn(directory);
  await mkdir(directory, { recursive: true });
  await replace(files.json, `${JSON.stringify(results, rounded, 2)}\n`);
  await replace(files.svg, plot(results));
}

async function replace(file: string, content: string): Promise<void> {
  await writeFile(`${file}.new`, content);
  await rename(`${file}.new`, file);
}

/** Four digits are more than a benchmark knows. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
