// usage: summary.mjs, then a pair FILE EXIT-CODE of: tests, proofs (vitest's reports), demo, boto3, early answers, parliament, units (logs of lines)
import { readFileSync } from "node:fs";

const [tests, proofs, demo, foreign, early, policies, units] = Array.from({ length: 7 }, (_, index) =>
  process.argv.slice(2 + 2 * index, 4 + 2 * index),
);

/** `undefined` when the command did not come as far as to write it. */
function read(path, parse) {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** A command that failed without a failing item to show for it (a linter, a crash) counts as one failure. */
function tally(what, exit, passed, failed) {
  const unexplained = exit !== "0" && failed === 0 ? 1 : 0;
  console.log(`${what}: ${passed} passed, ${failed + unexplained} failed, exit code ${exit}`);
  return { passed, failed: failed + unexplained };
}

/** vitest's report. */
function tallyTests(what, [path, exit]) {
  const results = read(path, JSON.parse);
  return tally(what, exit, results?.numPassedTests ?? 0, results?.numFailedTests ?? 0);
}

/** The demo's report. */
function tallyPromises(what, [path, exit]) {
  const promises = read(path, JSON.parse)?.promises ?? [];
  const held = promises.filter((promise) => promise.held).length;
  return tally(what, exit, held, promises.length - held);
}

/** A log of lines that begin with "ok " or "FAILED ". */
function tallyLines(what, [path, exit]) {
  const lines = read(path, (text) => text.split("\n")) ?? [];
  const count = (word) => lines.filter((line) => line.startsWith(word)).length;
  return tally(what, exit, count("ok "), count("FAILED "));
}

const parts = [
  tallyTests("tests", tests),
  tallyTests("proofs", proofs),
  tallyPromises("demo", demo),
  tallyLines("boto3", foreign),
  tallyLines("early answers", early),
  tallyLines("parliament", policies),
  tallyLines("units", units),
];
const passed = parts.reduce((sum, part) => sum + part.passed, 0);
const failed = parts.reduce((sum, part) => sum + part.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
