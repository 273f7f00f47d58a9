import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** Which core is whose; undefined where processes cannot be pinned. */
export interface Cores {
  /** The server that is measured, and PostgreSQL: everything that its throughput is made of. */
  readonly server: number | undefined;
  readonly generator: number | undefined;
}

/** One core for the server, another for the generator, if there are two and taskset is there. */
export function chooseCores(): Cores {
  const isPinnable =
    availableParallelism() > 1 && spawnSync("taskset", ["--version"], { stdio: "ignore" }).status === 0;
  return isPinnable ? { server: 0, generator: 1 } : { server: undefined, generator: undefined };
}

/** The command that runs `file` on that core; taskset replaces itself by it, so that the process id stays. */
export function pinned(core: number | undefined, file: string, args: readonly string[]): readonly [string, string[]] {
  return core === undefined ? [file, [...args]] : ["taskset", ["--cpu-list", String(core), file, ...args]];
}
