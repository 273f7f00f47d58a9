import { createHmac, timingSafeEqual } from "node:crypto";
import type { Grant, SignedGrant } from "./grant.ts";
import type { Order } from "./order.ts";

/**
 * What the failover function signs and the database's agents check: each message a text, and its MAC HMAC-SHA256 under the
 * shared key, both key and MAC in hex (docs/contracts.md).
 */

export function grantMac(grant: Grant, key: string): string {
  return mac(linesOfGrant(grant), key);
}

export function orderMac(order: Order, key: string): string {
  return mac(linesOfOrder(order), key);
}

/** Whether the grant was signed with `key`; with an empty key nothing is. */
export function isAuthentic(grant: SignedGrant, key: string): boolean {
  return isSigned(linesOfGrant(grant), grant.mac, key);
}

/** Whether the order was signed with `key`; with an empty key nothing is. */
export function isAuthenticOrder(order: Order, given: string, key: string): boolean {
  return isSigned(linesOfOrder(order), given, key);
}

type Lines = readonly (string | number)[];

function linesOfGrant({ epoch, deadHolder, successor }: Grant): Lines {
  return ["cloudy-grant-v1", epoch, deadHolder, successor];
}

function linesOfOrder(order: Order): Lines {
  const what = order.order === "restore" ? [order.backup, order.targetTime ?? "latest"] : [];
  return ["cloudy-order-v1", order.order, order.epoch, order.holder, ...what];
}

function mac(lines: Lines, key: string): string {
  return createHmac("sha256", Buffer.from(key, "hex")).update(lines.join("\n")).digest("hex");
}

function isSigned(lines: Lines, given: string, key: string): boolean {
  const expected = Buffer.from(mac(lines, key), "hex");
  const bytes = Buffer.from(given, "hex");
  return key !== "" && bytes.length === expected.length && timingSafeEqual(bytes, expected);
}
