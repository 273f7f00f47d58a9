import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: ROOT,
  encoding: "utf8",
});

/** Relative links, and what in backticks begins as a path of the repository or of the document's package. No code blocks. */
function pathsIn(document: string): readonly string[] {
  const text = readFileSync(join(ROOT, document), "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link.replace(/#.*$/, ""));
  const quoted = [...text.matchAll(/`((?:packages|infra|docs|tools|src|test|\.github|\.ci)\/[^`\s]*)`/g)];
  const isPlain = (path: string) => !/[*<>{}…$]/.test(path);
  const isLocal = (link: string) => link !== "" && !/^[a-z]+:/.test(link) && !leavesRepository(document, link);
  return [...links.filter(isLocal), ...quoted.map(([, path = ""]) => path).filter(isPlain)];
}

/** On GitHub `../../security` is a page of the repository beside its files. */
function leavesRepository(document: string, link: string): boolean {
  return join(dirname(document), link).startsWith("..");
}

function isThere(document: string, path: string): boolean {
  return existsSync(join(ROOT, dirname(document), path)) || existsSync(join(ROOT, path));
}

test.each(tracked.split("\n").filter((document) => document !== ""))("%s names only paths that exist", (document) => {
  expect(pathsIn(document).filter((path) => !isThere(document, path))).toEqual([]);
});
