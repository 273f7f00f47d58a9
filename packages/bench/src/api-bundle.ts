import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildBundle } from "@cloudy/bundle/bundle.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** The API as an instance gets it: the very bundle that is deployed. Gives the path of its server. */
export async function bundleApi(directory: string): Promise<string> {
  const { path } = await buildBundle(ROOT, "api", "tar.gz", directory);
  const unpacked = join(directory, "unpacked");
  await mkdir(unpacked);
  await promisify(execFile)("tar", ["-xzf", path, "-C", unpacked]);
  return join(unpacked, "server.mjs");
}
