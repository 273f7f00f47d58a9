/** The process behind reaper.ts: waits for the end of its standard input, then kills and removes what the twin left. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { killUnder } from "./processes.ts";
import { releaseSharedMemory } from "./shared-memory.ts";

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error("Usage: reaper-process.ts <directory>");

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.stdin.resume();
process.stdin.once("close", async () => {
  await killUnder(directory);
  releaseSharedMemory(join(directory, "efs"));
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
});
