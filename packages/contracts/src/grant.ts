import { document, tryParseJson } from "./document.ts";
import { epochNumber } from "./kinds.ts";
import { object, type Static, text } from "./schema.ts";

const grant = {
  epoch: epochNumber,
  deadHolder: text,
  successor: text,
};

/** The body of `POST /grant`: the failover function's word that the holder of `epoch` is terminated. */
export const SignedGrantSchema = document("grant", object({ ...grant, mac: text }));

export type SignedGrant = Static<typeof SignedGrantSchema>;
export type Grant = Omit<SignedGrant, "mac">;

/** The grant in a request's body with its MAC, or `undefined` if it is none. */
export function parseGrant(body: string): SignedGrant | undefined {
  return tryParseJson(SignedGrantSchema, body);
}
