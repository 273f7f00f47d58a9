import { isSigned, mac } from "./signature.ts";
import type { Grant } from "./state.ts";

/** What the failover function signs: the version, then epoch, dead holder and successor, a line each. */
function grantText(grant: Grant): string {
  return `cloudy-grant-v1\n${grant.epoch}\n${grant.deadHolder}\n${grant.successor}`;
}

/** HMAC-SHA256 of the grant under the shared key (hex), hex. */
export function grantMac(grant: Grant, key: string): string {
  return mac(grantText(grant), key);
}

/** The grant in a request's body with its MAC, or `undefined` if it is none. */
export function parseGrant(body: string): (Grant & { readonly mac: string }) | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { epoch, deadHolder, successor, mac } = value as Readonly<Record<string, unknown>>;
  if (typeof epoch !== "number" || !Number.isSafeInteger(epoch) || epoch < 1) return undefined;
  if (typeof deadHolder !== "string" || typeof successor !== "string" || typeof mac !== "string") return undefined;
  return { epoch, deadHolder, successor, mac };
}

/** Whether the grant was signed with `key` (hex). */
export function isAuthentic(grant: Grant & { readonly mac: string }, key: string): boolean {
  return isSigned(grantText(grant), grant.mac, key);
}
