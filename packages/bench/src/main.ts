import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { endWith, Interrupted, onSignals } from "@cloudy/command-line";
import { runBenchmark } from "./benchmark.ts";
import { parseCommandLine, USAGE } from "./command-line.ts";
import { createProgress } from "./progress.ts";
import { reportOf } from "./report.ts";
import { writeResults } from "./result-files.ts";

const OUTPUT = fileURLToPath(new URL("../../../bench", import.meta.url));

async function main(): Promise<number> {
  const options = parseCommandLine(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const ending = new AbortController();
  // A second one is not heard: PostgreSQL and the servers are being stopped by then.
  onSignals(ending, { notice: "Ending; nothing is written.", isPatient: true });
  const progress = createProgress({
    write: (text) => process.stderr.write(text),
    isLive: process.stderr.isTTY,
    now_ms: () => performance.now(),
  });
  try {
    const results = await runBenchmark(options, progress, ending.signal);
    const files = await writeResults(results, options.outputDir ?? OUTPUT);
    console.log(reportOf(results));
    console.log(`Written   ${relative("", files.json)}, ${relative("", files.svg)}`);
    const isHeld = results.verdicts.every(({ outcome }) => outcome === "held");
    return options.check && !isHeld ? 1 : 0;
  } catch (error) {
    // A Ctrl-C reaches the processes of the benchmark as well, and may show as the death of one of them.
    throw ending.signal.aborted ? new Interrupted() : error;
  }
}

endWith(main());
