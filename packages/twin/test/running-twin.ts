import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parse, parseJson } from "@cloudy/contracts/document.ts";
import { type StackOutputs, StackOutputsSchema } from "@cloudy/contracts/stack-outputs.ts";
import { type TwinAnnouncement, TwinAnnouncementSchema } from "@cloudy/contracts/twin-announcement.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** The line of `twin up --json`, with outputs by their names. */
type Announcement = Required<TwinAnnouncement> & { readonly outputs: Required<StackOutputs> };

export interface RunningTwin {
  readonly process: ChildProcess;
  readonly announcement: Announcement;
  readonly progress: () => string;
}

/** Runs the command line; resolves once it ended. */
export async function runTwin(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

/** Starts `twin up --json` and waits for its line. */
export async function startTwin(speed: number, ...more: string[]): Promise<RunningTwin> {
  const child = spawn(process.execPath, [MAIN, "up", "--json", "--speed", String(speed), ...more], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let progress = "";
  child.stderr.on("data", (chunk) => {
    progress += chunk;
  });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the twin ended with ${code} before it was ready:\n${progress}`);
  });
  const [line] = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
  ended.catch(() => {});
  const announcement = parseJson(TwinAnnouncementSchema, String(line), "the twin's line");
  const outputs = parse(StackOutputsSchema, announcement.outputs, "what the twin tells of its stack");
  // This twin is of this release, which tells everything.
  return { process: child, announcement: { ...announcement, outputs } as Announcement, progress: () => progress };
}

/** Processes whose working directory or environment lies in the twin's directory. */
export function processesOf(directory: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => belongsTo(pid, directory));
}

/** The loopback address on which the twin's PostgreSQL listens; its children may carry its command line for a moment. */
export function postgresAddress(directory: string): string {
  const commands = processesOf(directory).map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  const addresses = new Set(commands.flatMap((command) => /listen_addresses=(127[\d.]+)/.exec(command)?.[1] ?? []));
  const [address] = addresses;
  if (address === undefined || addresses.size > 1) throw new Error(`PostgreSQL listens on [${[...addresses].join()}]`);
  return address;
}

function belongsTo(pid: string, directory: string): boolean {
  try {
    return (
      readlinkSync(`/proc/${pid}/cwd`).startsWith(directory) ||
      readFileSync(`/proc/${pid}/environ`, "utf8").includes(directory)
    );
  } catch {
    // It ended meanwhile, or is a kernel thread.
    return false;
  }
}
