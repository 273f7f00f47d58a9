import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BrokenPromise } from "./errors.ts";
import type { World } from "./world.ts";

const VERIFY_PROCESS = fileURLToPath(new URL("verify-process.ts", import.meta.url));
const POSTGRES_PORT = 5432;

/** PostgreSQL's own check (amcheck) of every table and index, with checksums on; the sentence says how much was checked. */
export async function verify(world: World): Promise<string> {
  const { holder } = world.epoch();
  const socketDirectory = join(world.directory, "instances", holder, "root", "var", "lib", "cloudy");
  const { uid, gid } = statSync(join(socketDirectory, "postgres.lock"));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [VERIFY_PROCESS, socketDirectory, String(POSTGRES_PORT)],
    process.getuid?.() === 0 ? { uid, gid, cwd: "/" } : {},
  );
  const found: unknown = JSON.parse(stdout);
  const read = (name: string): unknown => (typeof found === "object" && found !== null ? Reflect.get(found, name) : 0);
  const faults = read("faults");
  if (!Array.isArray(faults) || faults.length > 0) throw new BrokenPromise(`amcheck: ${String(faults)}`);
  if (read("checksumFailures") !== 0) throw new BrokenPromise(`checksum failures: ${read("checksumFailures")}`);
  if (!(Number(read("tables")) > 0 && Number(read("indexes")) > 0)) throw new BrokenPromise("amcheck found no tables");
  return `amcheck finds no fault in ${read("tables")} tables and ${read("indexes")} indexes, no checksum failed`;
}
