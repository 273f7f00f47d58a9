import { createHash } from "node:crypto";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { RunError } from "@pulumi/pulumi";
import { build } from "esbuild";
import { zipSync } from "fflate";
import { pack } from "tar-stream";

/** A package as an instance or a Lambda gets it; see docs/contracts.md. */
export interface Bundle {
  readonly name: string;
  /** Path of the archive on this machine, named after its content. */
  readonly path: string;
  readonly sha256: string;
}

type ArchiveFormat = "tar.gz" | "zip";
type Files = Readonly<Record<string, Uint8Array>>;

/** ESM bundles of CommonJS code need these three names. */
const BANNER = [
  'import { createRequire as cloudyRequire } from "node:module";',
  "const require = cloudyRequire(import.meta.url);",
  "const __filename = import.meta.filename;",
  "const __dirname = import.meta.dirname;",
].join(" ");

/** One instant for all archives, so that the same sources give the same bytes. Zip knows no time before 1980. */
const ARCHIVE_TIME = new Date(1980, 0, 1);

/** Bundles the entry points that `<root>/packages/<name>/package.json` lists under `cloudy.bundle` into `outputDir`. */
export async function buildBundle(
  root: string,
  name: string,
  format: ArchiveFormat,
  outputDir: string,
): Promise<Bundle> {
  const packageDir = join(root, "packages", name);
  const files = await bundleEntries(packageDir, await readEntries(packageDir));
  const archive = format === "zip" ? zip(files) : await tarGz(files);
  const sha256 = createHash("sha256").update(archive).digest("hex");
  const path = join(outputDir, `${name}-${sha256}.${format}`);
  await mkdir(outputDir, { recursive: true });
  await writeFile(path, archive);
  return { name, path, sha256 };
}

async function readEntries(packageDir: string): Promise<Readonly<Record<string, string>>> {
  const manifest = join(packageDir, "package.json");
  const parsed: { cloudy?: { bundle?: Record<string, string> } } = JSON.parse(await readFile(manifest, "utf8"));
  const entries = parsed.cloudy?.bundle ?? {};
  if (Object.keys(entries).length === 0) {
    throw new RunError(`${manifest} names no entry points: add "cloudy": {"bundle": {"<name>": "src/<file>.ts"}}.`);
  }
  for (const [name, source] of Object.entries(entries)) {
    const path = join(packageDir, source);
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) throw new RunError(`Entry point "${name}" of ${manifest} is not a file: ${path}.`);
  }
  return entries;
}

async function bundleEntries(packageDir: string, entries: Readonly<Record<string, string>>): Promise<Files> {
  const result = await build({
    absWorkingDir: packageDir,
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, source]) => [name, join(packageDir, source)])),
    outdir: "out",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    write: false,
    platform: "node",
    target: "node24",
    format: "esm",
    banner: { js: BANNER },
    // Identifiers stay, so that stack traces in the logs can be read.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "error",
  });
  return Object.fromEntries(
    result.outputFiles
      .map((file): [string, Uint8Array] => [basename(file.path), file.contents])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function zip(files: Files): Uint8Array {
  return zipSync({ ...files }, { mtime: ARCHIVE_TIME, level: 6 });
}

async function tarGz(files: Files): Promise<Uint8Array> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) {
    tar.entry({ name, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, Buffer.from(content));
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  const compressed = await promisify(gzip)(Buffer.concat(chunks));
  // Byte 9 names the operating system that compressed; 255 is "unknown" on all of them.
  compressed[9] = 255;
  return compressed;
}
