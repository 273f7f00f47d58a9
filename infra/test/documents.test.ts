import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const SECURITY = new URL("../../docs/security.md", import.meta.url);

/** `[name](path.test.ts): "one test", "another"`: the claims of a document and what proves them; of a long name its beginning will do. */
function citations(document: URL): readonly { readonly file: string; readonly names: readonly string[] }[] {
  // A sentence may be broken over lines anywhere.
  const text = readFileSync(document, "utf8").replace(/\s+/g, " ");
  return [...text.matchAll(/\[[^\]]+\]\(([^)]+\.test\.ts)\): ((?:"[^"]+"(?:, )?)+)/g)].map(([, file, names]) => ({
    file: String(file),
    names: [...String(names).matchAll(/"([^"]+)"/g)].map(([, name]) => String(name)),
  }));
}

describe("docs/security.md", () => {
  test("names tests for its claims", () => {
    expect(citations(SECURITY).length).toBeGreaterThan(25);
  });

  test.each(citations(SECURITY))("$file has the tests that it is said to have", ({ file, names }) => {
    const url = new URL(file, SECURITY);
    expect(existsSync(url), `${file} does not exist`).toBe(true);
    const source = readFileSync(url, "utf8");
    for (const name of names) expect(source.includes(`"${name}`), `${file} has no test "${name}"`).toBe(true);
  });
});
