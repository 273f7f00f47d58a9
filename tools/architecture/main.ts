import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { withPicture } from "./document.ts";
import { importsOf, sourceFiles } from "./imports.ts";

const DOCUMENT = fileURLToPath(new URL("../../ARCHITECTURE.md", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const before = readFileSync(DOCUMENT, "utf8");
const after = withPicture(
  before,
  sourceFiles(ROOT).flatMap((file) => importsOf(ROOT, file)),
);
if (after !== before) writeFileSync(DOCUMENT, after);
console.log(`ARCHITECTURE.md ${after === before ? "was up to date" : "is written"}.`);
