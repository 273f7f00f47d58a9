// usage: summary.mjs, then NAME FILE EXIT-CODE of each part; a file is vitest's report, the demo's (both JSON), or a log of lines
import { readFileSync } from "node:fs";

/** `undefined` when the command did not come as far as to write it. */
function read(path, parse) {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** What a report says of itself, as [passed, failed]. */
function countsOf(report) {
  const promises = report?.promises;
  if (promises === undefined) return [report?.numPassedTests ?? 0, report?.numFailedTests ?? 0];
  const held = promises.filter((promise) => promise.held).length;
  return [held, promises.length - held];
}

/** Of lines that begin with "ok " or "FAILED ". */
function countsOfLines(lines) {
  return ["ok ", "FAILED "].map((word) => lines.filter((line) => line.startsWith(word)).length);
}

/** A command that failed without a failing item to show for it (a linter, a crash) counts as one failure. */
function tally(name, path, exit) {
  const [passed, found] = path.endsWith(".log")
    ? countsOfLines(read(path, (text) => text.split("\n")) ?? [])
    : countsOf(read(path, JSON.parse));
  const failed = exit !== "0" && found === 0 ? 1 : found;
  console.log(`${name}: ${passed} passed, ${failed} failed, exit code ${exit}`);
  return { passed, failed };
}

const words = process.argv.slice(2);
const parts = Array.from({ length: words.length / 3 }, (_, index) => tally(...words.slice(3 * index, 3 * index + 3)));
const passed = parts.reduce((sum, part) => sum + part.passed, 0);
const failed = parts.reduce((sum, part) => sum + part.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
