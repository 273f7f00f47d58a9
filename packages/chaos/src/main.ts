import { randomInt } from "node:crypto";
import { aborted, endWith, onSignals, UserError } from "@cloudy/command-line";
import { startTwin } from "@cloudy/loadtest/twin-process.ts";
import { type Outcome, runExperiments } from "./chaos.ts";
import { type ChaosOptions, parseCommandLine, USAGE } from "./command-line.ts";
import { EXPERIMENTS_PER_TWIN } from "./constants.ts";
import { EXPERIMENTS, type Experiment } from "./experiments.ts";
import { World } from "./world.ts";

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
  onSignals(ending, { notice: "Ending. Once more to end at once." });
  const outcomes: Outcome[] = [];
  for (let first = 0; first < options.experiments.length; first += EXPERIMENTS_PER_TWIN) {
    const experiments = options.experiments.slice(first, first + EXPERIMENTS_PER_TWIN);
    outcomes.push(...(await onOneTwin(experiments, options, ending.signal)));
  }
  const broken = outcomes.filter(({ failure }) => failure !== undefined);
  say(`\n${outcomes.length - broken.length} of ${outcomes.length} promises held`);
  for (const { name, failure } of broken) say(`  ✕  ${name}: ${failure}`);
  return broken.length === 0 ? 0 : 1;
}

async function onOneTwin(
  experiments: readonly Experiment[],
  { speed, stack, config }: ChaosOptions,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const twin = startTwin({
    speed,
    stack,
    config,
    standIns: { token: undefined },
    onProgress: (line) => console.error(line),
  });
  try {
    const { target, died } = await Promise.race([twin.ready, aborted(signal)]);
    const seed = randomInt(2 ** 32);
    say(`\nSeed ${seed}, speed ${speed}, load balancer ${target.url}, directory ${target.directory}`);
    const world = new World({ target, seed, say, signal });
    try {
      const death = died.then((how) => Promise.reject(new UserError(how)));
      death.catch(() => undefined);
      return await Promise.race([runExperiments(world, experiments), aborted(signal), death]);
    } finally {
      await world.close();
    }
  } finally {
    await twin.stop();
  }
}

endWith(main());
