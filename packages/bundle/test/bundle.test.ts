import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildBundle } from "../src/bundle.ts";

const run = promisify(execFile);

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cloudy-bundle-"));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

async function writePackage(name: string, bundle: unknown, files: Readonly<Record<string, string>>): Promise<void> {
  const dir = join(root, "packages", name, "src");
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "../package.json"), JSON.stringify({ name, type: "module", cloudy: { bundle } }));
  for (const [file, content] of Object.entries(files)) await writeFile(join(dir, file), content);
}

const TWO_ENTRIES = {
  "main.ts":
    'import { greet } from "./greet.ts"; import legacy from "./legacy.cjs"; const who: string = "it"; console.log(greet(who), legacy);',
  "greet.ts": 'export const greet = (who: string): string => who + " runs";',
  "legacy.cjs": 'const { sep } = require("node:path"); module.exports = typeof __dirname + sep;',
  "other.ts": 'console.log("other");',
};

describe("bundles", () => {
  test("an instance's archive unpacks to plain files that Node runs, CommonJS dependencies included", async () => {
    await writePackage("api", { main: "src/main.ts", other: "src/other.ts" }, TWO_ENTRIES);
    const bundle = await buildBundle(root, "api", "tar.gz", join(root, "out"));
    const unpacked = join(root, "unpacked");
    await mkdir(unpacked);
    await run("tar", ["-xzf", bundle.path, "-C", unpacked]);
    const { stdout } = await run(process.execPath, [join(unpacked, "main.mjs")], { cwd: root });
    expect(stdout).toBe("it runs string/\n");
    expect((await run(process.execPath, [join(unpacked, "other.mjs")])).stdout).toBe("other\n");
  });

  test("a function's zip holds its handlers", async () => {
    await writePackage("failover", { probe: "src/probe.ts" }, { "probe.ts": "export const handler = async () => 7;" });
    const bundle = await buildBundle(root, "failover", "zip", join(root, "out"));
    const files = unzipSync(await readFile(bundle.path));
    expect(Object.keys(files)).toEqual(["probe.mjs"]);
    expect(Buffer.from(files["probe.mjs"]!).toString()).toContain("handler");
  });

  test.each(["tar.gz", "zip"] as const)(
    "W3: the same sources give the same %s, a changed one another",
    async (format) => {
      await writePackage("api", { main: "src/main.ts" }, TWO_ENTRIES);
      const first = await buildBundle(root, "api", format, join(root, "out"));
      const again = await buildBundle(root, "api", format, join(root, "again"));
      expect(again.sha256).toBe(first.sha256);
      const bytes = await readFile(first.path);
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(first.sha256);
      expect(first.path).toContain(first.sha256);
      await writeFile(join(root, "packages/api/src/greet.ts"), "export const greet = (who: string) => who + ' walks';");
      expect((await buildBundle(root, "api", format, join(root, "out"))).sha256).not.toBe(first.sha256);
    },
  );

  test("a missing entry point is named", async () => {
    await writePackage("api", { server: "src/server.ts" }, {});
    await expect(buildBundle(root, "api", "tar.gz", root)).rejects.toThrow(/Entry point "server" .*src\/server\.ts/);
    await writePackage("api", {}, {});
    await expect(buildBundle(root, "api", "tar.gz", root)).rejects.toThrow(/names no entry points/);
  });
});
