import { parseJsonObject } from "./json-object.ts";
import type { Grant } from "./signed-messages.ts";

/** The grant in a request's body with its MAC, or `undefined` if it is none. */
export function parseGrant(body: string): (Grant & { readonly mac: string }) | undefined {
  const { epoch, deadHolder, successor, mac } = parseJsonObject(body) ?? {};
  if (typeof epoch !== "number" || !Number.isSafeInteger(epoch) || epoch < 1) return undefined;
  if (typeof deadHolder !== "string" || typeof successor !== "string" || typeof mac !== "string") return undefined;
  return { epoch, deadHolder, successor, mac };
}
