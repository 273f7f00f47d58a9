import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** Which cores are whose; none where processes cannot be pinned. */
export interface Cores {
  /** The server that is measured, and PostgreSQL: everything that its throughput is made of. */
  readonly one: readonly number[];
  /** A server that is measured on two cores, as most instance types have. */
  readonly two: readonly number[];
  readonly generator: readonly number[];
}

/** One core for the server, another for the generator, if there are two and util-linux is there. */
export function chooseCores(): Cores {
  const isPinnable = availableParallelism() > 1 && can("taskset", "--version") && can("chrt", "--batch", "0", "true");
  return isPinnable ? { one: [0], two: [0, 1], generator: [1] } : { one: [], two: [], generator: [] };
}

/** The command that runs `file` on these cores; taskset replaces itself by it, so that the process id stays. */
export function pinned(cores: readonly number[], file: string, args: readonly string[]): Command {
  return cores.length === 0 ? [file, [...args]] : ["taskset", ["--cpu-list", cores.join(","), file, ...args]];
}

/**
 * The same for those who share one core with PostgreSQL: sched(7)'s batch policy lets none of them interrupt another one when
 * it wakes up. On machines of their own they could not do so either; here they would tear apart what is done in one go,
 * such as a flush for several commits, and most so for who does the most between two statements.
 */
export function pinnedInTurns(cores: readonly number[], file: string, args: readonly string[]): Command {
  const [command, rest] = pinned(cores, file, args);
  return cores.length === 0 ? [command, rest] : ["chrt", ["--batch", "0", command, ...rest]];
}

export type Command = readonly [string, string[]];

function can(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}
