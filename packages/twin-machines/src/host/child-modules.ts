import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { basename, join } from "node:path";

/** Modules that run inside the instances' and functions' processes; they import only each other and built-ins. */
const SOURCES = [
  "../preload/main.ts",
  "../preload/connect.ts",
  "../preload/listen.ts",
  "../preload/time.ts",
  "../functions/bootstrap.ts",
];

export interface ChildModules {
  /** For `NODE_OPTIONS=--import`. */
  readonly preload: string;
  /** The process that runs a function's handler. */
  readonly bootstrap: string;
}

/**
 * Writes them as plain JavaScript below the twin's directory: type stripping at each process start would cost 30 ms, and
 * unprivileged processes may not be able to read the repository.
 */
export function writeChildModules(directory: string): ChildModules {
  mkdirSync(directory, { recursive: true });
  for (const source of SOURCES) {
    const text = readFileSync(new URL(source, import.meta.url), "utf8");
    const name = basename(source, ".ts");
    writeFileSync(join(directory, `${name}.mjs`), strip(text).replaceAll(/(from "\.\/[\w-]+)\.ts"/g, '$1.mjs"'));
  }
  return { preload: join(directory, "main.mjs"), bootstrap: join(directory, "bootstrap.mjs") };
}

/** Node warns once that stripping is experimental; the twin pins Node 24 and does not pass the warning on. */
function strip(text: string): string {
  const emitWarning = process.emitWarning;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}
