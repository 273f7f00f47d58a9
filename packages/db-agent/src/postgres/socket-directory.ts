import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SOCKET_PATH_BYTES_MAX } from "../constants.ts";

/**
 * The path under which the unix socket in `stateDir` is reached. A path that is too long for a socket address is reached
 * through a short symbolic link; the socket itself stays in `stateDir`, where a restarted agent finds it.
 */
export function openSocketDirectory(stateDir: string, port: number): { readonly path: string; close(): void } {
  const name = `.s.PGSQL.${port}`;
  if (Buffer.byteLength(join(stateDir, name)) <= SOCKET_PATH_BYTES_MAX)
    return { path: stateDir, close: () => undefined };
  const directory = mkdtempSync(join(tmpdir(), "cloudy-"));
  const path = join(directory, "s");
  symlinkSync(stateDir, path);
  return { path, close: () => rmSync(directory, { recursive: true, force: true }) };
}
