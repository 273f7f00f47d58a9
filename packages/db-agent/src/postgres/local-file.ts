import { readFileSync, renameSync, writeFileSync } from "node:fs";

/** `undefined`: there is none that can be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** For this user's eyes only (PostgreSQL takes no key that others may read), and never seen half. */
export function replaceFile(path: string, content: string): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, content, { mode: 0o600 });
  renameSync(temporary, path);
}
