import { createInterface } from "node:readline/promises";
import { parseOptions, UserError } from "@cloudy/command-line";
import { whyNot } from "@cloudy/contracts/document.ts";
import { type RestoreEvent, type RestoreResult, RestoreResultSchema } from "@cloudy/contracts/restore.ts";
import type { RestorePoint } from "@cloudy/contracts/restore-point.ts";
import { awaitRestore } from "./await-restore.ts";
import { type Backup, chooseBackup, describeBackups, listBackups } from "./backups.ts";
import { followLog } from "./follow-log.ts";
import { invoke } from "./invoke.ts";
import { runCommand } from "./run-command.ts";
import { findTarget, TARGET_OPTIONS, TARGET_USAGE, type Target } from "./target.ts";

const USAGE = `Usage: pnpm restore [options]

Puts the database back to a point in time: a base backup from S3, then the archived WAL up to that time. EVERYTHING WRITTEN
AFTER IT IS NO LONGER IN THE DATABASE (the replaced data directory is kept aside on the file system). The database is away while
it restores.

${TARGET_USAGE}
  --bucket NAME    with --function: the bucket of the backups

Options:
  --list           only show the backups
  --at TIME        to that time by the database's clock, ISO 8601 with a zone: 2026-01-02T03:04:05Z
                   (default: all that was archived)
  --backup ID      from that backup (default: the newest that reaches back to the time)
  --yes            do not ask for confirmation
  --json           print the backups or the result as JSON on standard output
  --help           this text

Exit code 0 when the restored database serves (with --list: when every backup's manifest can be read), 1 when not, 130 after Ctrl-C (which does not take the order back).`;

const OPTIONS = {
  ...TARGET_OPTIONS,
  bucket: { type: "string" },
  list: { type: "boolean" },
  at: { type: "string" },
  backup: { type: "string" },
  yes: { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

async function restore(args: readonly string[], signal: AbortSignal): Promise<number> {
  const options = parseOptions(args, OPTIONS);
  if (options.help === true) {
    console.log(USAGE);
    return 0;
  }
  const at = options.at === undefined ? null : parseTime(options.at);
  const target = await findTarget(options);
  const backups = await listBackups(target, bucketOf(target, options.bucket));
  for (const { why } of backups.broken) console.error(`Broken backup: ${why}`);
  if (options.list === true) {
    console.log(options.json === true ? JSON.stringify(backups.good) : describeBackups(backups.good));
    return backups.broken.length === 0 ? 0 : 1;
  }
  // By the database's clock, which in a twin is that on the wall, however fast its cloud's goes.
  if (at !== null && Date.parse(at) > Date.now()) throw new UserError(`[--at] ${at} is in the future.`);
  const backup = chooseBackup(backups, options.backup, at);
  if (options.yes !== true) await confirm(backup, at, signal);
  return order(target, { backup: backup.name, targetTime: at }, options.json === true, signal);
}

async function order(target: Target, point: RestorePoint, json: boolean, signal: AbortSignal): Promise<number> {
  console.error(
    `Asking ${target.functionName} to restore ${point.backup}${point.targetTime === null ? "" : ` to ${point.targetTime}`}`,
  );
  const log = followLog(target, (sentence) => console.error(`  ${sentence}`));
  try {
    const event: RestoreEvent = { restore: point };
    const answer = parseAnswer(await invoke(target, event, signal));
    const result = answer.outcome === "accepted" ? await awaitRestore(target, answer, signal) : answer;
    await log.stop();
    console.log(json ? JSON.stringify({ ...result, ...point }) : result.sentence);
    return result.outcome === "done" ? 0 : 1;
  } catch (error) {
    if (signal.aborted) {
      console.error(
        "Interrupted. If the order was given it is carried out all the same; the function's log group tells.",
      );
    }
    throw error;
  }
}

async function confirm(backup: Backup, at: string | null, signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new UserError("This replaces the database and there is no terminal to ask for confirmation: give [--yes].");
  }
  const end = at === null ? "all that was archived since" : `what was archived until ${at}`;
  console.error(`The database will be replaced by ${backup.name} (of ${backup.finishedAt}) and ${end}.`);
  console.error("Everything else will no longer be in it, and it is away until that is done.");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // A terminal in this mode gives Ctrl-C to readline.
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  const typed = await terminal.question("Type the backup's name to go on: ", { signal }).catch(() => {
    signal.throwIfAborted();
    return "";
  });
  terminal.close();
  if (typed.trim() !== backup.name) throw new UserError("That is not the backup's name: nothing was changed.");
}

/** A time without a zone would mean something else on each machine. */
function parseTime(text: string): string {
  const date = new Date(text);
  const hasZone = /T.*(Z|[+-]\d\d:?\d\d)$/.test(text);
  if (hasZone && !Number.isNaN(date.getTime())) return date.toISOString();
  throw new UserError(
    `[--at] ${text} is not a time with a zone, like 2026-01-02T03:04:05Z or 2026-01-02T05:04:05+02:00.`,
  );
}

function bucketOf(target: Target, given: string | undefined): string {
  const bucket = given ?? target.backupBucket;
  if (bucket !== undefined) return bucket;
  throw new UserError(
    "Where are the backups? The system does not name its bucket [backupBucketName]: give [--bucket].",
  );
}

function parseAnswer(value: unknown): RestoreResult {
  const answer = RestoreResultSchema.read(value);
  if ("value" in answer) return answer.value;
  throw new UserError(
    `The function answered ${JSON.stringify(value)} (${whyNot(answer)}): it knows no restore. Deploy a newer one.`,
  );
}

runCommand(restore);
