import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { findPython } from "../src/reference.ts";

afterEach(() => vi.unstubAllEnvs());

/** `python3` is this script, or nothing at all. */
async function find(script: string | undefined, signal = new AbortController().signal) {
  const directory = await mkdtemp(join(tmpdir(), "reference-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  if (script !== undefined) await writeFile(join(directory, "python3"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", [directory, ...(script === undefined ? [] : ["/bin"])].join(delimiter));
  return await findPython(signal, () => {}, join(directory, "venv"));
}

test("without Python the reference's stack is missing, and says so", async () => {
  expect(await find(undefined)).toEqual({ missing: expect.stringContaining("python3 ENOENT") });
});

test("without venv, too, in the words of Python", async () => {
  const words = "The virtual environment was not created successfully because ensurepip is not available.";
  expect(await find(`echo "${words}" >&2; exit 1`)).toEqual({ missing: expect.stringContaining(words) });
});

test("what was installed but can't be used is missing, too", async () => {
  // As venv and pip that succeed, with packages that do not fit this machine.
  const python = `mkdir -p "$3/bin"; printf '#!/bin/sh\\n[ "$1" = -m ] || { echo "ImportError: wrong ELF class" >&2; exit 1; }' > "$3/bin/python"; chmod +x "$3/bin/python"`;
  expect(await find(python)).toEqual({ missing: expect.stringContaining("ImportError: wrong ELF class") });
});

test("Ctrl-C is no reason to go on without it", async () => {
  const ending = new AbortController();
  ending.abort(new Error("Ctrl-C"));
  await expect(find("exit 1", ending.signal)).rejects.toThrow("Ctrl-C");
});
