import { globSync, readFileSync } from "node:fs";
import vitestConfig from "../../vitest.config.ts";
import { type NamedTest, namedTestsOf } from "./named-tests.ts";

/** All tests that vitest runs in the repository at `root`; files are relative to it and sorted. */
export function namedTestsIn(root: string): readonly NamedTest[] {
  const files = globSync(vitestConfig.test?.include ?? [], { cwd: root, exclude: ["**/node_modules"] });
  return files.sort().flatMap((file) => namedTestsOf(file, readFileSync(`${root}/${file}`, "utf8")));
}
