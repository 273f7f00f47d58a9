import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { endWith, Interrupted, onSignals } from "@cloudy/command-line";
import { type Results, runBenchmark } from "./benchmark.ts";
import { parseCommandLine, USAGE } from "./command-line.ts";
import { exitCodeOf } from "./exit-code.ts";
import { createProgress } from "./progress.ts";
import { reportOf } from "./report.ts";
import { resultFilesIn, writeResults } from "./result-files.ts";

const OUTPUT = fileURLToPath(new URL("../../../bench", import.meta.url));

async function main(): Promise<number> {
  const options = parseCommandLine(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const ending = new AbortController();
  // A second one is not heard: PostgreSQL and the servers are being stopped by then.
  onSignals(ending, { notice: "Ending after the rounds so far.", isPatient: true });
  const progress = createProgress({
    write: (text) => process.stderr.write(text),
    isLive: process.stderr.isTTY,
    now_ms: () => performance.now(),
  });
  const directory = options.outputDir ?? OUTPUT;
  let latest: Results | undefined;
  try {
    for await (latest of runBenchmark(options, progress, ending.signal)) await writeResults(latest, directory);
    report(latest, directory);
    return latest === undefined ? 1 : exitCodeOf(latest, options.check);
  } catch (error) {
    progress.end();
    // What was measured before is as good as ever.
    report(latest, directory);
    // A Ctrl-C reaches the processes of the benchmark as well, and may show as the death of one of them.
    throw ending.signal.aborted ? new Interrupted() : error;
  }
}

function report(results: Results | undefined, directory: string): void {
  if (results === undefined) {
    console.log("No round was completed: nothing is written.");
    return;
  }
  console.log(reportOf(results));
  const files = resultFilesIn(directory);
  console.log(`Written   ${relative("", files.json)}, ${relative("", files.svg)}`);
}

endWith(main());
