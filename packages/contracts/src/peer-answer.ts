import { document } from "./document.ts";
import { informal, object, oneOf, text, variants } from "./schema.ts";

/** `GET /peer?host=IP`: whether this machine reaches the agent there. */
export const PeerAnswerSchema = document(
  "answer about a peer",
  variants(
    "reached",
    /** The status is as the other agent wrote it, of whatever release that is: who asks needs to know who answered. */
    object({ reached: oneOf(true), status: object({ instanceId: text }) }),
    object({ reached: oneOf(false), because: informal(text) }),
  ),
);
