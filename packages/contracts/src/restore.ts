import { document } from "./document.ts";
import { RestorePointSchema } from "./restore-point.ts";
import { object, oneOf, type Static, text, variants, whole } from "./schema.ts";

/** An operator's event of the failover function: the holder of the epoch is to restore. */
export const RestoreEventSchema = document("event of a restore", object({ restore: RestorePointSchema }));

export type RestoreEvent = Static<typeof RestoreEventSchema>;

/** What the function answers as soon as the holder took the order, or did not; how it goes is told by a look (look.ts). */
export const RestoreResultSchema = document(
  "result of a restore",
  variants(
    "outcome",
    object({ outcome: oneOf("refused"), sentence: text }),
    object({ outcome: oneOf("accepted"), holder: text, epoch: whole, sentence: text }),
  ),
);

export type RestoreResult = Static<typeof RestoreResultSchema>;
