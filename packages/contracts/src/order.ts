import { document, tryParseJson } from "./document.ts";
import { epochNumber } from "./kinds.ts";
import { RestorePointSchema } from "./restore-point.ts";
import { object, oneOf, type Static, text, variants } from "./schema.ts";

const addressed = { epoch: epochNumber, holder: text, mac: text };

/** The body of `POST /order`: an operator's word to the holder of `epoch`, so that a late or repeated one does nothing. */
export const SignedOrderSchema = document(
  "order",
  variants(
    "order",
    object({ ...addressed, order: oneOf("step-down") }),
    object({ ...addressed, order: oneOf("restore"), ...RestorePointSchema.fields }),
  ),
);

export type SignedOrder = Static<typeof SignedOrderSchema>;
export type Order = WithoutMac<SignedOrder>;

/** It is taken from each kind of order by itself, so that the kinds stay apart. */
type WithoutMac<Of> = Of extends unknown ? Omit<Of, "mac"> : never;

/** The order in a request's body and its MAC, or `undefined` if it is none. */
export function parseOrder(body: string): { readonly order: Order; readonly mac: string } | undefined {
  const signed = tryParseJson(SignedOrderSchema, body);
  if (signed === undefined) return undefined;
  const { mac, ...order } = signed;
  return { order, mac };
}
