// usage: summary.mjs TEST-RESULTS EXIT-CODE DEMO-REPORT EXIT-CODE, then a LOG and EXIT-CODE of boto3, parliament and the units
import { readFileSync } from "node:fs";

const [
  testResults,
  testExit,
  demoReport,
  demoExit,
  foreignLog,
  foreignExit,
  policyLog,
  policyExit,
  unitsLog,
  unitsExit,
] = process.argv.slice(2);

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

/** A log of lines that begin with "ok " or "FAILED ". */
function tallyLines(what, path, exit) {
  const lines = read(path, (text) => text.split("\n")) ?? [];
  const count = (word) => lines.filter((line) => line.startsWith(word)).length;
  return tally(what, exit, count("ok "), count("FAILED "));
}

const tests = read(testResults, JSON.parse);
const promises = read(demoReport, JSON.parse)?.promises ?? [];
const parts = [
  tally("tests", testExit, tests?.numPassedTests ?? 0, tests?.numFailedTests ?? 0),
  tally(
    "demo",
    demoExit,
    promises.filter((promise) => promise.held).length,
    promises.filter((promise) => !promise.held).length,
  ),
  tallyLines("boto3", foreignLog, foreignExit),
  tallyLines("parliament", policyLog, policyExit),
  tallyLines("units", unitsLog, unitsExit),
];
const passed = parts.reduce((sum, part) => sum + part.passed, 0);
const failed = parts.reduce((sum, part) => sum + part.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
