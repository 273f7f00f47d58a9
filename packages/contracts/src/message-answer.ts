import { document } from "./document.ts";
import { flag, informal, lenient, object, type Static, text } from "./schema.ts";

/** An agent's answer to `POST /grant` and `POST /order`. What counts is its HTTP status (docs/contracts.md); this is for people. */
export const MessageAnswerSchema = document(
  "answer to a message",
  object({ accepted: informal(flag), because: lenient(text, "it does not say why") }),
);

export type MessageAnswer = Static<typeof MessageAnswerSchema>;
