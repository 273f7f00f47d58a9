import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { unzipSync } from "fflate";

/** Unpacks a function's zip once per content, below `directory`; returns the folder. */
export function unpackCode(zipPath: string, directory: string): string {
  const zip = readFileSync(zipPath);
  const folder = join(directory, createHash("sha256").update(zip).digest("hex").slice(0, 16));
  if (existsSync(folder)) return folder;
  const partial = `${folder}.partial`;
  for (const [name, content] of Object.entries(unzipSync(zip))) {
    const path = join(partial, name);
    if (normalize(path) !== path || !path.startsWith(partial))
      throw new Error(`${zipPath} has an entry "${name}" outside of it.`);
    if (name.endsWith("/")) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  renameSync(partial, folder);
  return folder;
}

/** The file and export of a handler such as `index.handler`. */
export function handlerOf(
  folder: string,
  handler: string,
): { readonly modulePath: string; readonly exportName: string } {
  const dot = handler.lastIndexOf(".");
  const name = handler.slice(0, dot);
  const candidates = [".mjs", ".js", ".cjs"].map((extension) => join(folder, `${name}${extension}`));
  const modulePath = candidates.find((path) => existsSync(path) && statSync(path).isFile());
  if (dot < 1 || modulePath === undefined) {
    throw new Error(`The handler "${handler}" needs ${name}.mjs in the function's zip, which has no such file.`);
  }
  return { modulePath, exportName: handler.slice(dot + 1) };
}
