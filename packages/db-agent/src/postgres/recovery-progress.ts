import { readFile } from "node:fs/promises";

/**
 * What a starting postgres is doing, in its own words: the startup process and the checkpointer write it into their title
 * (`postgres: startup recovering 000000010000000000000003`). `undefined`: they do not say.
 */
export async function recoveryProgress(postmaster: number): Promise<string | undefined> {
  // Its children by the kernel's own list: to look through all processes would take time from the recovery.
  const children = await readText(`/proc/${postmaster}/task/${postmaster}/children`);
  for (const pid of children.split(" ").filter(Boolean)) {
    const title = await readText(`/proc/${pid}/cmdline`);
    const progress = progressOf(title);
    if (progress !== undefined) return progress;
  }
  return undefined;
}

/** Empty when the process is gone. */
function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

/** A title is one line, padded with zero bytes. */
export function progressOf(title: string): string | undefined {
  const doing = /^postgres: (?:startup|checkpointer) +(\S.*)$/s.exec(title.replace(/\0[\s\S]*$/, "").trimEnd())?.[1];
  return doing === undefined || doing === "" ? undefined : doing;
}
