import { document } from "./document.ts";
import { fields, informal, number, object, oneOf, optional, type Static, text, variants, whole } from "./schema.ts";

/** An operator's event of the failover function: the writer is to step down for the standby. */
export const SwitchoverEventSchema = document("event of a switchover", object({ switchover: fields }));

export const SWITCHOVER_EVENT: Static<typeof SwitchoverEventSchema> = { switchover: {} };

const SWITCHOVER_REFUSALS = [
  "round-failed",
  "probe-silent",
  "no-primary",
  "agent-unreached",
  /** It may come up yet: worth asking again. */
  "no-standby",
  "standby-impaired",
  "order-refused",
] as const;

export type SwitchoverRefusal = (typeof SWITCHOVER_REFUSALS)[number];

/** What the function answers, within a minute or so. */
export const SwitchoverResultSchema = document(
  "result of a switchover",
  variants(
    "outcome",
    object({
      outcome: oneOf("refused"),
      /** Why. An earlier function gives none, and one that only a later function knows is left out. */
      code: informal(oneOf(...SWITCHOVER_REFUSALS)),
      sentence: text,
    }),
    object({
      /** `returned`: the instance that stepped down serves again. `unfinished`: time was up; the scheduled rounds go on. */
      outcome: oneOf("done", "returned", "unfinished"),
      from: optional(text),
      to: optional(text),
      epoch: optional(whole),
      /** From the accepted order until the next epoch's holder was seen serving and every route led to it. */
      duration_ms: optional(number),
      sentence: text,
    }),
  ),
);

export type SwitchoverResult = Static<typeof SwitchoverResultSchema>;
