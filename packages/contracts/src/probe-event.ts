import { document } from "./document.ts";
import type { SignedGrant } from "./grant.ts";
import type { SignedOrder } from "./order.ts";
import { list, object, open, optional, type Static, text } from "./schema.ts";

/** Something signed for the agent at `targetIp`, whatever it says: the probe function delivers it as it is. */
const letter = open(object({ targetIp: text }));

/** The event of the probe function, sent by the failover function. */
export const ProbeEventSchema = document(
  "event of the probe function",
  object({
    candidates: list(object({ instanceId: text, privateIp: text })),
    grant: optional(letter),
    order: optional(letter),
  }),
);

/** As the failover function writes it. */
export interface ProbeEvent extends Pick<Static<typeof ProbeEventSchema>, "candidates"> {
  /** Also deliver this to the agent at `targetIp`. */
  readonly grant?: SignedGrant & { readonly targetIp: string };
  readonly order?: SignedOrder & { readonly targetIp: string };
}
