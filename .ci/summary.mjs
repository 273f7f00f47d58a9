// usage: summary.mjs TEST-RESULTS TEST-EXIT-CODE DEMO-REPORT DEMO-EXIT-CODE
import { readFileSync } from "node:fs";

const [testResults, testExit, demoReport, demoExit] = process.argv.slice(2);

function read(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
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

const tests = read(testResults);
const promises = read(demoReport)?.promises ?? [];
const parts = [
  tally("tests", testExit, tests?.numPassedTests ?? 0, tests?.numFailedTests ?? 0),
  tally(
    "demo",
    demoExit,
    promises.filter((promise) => promise.held).length,
    promises.filter((promise) => !promise.held).length,
  ),
];
const passed = parts.reduce((sum, part) => sum + part.passed, 0);
const failed = parts.reduce((sum, part) => sum + part.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
