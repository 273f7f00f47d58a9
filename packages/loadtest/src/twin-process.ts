import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { TOKEN_VARIABLE, UserError } from "@cloudy/command-line";
import { TWIN_LINES_KEPT, TWIN_START_TIMEOUT_MS, TWIN_STOP_TIMEOUT_MS } from "./constants.ts";
import { type Target, twinTarget } from "./target.ts";

interface Twin {
  readonly target: Target;
  /** Resolves, with what it said last, when the twin ends without having been asked to. */
  readonly died: Promise<string>;
}

export interface TwinProcess {
  /** Resolves once everything is up; rejects when it ends or takes too long before that. */
  readonly ready: Promise<Twin>;
  /** Asks the twin to clean up and end, and waits for it. */
  stop(): Promise<void>;
}

/**
 * Starts `twin up --json` as a process group of its own, so that Ctrl-C reaches it by us only and once. It never outlives this
 * process.
 */
export function startTwin(options: {
  readonly speed: number;
  readonly stack: string | undefined;
  /** Other values of configuration keys than the stack's file has. */
  readonly config?: Readonly<Record<string, string>>;
  /** Whether the twin gives the stack what it asks of somebody outside; `token` instead of a random one. */
  readonly standIns?: { readonly token: string | undefined };
  /** Called with each line of progress until the twin is ready. */
  readonly onProgress: (line: string) => void;
  readonly command?: readonly string[];
}): TwinProcess {
  const [program = process.execPath, ...first] = options.command ?? [process.execPath, twinMain()];
  const child = spawn(program, [...first, "up", "--json", ...argumentsOf(options)], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, [TOKEN_VARIABLE]: options.standIns?.token ?? "" },
  });
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
    child.once("error", (error) => resolve(error.message));
  });
  const isRunning = () => child.exitCode === null && child.signalCode === null && child.pid !== undefined;
  /** At once, with everything in its process group. */
  const kill = () => {
    if (isRunning() && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  };
  process.on("exit", kill);
  void exited.then(() => process.off("exit", kill));
  const lastLines: string[] = [];
  let isReady = false;
  createInterface({ input: child.stderr }).on("line", (line) => {
    lastLines.push(line);
    if (lastLines.length > TWIN_LINES_KEPT) lastLines.shift();
    if (!isReady) options.onProgress(line);
  });
  const ready = firstLine(child, exited).then(
    (line) => {
      isReady = true;
      const died = exited.then((how) => `The twin ended with ${how}. It said:\n${lastLines.join("\n")}`);
      return { target: twinTarget(line, "The twin's line"), died };
    },
    // What it said is on the screen already.
    (error) => Promise.reject(error),
  );
  return {
    ready,
    async stop() {
      if (!isRunning()) return;
      child.kill("SIGTERM");
      const timer = setTimeout(kill, TWIN_STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

function argumentsOf({ speed, stack, config = {}, standIns }: Parameters<typeof startTwin>[0]): string[] {
  return [
    ...["--speed", String(speed)],
    ...(stack === undefined ? [] : ["--stack", stack]),
    ...Object.entries(config).flatMap(([key, value]) => ["--config", `${key}=${value}`]),
    ...(standIns === undefined ? [] : ["--stand-ins"]),
  ];
}

/** The command as the twin's own package opens it. */
function twinMain(): string {
  return fileURLToPath(import.meta.resolve("@cloudy/twin/main.ts"));
}

function firstLine(child: ChildProcess, exited: Promise<string>): Promise<string> {
  return new Promise((resolve, reject) => {
    if (child.stdout !== null) createInterface({ input: child.stdout }).once("line", resolve);
    exited.then((how) => reject(new UserError(`The twin could not start (${how}): see its message above.`)));
    const seconds = TWIN_START_TIMEOUT_MS / 1000;
    setTimeout(
      () => reject(new UserError(`The twin was not ready after ${seconds} s: see its messages above.`)),
      TWIN_START_TIMEOUT_MS,
    ).unref();
  });
}
