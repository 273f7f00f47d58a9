import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** What the documents are made of. */
const MACHINERY = ["document.ts", "kinds.ts", "schema.ts"];

test("the README's table and docs/contracts.md have each file of a document", () => {
  const entries = readdirSync(new URL("../src", import.meta.url), { withFileTypes: true });
  const files = entries.flatMap((entry) => (entry.isFile() && !MACHINERY.includes(entry.name) ? [entry.name] : []));
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const inTable = [...readme.matchAll(/^\|.*?\[([a-z-]+\.ts)\]\(src\/\1\)/gm)].map(([, name]) => name);
  expect(inTable.toSorted()).toEqual(files.toSorted());
  const contracts = readFileSync(new URL("../../../docs/contracts.md", import.meta.url), "utf8");
  const linked = [...contracts.matchAll(/packages\/contracts\/src\/([a-z-]+\.ts)/g)].map(([, name]) => name);
  expect(files.filter((name) => !linked.includes(name))).toEqual(["restore-point.ts"]);
  expect(linked.filter((name) => !files.includes(name ?? ""))).toEqual([]);
});
