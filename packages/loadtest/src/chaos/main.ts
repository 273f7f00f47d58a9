import { randomInt } from "node:crypto";
import { Interrupted, UserError } from "../errors.ts";
import { startTwin, type TwinProcess } from "../twin-process.ts";
import { runExperiments } from "./chaos.ts";
import { type ChaosOptions, parseCommandLine, USAGE } from "./command-line.ts";
import { EXPERIMENTS } from "./experiments.ts";
import { World } from "./world.ts";

/** What a shell reports for a process that was ended by Ctrl-C. */
const EXIT_INTERRUPTED = 130;

const say = (line: string) => console.log(line);

async function main(): Promise<number> {
  const options = parseCommandLine(process.argv.slice(2));
  if (options.help) {
    say(USAGE);
    return 0;
  }
  if (options.list) {
    for (const { name, promise } of EXPERIMENTS) say(`${name.padEnd(20)} ${promise}`);
    return 0;
  }
  const ending = new AbortController();
  const twin = startTwin({ speed: options.speed, stack: undefined, onProgress: (line) => console.error(line) });
  onSignals(ending, twin);
  try {
    return await experiment(options, twin, ending.signal);
  } finally {
    await twin.stop();
  }
}

async function experiment(options: ChaosOptions, twin: TwinProcess, signal: AbortSignal): Promise<number> {
  const { target, died } = await Promise.race([twin.ready, aborted(signal)]);
  const seed = randomInt(2 ** 32);
  say(`Seed ${seed}, speed ${options.speed}, load balancer ${target.url}, directory ${target.directory}`);
  const world = new World({ target, seed, say, signal });
  try {
    const outcomes = await Promise.race([
      runExperiments(world, options.experiments),
      aborted(signal),
      died.then((how) => Promise.reject(new UserError(how))),
    ]);
    const broken = outcomes.filter(({ failure }) => failure !== undefined);
    say(`\n${outcomes.length - broken.length} of ${outcomes.length} promises held`);
    for (const { name, failure } of broken) say(`  ✕  ${name}: ${failure}`);
    return broken.length === 0 ? 0 : 1;
  } finally {
    await world.close();
  }
}

/** The first Ctrl-C ends everything in order, the second one at once. */
function onSignals(ending: AbortController, twin: TwinProcess): void {
  const onSignal = () => {
    if (ending.signal.aborted) process.exit(EXIT_INTERRUPTED);
    process.stderr.write("\nEnding. Once more to end at once.\n");
    ending.abort(new Interrupted());
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  process.on("exit", () => twin.kill());
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    if (error instanceof Interrupted) process.exit(EXIT_INTERRUPTED);
    // A user's mistake is one message; anything else is ours and shows where it happened.
    if (error instanceof UserError) console.error(`Error: ${error.message}`);
    else console.error(error);
    process.exit(1);
  },
);
