import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { messageOf } from "@cloudy/command-line";
import { REFERENCE_PATIENCE_MS } from "./constants.ts";

/** The stack of the reference system: Flask, SQLAlchemy and gunicorn. */
export const REFERENCE = fileURLToPath(new URL("./peers/flask", import.meta.url));

/** Made once; git ignores it. */
const CACHE = fileURLToPath(new URL("../../../.build/bench-reference", import.meta.url));

/** The Python that has the stack; or why there is none. */
export type Python = { readonly path: string } | { readonly missing: string };

/**
 * Installs the stack from PyPI into `cache` unless a working one is there. Rejects only when it is aborted: all else runs without Python,
 * too.
 */
export async function findPython(signal: AbortSignal, say: (what: string) => void, cache = CACHE): Promise<Python> {
  const requirements = join(REFERENCE, "requirements.txt");
  const [installed, path] = [join(cache, "installed.txt"), join(cache, "bin/python")];
  const wanted = await readFile(requirements, "utf8");
  const run = (file: string, ...args: readonly string[]) =>
    promisify(execFile)(file, args, { signal, timeout: REFERENCE_PATIENCE_MS });
  // A venv breaks when the Python goes that it was made of, and a wheel may not fit the machine.
  const tryOut = () => run(path, "-c", "import flask_sqlalchemy, psycopg2, gunicorn");
  try {
    if ((await readFile(installed, "utf8").catch(() => "")) === wanted && (await isFine(tryOut()))) return { path };
    say("getting Flask, SQLAlchemy and gunicorn from PyPI, once");
    await rm(cache, { recursive: true, force: true });
    await mkdir(cache, { recursive: true });
    await run("python3", "-m", "venv", cache);
    // Wheels only: nothing is to be compiled here.
    await run(path, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--retries", "1", "-r", requirements);
    await tryOut();
    await writeFile(installed, wanted);
    return { path };
  } catch (error) {
    signal.throwIfAborted();
    return { missing: `Python 3 with venv, or its packages from PyPI, can't be had: ${lastLine(error)}` };
  }
}

async function isFine(trial: Promise<unknown>): Promise<boolean> {
  return await trial.then(
    () => true,
    () => false,
  );
}

/** pip says at the end what it was about. */
function lastLine(error: unknown): string {
  const said = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
  return said.trim().split("\n").at(-1) || messageOf(error);
}
