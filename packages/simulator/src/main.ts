import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { UserError } from "@cloudy/command-line";
import { runCampaign } from "./campaign/campaign.ts";
import { minimise } from "./campaign/minimise.ts";
import { createProgress } from "./campaign/progress.ts";
import { formatFaults, formatPlan, formatReport } from "./campaign/report.ts";
import type { Tally } from "./campaign/tally.ts";
import { realCode } from "./code-under-test.ts";
import { parseCommandLine, type SimulatorOptions, USAGE } from "./command-line.ts";
import { formatLine } from "./engine/trace.ts";
import { hunt } from "./mutants/mutant-hunt.ts";
import { MUTANTS } from "./mutants/mutants.ts";
import { planFaults } from "./plan/fault-plan.ts";
import { simulate } from "./simulate.ts";

const print = (text: string) => void process.stdout.write(`${text}\n`);

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const options = parseCommandLine(args, availableParallelism());
  if (options.help) {
    print(USAGE);
    return 0;
  }
  const ending = new AbortController();
  process.once("SIGINT", () => ending.abort());
  process.once("SIGTERM", () => ending.abort());
  if (options.mutants) return huntMutants(ending.signal);
  if (options.trace && options.seed !== undefined) return replay(options.seed, options.hours);
  return campaign(options, ending.signal);
}

async function campaign(options: SimulatorOptions, signal: AbortSignal): Promise<number> {
  const { hours, workers, seeds, seed: from = 1 } = options;
  const started_ms = performance.now();
  if (seeds === 1) print(formatPlan(from, planFaults(from, hours)));
  else
    print(
      `seeds ${from} to ${from + seeds - 1}, ${hours} h each; every seed draws its own kinds of fault (--seed S shows them)`,
    );
  const progress = createProgress({
    total: seeds,
    write: (text) => process.stdout.write(text),
    isLive: process.stdout.isTTY,
  });
  const tally = await runCampaign({ from, seeds, hours, workers, signal, onProgress: progress.show });
  progress.end();
  if (signal.aborted) print("stopped: this is what was done so far");
  print(formatReport(tally, performance.now() - started_ms));
  if (options.jsonFile !== undefined) writeFileSync(options.jsonFile, jsonOf(tally, performance.now() - started_ms));
  const first = tally.violations.toSorted((a, b) => a.seed - b.seed)[0];
  if (first !== undefined) await explain(first.seed, hours);
  return tally.violations.length > 0 ? 1 : 0;
}

/** The fewest faults that still break it, and what happens then. */
async function explain(seed: number, hours: number): Promise<void> {
  const plan = planFaults(seed, hours);
  const broken = (await simulate({ seed, hours, plan, code: realCode })).violation?.invariant;
  const least = await minimise(plan, async (candidate) => {
    const { violation } = await simulate({ seed, hours, plan: candidate, code: realCode });
    return violation !== undefined && violation.invariant === broken;
  });
  print(`\nseed ${seed} with ${least.faults.length} of its ${plan.faults.length} faults still breaks ${broken}:`);
  print(`${formatFaults(least.faults)}\n`);
  await simulate({ seed, hours, plan: least, code: realCode, onTrace: (line) => print(formatLine(line)) });
  print(`\nthe whole history: pnpm sim --seed ${seed} --hours ${hours} --trace`);
}

async function replay(seed: number, hours: number): Promise<number> {
  const plan = planFaults(seed, hours);
  print(formatPlan(seed, plan));
  const onTrace = (line: Parameters<typeof formatLine>[0]) => print(formatLine(line));
  const { violation, acknowledged } = await simulate({ seed, hours, plan, code: realCode, onTrace });
  print(
    violation === undefined
      ? `nothing violated; ${acknowledged} acknowledged writes`
      : `${violation.invariant}: ${violation.what}`,
  );
  return violation === undefined ? 0 : 1;
}

async function huntMutants(signal: AbortSignal): Promise<number> {
  print(`${"mutant".padEnd(50)} ${"caught by".padEnd(10)} ${"seeds".padStart(6)} ${"of".padStart(6)}  what was seen`);
  let escaped = 0;
  for (const mutant of MUTANTS) {
    const result = await hunt(mutant, signal);
    if (signal.aborted) break;
    const { invariant = "ESCAPED", what = "" } = result.violation ?? {};
    if (result.violation === undefined) escaped += 1;
    print(
      `${mutant.name.padEnd(50)} ${invariant.padEnd(10)} ${String(result.seeds).padStart(6)} ${String(mutant.seedsMax).padStart(6)}  ${what}`,
    );
  }
  print(escaped === 0 ? `all ${MUTANTS.length} were caught` : `${escaped} of ${MUTANTS.length} escaped`);
  return escaped === 0 ? 0 : 1;
}

function jsonOf(tally: Tally, real_ms: number): string {
  const { faults, outages_s, ...rest } = tally;
  return `${JSON.stringify({ ...rest, real_ms, faults: Object.fromEntries(faults), outages_s: Object.fromEntries(outages_s) })}\n`;
}

// Whoever reads the lines has seen enough.
process.stdout.on("error", () => process.exit(1));

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(
      `${error instanceof UserError ? error.message : error instanceof Error ? error.stack : error}\n`,
    );
    process.exit(error instanceof UserError ? 2 : 1);
  },
);
