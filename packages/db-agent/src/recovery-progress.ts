import { readFile } from "node:fs/promises";

/**
 * What a starting postgres is doing, in its own words: the startup process and the checkpointer write it into their title
 * (`postgres: startup recovering 000000010000000000000003`). `undefined`: they do not say.
 */
export async function recoveryProgress(pids: readonly number[]): Promise<string | undefined> {
  for (const pid of pids) {
    const title = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    const progress = progressOf(title);
    if (progress !== undefined) return progress;
  }
  return undefined;
}

/** A title is one line, padded with zero bytes. */
export function progressOf(title: string): string | undefined {
  const doing = /^postgres: (?:startup|checkpointer) +(\S.*)$/s.exec(title.replace(/\0[\s\S]*$/, "").trimEnd())?.[1];
  return doing === undefined || doing === "" ? undefined : doing;
}
