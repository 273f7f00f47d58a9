import type { ChildReport } from "../child.ts";
import { AgentError, messageOf } from "../errors.ts";
import { log } from "../log.ts";
import { archiveDeadline } from "../postgres/archive-deadline.ts";
import { BackupStore } from "./backup-store.ts";
import { type BackupTask, backUp } from "./base-backup.ts";
import { ARCHIVING_GIVEN_UP, RESTORE_COMMAND_FAILED } from "./constants.ts";
import { type RestoreTask, restore } from "./restore.ts";
import { archiveWal, fetchWal } from "./wal-archive.ts";

/** The other things that this bundle can be started as. Returns the exit code. */
export async function runBackupCommand(command: string, parameters: readonly string[]): Promise<number> {
  const bucket = process.env["BACKUP_BUCKET"] ?? "";
  const store = bucket === "" ? undefined : new BackupStore(bucket);
  const [first = "", second = ""] = parameters;
  switch (command) {
    case "archive-wal":
      return archive(needed(store), first);
    case "fetch-wal":
      return fetch(needed(store), first, second);
    case "base-backup":
      return answerAgent(() => backUp(needed(store), JSON.parse(first) as BackupTask));
    case "restore":
      return answerAgent(() => restore(store, JSON.parse(first) as RestoreTask));
    default:
      log("error", `"${command}" is not a command: archive-wal PATH, fetch-wal FILE PATH, or none to run the agent`, {
        code: "command-unknown",
      });
      return 2;
  }
}

function needed(store: BackupStore | undefined): BackupStore {
  if (store === undefined) throw new AgentError("[BACKUP_BUCKET] is not set");
  return store;
}

async function archive(store: BackupStore, path: string): Promise<number> {
  const done = new AbortController();
  const overdue = archiveDeadline(process.env["STATE_DIR"] ?? "", done.signal).then(() => "overdue" as const);
  try {
    if ((await Promise.race([archiveWal(store, path), overdue])) !== "overdue") return 0;
    const because = "postgres is being shut down, and there was no more time";
    log("warn", `${path} was not archived: ${because}`, { code: "wal-not-archived" });
    return ARCHIVING_GIVEN_UP;
  } catch (error) {
    log("error", `${path} could not be archived: ${messageOf(error)}`, { code: "wal-not-archived" });
    return 1;
  } finally {
    done.abort();
  }
}

async function fetch(store: BackupStore, file: string, path: string): Promise<number> {
  try {
    return (await fetchWal(store, file, path)) ? 0 : 1;
  } catch (error) {
    log("error", `${file} could not be fetched from the archive: ${messageOf(error)}`, { code: "wal-not-fetched" });
    return RESTORE_COMMAND_FAILED;
  }
}

/** Ends with the agent that started it: nobody would use the result. */
async function answerAgent(work: () => Promise<unknown>): Promise<number> {
  process.on("disconnect", () => process.exit(1));
  const report = await work().then(
    (result): ChildReport => ({ ok: true, result }),
    (error: unknown): ChildReport => ({ ok: false, because: messageOf(error) }),
  );
  await new Promise<void>((sent) => {
    if (process.send === undefined) {
      log(report.ok ? "info" : "error", report.ok ? "done" : report.because, { code: "command-ended" });
      sent();
    } else process.send(report, () => sent());
  });
  return report.ok ? 0 : 1;
}
