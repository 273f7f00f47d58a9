import { randomInt } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { setInterval as every } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { aborted, endWith, onSignals, thisComputer, UserError } from "@cloudy/command-line";
import { servePage } from "@cloudy/dashboard/serve-page.ts";
import { deployedStack, runningTwin, type Target } from "@cloudy/loadtest/target.ts";
import { startTwin, type TwinProcess } from "@cloudy/loadtest/twin-process.ts";
import type { Run } from "@cloudy/observer/run.ts";
import { type DemoOptions, parseCommandLine, USAGE } from "./command-line.ts";
import { createDemo, type Demo } from "./demo.ts";
import { isHeld } from "./promises.ts";
import { reportFolder, writeReport } from "./report-files.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

const SHOW_INTERVAL_MS = 500;
const REPORTS = fileURLToPath(new URL("../../../reports", import.meta.url));

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const options = parseCommandLine(args, randomInt(2 ** 32));
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const terminal = createTerminal({
    write: (text) => process.stdout.write(text),
    isLive: process.stdout.isTTY && !options.isHeadless,
    width: () => process.stdout.columns,
  });
  const ending = new AbortController();
  const twin = options.target.kind === "start twin" ? start(options.target) : undefined;
  onSignals(ending, { notice: "Ending. Once more to end at once." });
  try {
    const target = await targetOf(options, twin, ending.signal);
    return await demonstrate(options, target, terminal, ending.signal, args);
  } finally {
    await twin?.stop();
  }
}

function start(target: { readonly speed: number; readonly stack: string | undefined }): TwinProcess {
  return startTwin({ ...target, onProgress: (line) => process.stderr.write(`${line}\n`) });
}

async function targetOf(
  { target }: DemoOptions,
  twin: TwinProcess | undefined,
  signal: AbortSignal,
): Promise<Target & { readonly died?: Promise<string> }> {
  switch (target.kind) {
    case "running twin":
      return runningTwin(target.file, target.stack);
    case "deployed":
      return deployedStack(target.outputsFile, target.endpoint);
    case "start twin": {
      if (twin === undefined) throw new Error("The twin was not started.");
      const { target: started, died } = await Promise.race([twin.ready, aborted(signal)]);
      return { ...started, died };
    }
  }
}

async function demonstrate(
  options: DemoOptions,
  target: Target & { readonly died?: Promise<string> },
  terminal: Terminal,
  signal: AbortSignal,
  args: readonly string[],
): Promise<number> {
  const demo = createDemo({ target, seed: options.seed, facts: facts(options, target, args) });
  const page = options.isHeadless ? undefined : await servePage({ run: demo.document });
  terminal.line(`Seed ${options.seed}, speed ${target.clock.speed}, load balancer ${target.url}`);
  if (page !== undefined) terminal.line(`Live page: ${page.url}`);
  try {
    const run = await watch(demo, target.died, terminal, signal);
    terminal.finish(run);
    page?.push();
    const files = await writeReport(run, join(REPORTS, reportFolder(new Date())), options.jsonFile);
    terminal.line(`  Report: ${files.html}\n          ${files.json}`);
    if (options.keep) {
      terminal.line(`Still running${page === undefined ? "" : `: ${page.url}`}. Ctrl-C ends it.`);
      await once(signal, "abort").catch(() => {});
    }
    return isHeld(run.promises, run.voided) ? 0 : 1;
  } finally {
    await page?.close();
    await demo.close();
  }
}

/** Runs the demo and shows how it goes. Rejects when it is interrupted or when the twin dies under it. */
async function watch(
  demo: Demo,
  died: Promise<string> | undefined,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Run> {
  const over = new AbortController();
  const showing = show(demo, terminal, over.signal);
  const death = died?.then((how) => Promise.reject(new UserError(how)));
  try {
    await Promise.race([demo.run(signal), ...(death === undefined ? [] : [death])]);
    return demo.document();
  } finally {
    over.abort();
    await showing;
    death?.catch(() => {});
  }
}

async function show(demo: Demo, terminal: Terminal, signal: AbortSignal): Promise<void> {
  try {
    for await (const _ of every(SHOW_INTERVAL_MS, undefined, { signal })) terminal.show(demo.document());
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function facts(options: DemoOptions, target: Target, args: readonly string[]): Run["facts"] {
  return [
    ["Command", ["pnpm demo", ...args].join(" ")],
    ["Seed", String(options.seed)],
    ["Speed", `${target.clock.speed} x`],
    ["Machine", thisComputer()],
    ["System", target.connection.endpoint === undefined ? "AWS" : `API at ${target.connection.endpoint}`],
    ["Region", target.connection.region],
    ["Load balancer", target.url],
    ["Started", new Date().toISOString()],
  ];
}

endWith(main());
