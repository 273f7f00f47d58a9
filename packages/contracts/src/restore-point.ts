import { instant } from "./kinds.ts";
import { kind, nullable, object, type Schema, type Static } from "./schema.ts";

/** Names of base backups: the start in UTC and the epoch that took it (backup-names.ts). They become parts of paths. */
const BACKUP_NAME = /^\d{8}T\d{6}Z-e\d+$/;

const backupName: Schema<string> = {
  ...kind("name a base backup like 20260102T030405Z-e12", (given): given is string => {
    return typeof given === "string" && BACKUP_NAME.test(given);
  }),
  isNamed: true,
};

/** A base backup by name and the time up to which WAL is replayed on it; `null`: as far as there is any. */
export const RestorePointSchema = object({ backup: backupName, targetTime: nullable(instant) });

export type RestorePoint = Static<typeof RestorePointSchema>;
