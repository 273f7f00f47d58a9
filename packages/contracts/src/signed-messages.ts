import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * What the failover function signs and the database's agents check: each message a text, and its MAC HMAC-SHA256 under the
 * shared key, both key and MAC in hex (docs/contracts.md).
 */

/** The failover function's word that the holder of `epoch` is terminated. */
export interface Grant {
  readonly epoch: number;
  readonly deadHolder: string;
  readonly successor: string;
}

/** A base backup by name and the time up to which WAL is replayed on it; `null`: as far as there is any. */
export interface RestorePoint {
  readonly backup: string;
  /** As Date.toISOString() writes it. */
  readonly targetTime: string | null;
}

/** An operator's word to the holder of `epoch`. */
export type Order = { readonly epoch: number; readonly holder: string } & (
  | { readonly order: "step-down" }
  | ({ readonly order: "restore" } & RestorePoint)
);

export function grantMac(grant: Grant, key: string): string {
  return mac(linesOfGrant(grant), key);
}

export function orderMac(order: Order, key: string): string {
  return mac(linesOfOrder(order), key);
}

/** Whether the grant was signed with `key`; with an empty key nothing is. */
export function isAuthentic(grant: Grant & { readonly mac: string }, key: string): boolean {
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
