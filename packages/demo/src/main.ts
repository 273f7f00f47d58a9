import { randomInt } from "node:crypto";
import { once } from "node:events";
import { access, constants } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setInterval as every } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { aborted, endWith, messageOf, onSignals, thisComputer, UserError } from "@cloudy/command-line";
import { servePage } from "@cloudy/dashboard/serve-page.ts";
import { knock } from "@cloudy/loadtest/front-door.ts";
import { deployedStack, runningTwin, type Target } from "@cloudy/loadtest/target.ts";
import { startTwin, type TwinProcess } from "@cloudy/loadtest/twin-process.ts";
import type { Run } from "@cloudy/observer/run.ts";
import { type DemoOptions, parseCommandLine, USAGE } from "./command-line.ts";
import { consent, terminalAsker } from "./consent.ts";
import { createDemo, type Demo } from "./demo.ts";
import { isHeld } from "./promises.ts";
import { reportFolder, writeReport } from "./report-files.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

const SHOW_INTERVAL_MS = 500;
const REPORTS = fileURLToPath(new URL("../../../reports", import.meta.url));

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const options = parseCommandLine(args, randomInt(2 ** 32), process.env);
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const terminal = createTerminal({
    write: (text) => process.stdout.write(text),
    isLive: process.stdout.isTTY && !options.isHeadless,
    width: () => process.stdout.columns,
  });
  await checkFolder(options.jsonFile);
  const ending = new AbortController();
  const twin = options.target.kind === "start twin" ? start(options.target, options.token) : undefined;
  onSignals(ending, { notice: "Ending. Once more to end at once." });
  try {
    const target = await targetOf(options, twin, ending.signal);
    return await demonstrate(options, target, terminal, ending.signal, args);
  } finally {
    await twin?.stop();
  }
}

/** A run of minutes is not to end at a file that cannot be written. */
async function checkFolder(file: string | undefined): Promise<void> {
  if (file === undefined) return;
  const folder = dirname(file);
  await access(folder, constants.W_OK).catch((cause) => {
    throw new UserError(`[--json] ${file} cannot be written: ${messageOf(cause)}.`, { cause });
  });
}

function start(
  target: Extract<DemoOptions["target"], { readonly kind: "start twin" }>,
  token: string | undefined,
): TwinProcess {
  const { speed, stack, config } = target;
  const onProgress = (line: string) => process.stderr.write(`${line}\n`);
  return startTwin({ speed, stack, config, standIns: { token }, onProgress });
}

async function targetOf(
  { target }: DemoOptions,
  twin: TwinProcess | undefined,
  signal: AbortSignal,
): Promise<Target & { readonly died?: Promise<string> }> {
  switch (target.kind) {
    case "running twin":
      return runningTwin(target.file, target.stack);
    case "deployed": {
      const deployed = await deployedStack(target.outputsFile, target.endpoint);
      await consent(deployed, target.isAgreed, terminalAsker(signal));
      return deployed;
    }
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
  const door = await knock(target.url, target.token ?? options.token, signal);
  const demo = createDemo({ target, seed: options.seed, facts: facts(options, target, args), door });
  const page = options.isHeadless ? undefined : await servePage({ run: demo.document });
  terminal.line(`Seed ${options.seed}, speed ${target.clock.speed}, load balancer ${target.url}`);
  if (page !== undefined) terminal.line(`Live page: ${page.url}`);
  try {
    // What was seen is told and written however the run ends.
    const end = await watch(demo, target.died, terminal, signal).catch((error: unknown) => ({ error }));
    const run = demo.document();
    terminal.finish(run);
    page?.push();
    const files = await writeReport(run, join(REPORTS, reportFolder(new Date())), options.jsonFile);
    terminal.line(`  Report: ${files.html}\n          ${files.json}`);
    if (options.target.kind !== "start twin") for (const line of demo.leftUsers()) terminal.line(`  ${line}`);
    if (end !== undefined) throw end.error;
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
): Promise<undefined> {
  const over = new AbortController();
  const showing = show(demo, terminal, over.signal);
  const death = died?.then((how) => Promise.reject(new UserError(how)));
  try {
    await Promise.race([demo.run(signal), ...(death === undefined ? [] : [death])]);
    return undefined;
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
    ["Command", ["pnpm demo", ...withoutToken(args)].join(" ")],
    ["Seed", String(options.seed)],
    ["Speed", `${target.clock.speed} x`],
    ["Machine", thisComputer()],
    ["System", target.connection.endpoint === undefined ? "AWS" : `API at ${target.connection.endpoint}`],
    ["Region", target.connection.region],
    ["Load balancer", target.url],
    ["Started", new Date().toISOString()],
  ];
}

/** Reports are shown around. */
function withoutToken(args: readonly string[]): readonly string[] {
  return args.map((arg, index) => {
    if (args[index - 1] === "--token") return "***";
    return arg.startsWith("--token=") ? "--token=***" : arg;
  });
}

endWith(main());
