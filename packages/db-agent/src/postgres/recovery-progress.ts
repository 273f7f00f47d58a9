import { readFile } from "node:fs/promises";

/**
 * What a starting postgres is doing, in its own words: the startup process and the checkpointer write it into their title
 * (`postgres: startup recovering 000000010000000000000003`). `undefined`: they do not say.
 */
export async function recoveryProgress(postmaster: number): Promise<string | undefined> {
  for (const { title } of await childrenOf(postmaster)) {
    const progress = progressOf(title);
    if (progress !== undefined) return progress;
  }
  return undefined;
}

/**
 * Something that is another one whenever a recovery has got on. While the startup process replays WAL that is what it has read and
 * written: each page of the log counts, and so its position. Before and after (the data directory is synced, the checkpoint at
 * the end is written) any work of the process that does it counts. `undefined`: nothing can be told, or it waits for the archive.
 */
export async function recoveryMark(postmaster: number): Promise<string | undefined> {
  const marks: string[] = [];
  for (const { pid, title } of await childrenOf(postmaster)) {
    const doing = progressOf(title);
    if (doing?.startsWith("waiting for") === true) return undefined;
    // A checkpointer with nothing to do wakes up now and then all the same.
    if (!title.startsWith("postgres: startup") && doing === undefined) continue;
    const io = await readText(`/proc/${pid}/io`);
    const isReplaying = doing?.startsWith("recovering") === true;
    const work = isReplaying ? "" : workOf(await readText(`/proc/${pid}/stat`), await readText(`/proc/${pid}/status`));
    marks.push(`${title} ${io.replace(/\s+/g, " ")}${work}`);
  }
  return marks.length === 0 ? undefined : marks.join("; ");
}

/** CPU time (the 14th and 15th field; the second one may contain spaces) and how often it gave up the CPU. */
function workOf(stat: string, status: string): string {
  const [, ...rest] = stat.split(") ");
  const fields = rest.join(") ").split(" ");
  return [fields[11], fields[12], ...(status.match(/ctxt_switches:\s+\d+/g) ?? [])].join(" ");
}

interface Child {
  readonly pid: string;
  readonly title: string;
}

/** By the kernel's own list: to look through all processes would take time from the recovery. */
async function childrenOf(postmaster: number): Promise<readonly Child[]> {
  const pids = (await readText(`/proc/${postmaster}/task/${postmaster}/children`)).split(" ").filter(Boolean);
  return Promise.all(pids.map(async (pid) => ({ pid, title: titleOf(await readText(`/proc/${pid}/cmdline`)) })));
}

/** Empty when the process is gone. */
function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

/** A title is one line, padded with zero bytes. */
function titleOf(commandLine: string): string {
  return commandLine.replace(/\0[\s\S]*$/, "").trimEnd();
}

export function progressOf(commandLine: string): string | undefined {
  const doing = /^postgres: (?:startup|checkpointer) +(\S.*)$/s.exec(titleOf(commandLine))?.[1];
  return doing === undefined || doing === "" ? undefined : doing;
}
