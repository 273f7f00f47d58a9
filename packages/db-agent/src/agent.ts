import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { messageOf, SettingsError } from "./errors.ts";
import { runSharedFilesProcess } from "./files/shared-files-process.ts";
import { log } from "./log.ts";
import { readInstanceId } from "./runtime/instance-metadata.ts";
import { AgentRuntime } from "./runtime/runtime.ts";
import { createStatusServer } from "./runtime/status-server.ts";
import { readSettings } from "./settings.ts";

/** Runs PostgreSQL on this database instance, one epoch at a time. Ends with 0 after SIGTERM, with 1 on a wrong environment. */
async function main(entry: string): Promise<void> {
  const settings = readSettings(process.env);
  if (process.getuid?.() === 0) {
    throw new SettingsError("runs as root, which postgres refuses: start it as the user postgres (User= in its unit)");
  }
  const binaryVersion = await readBinaryVersion(settings.postgresBin);
  mkdirSync(settings.stateDir, { recursive: true, mode: 0o700 });
  const instanceId = await readInstanceId(settings.metadataEndpoint);
  const runtime = new AgentRuntime(settings, instanceId, binaryVersion, entry);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => runtime.dispatch({ kind: "stop-requested" }));
  }
  const server = createStatusServer(runtime, settings.statusPort);
  server.listen(settings.statusPort, "0.0.0.0");
  await once(server, "listening");
  log("info", `agent of ${instanceId} is up`, {
    code: "agent-up",
    sharedDir: settings.sharedDir,
    statusPort: settings.statusPort,
  });
  await runtime.run();
  log("info", `agent of ${instanceId} ends`, { code: "agent-ends" });
}

/** Major version, for example `17`. */
async function readBinaryVersion(postgresBin: string): Promise<string> {
  const path = join(postgresBin, "postgres");
  const { stdout } = await promisify(execFile)(path, ["--version"]).catch((error: unknown) => {
    throw new SettingsError(`[POSTGRES_BIN] ${path} could not be run: ${messageOf(error)}`);
  });
  const major = /PostgreSQL\) (\d+)/.exec(stdout)?.[1];
  if (major === undefined) throw new SettingsError(`[POSTGRES_BIN] ${path} is not PostgreSQL: "${stdout.trim()}"`);
  return major;
}

/** The bundle is one file with several uses; what only one of them needs is loaded by it alone. */
async function start([entry = "", command, ...parameters]: readonly string[]): Promise<number> {
  if (command === undefined) {
    await main(entry);
    return 0;
  }
  const { runBackupCommand } = await import("./backup/commands.ts");
  return runBackupCommand(command, parameters);
}

if (process.argv[2] === "shared-files") {
  runSharedFilesProcess();
} else {
  start(process.argv.slice(1)).then(
    (code) => process.exit(code),
    (error: unknown) => {
      log("error", messageOf(error), { code: "agent-failed" });
      process.exit(1);
    },
  );
}
