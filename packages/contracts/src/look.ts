import { document } from "./document.ts";
import { fields, nullable, number, object, oneOf, type Static, text, whole } from "./schema.ts";

/** An operator's event of the failover function: what would a round see and do? */
export const LookEventSchema = document("event of a look", object({ look: fields }));

export const LOOK_EVENT: Static<typeof LookEventSchema> = { look: {} };

/** What the function answers; nothing is changed. */
export const LookResultSchema = document(
  "look",
  object({
    outcome: oneOf("seen"),
    sentence: text,
    /** Primaries that accept sessions. */
    online: number,
    /** `null`: no agent was reached. */
    epoch: nullable(whole),
    holder: nullable(text),
    /** The backup that the holder is restoring. */
    restore: nullable(text),
    /** Why the holder's last restore failed. */
    restoreFailure: nullable(text),
  }),
);

export type LookResult = Static<typeof LookResultSchema>;
