import { document } from "./document.ts";
import { epochNumber } from "./kinds.ts";
import { informal, object, type Static, text } from "./schema.ts";

/** `epochs/epoch-<n>.json` on the shared file system: who holds epoch n. */
export const EpochRecordSchema = document(
  "record of an epoch",
  object({
    epoch: epochNumber,
    holder: text,
    /** Unique; tells the process that made it. */
    token: text,
    createdAt: informal(text),
  }),
);

export type EpochRecord = Static<typeof EpochRecordSchema>;
