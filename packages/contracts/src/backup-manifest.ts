import { document } from "./document.ts";
import { time } from "./kinds.ts";
import { number, object, oneOf, type Static, text } from "./schema.ts";

/** `base/<backup>/manifest.json`, written last: a base backup without it does not exist. */
export const ManifestSchema = document(
  "manifest",
  object({
    backup: text,
    version: oneOf(1),
    systemIdentifier: text,
    timeline: number,
    postgresMajor: text,
    startedAt: time,
    /** The earliest time that this backup can be restored to, by the database's clock. */
    finishedAt: time,
    startWal: text,
    stopWal: text,
    startLsn: text,
    stopLsn: text,
    /** The SHA-256 of the compressed archive. */
    sha256: text,
    compressedBytes: number,
    files: number,
    bytes: number,
  }),
);

export type Manifest = Static<typeof ManifestSchema>;
