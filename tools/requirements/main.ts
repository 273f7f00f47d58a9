import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MisfitError, withProofs } from "./document.ts";
import { namedTestsIn } from "./test-files.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DOCUMENT = `${ROOT}docs/requirements.md`;

try {
  const tests = namedTestsIn(ROOT);
  const before = readFileSync(DOCUMENT, "utf8");
  const after = withProofs(before, tests);
  if (after !== before) writeFileSync(DOCUMENT, after);
  const named = tests.filter(({ rows }) => rows.length > 0).length;
  const what = after === before ? "was up to date" : "is written";
  console.log(`docs/requirements.md ${what}: ${named} of ${tests.length} tests name a row.`);
} catch (error) {
  if (!(error instanceof MisfitError)) throw error;
  console.error(`Error: ${error.message}`);
  process.exitCode = 1;
}
