import { isSigned, mac } from "./signature.ts";
import type { Order } from "./state.ts";

/** What an operator signs: the version, then order, epoch and holder, then what is particular to the order; a line each. */
function orderText(order: Order): string {
  const what = order.order === "restore" ? [order.backup, order.targetTime ?? "latest"] : [];
  return ["cloudy-order-v1", order.order, order.epoch, order.holder, ...what].join("\n");
}

/** HMAC-SHA256 of the order under the shared key (hex), hex. */
export function orderMac(order: Order, key: string): string {
  return mac(orderText(order), key);
}

/** Whether the order was signed with `key` (hex). */
export function isAuthenticOrder(order: Order, given: string, key: string): boolean {
  return isSigned(orderText(order), given, key);
}

/** Names of base backups: the start in UTC and the epoch that took it. They become parts of paths. */
const BACKUP_NAME = /^\d{8}T\d{6}Z-e\d+$/;

/** The order in a request's body with its MAC, or `undefined` if it is none. */
export function parseOrder(body: string): { readonly order: Order; readonly mac: string } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { order, epoch, holder, backup, targetTime, mac } = value as Readonly<Record<string, unknown>>;
  if (typeof epoch !== "number" || !Number.isSafeInteger(epoch) || epoch < 1) return undefined;
  if (typeof holder !== "string" || typeof mac !== "string") return undefined;
  if (order === "step-down") return { order: { order, epoch, holder }, mac };
  if (order !== "restore" || typeof backup !== "string" || !BACKUP_NAME.test(backup)) return undefined;
  if (targetTime !== null && !isInstant(targetTime)) return undefined;
  return { order: { order, epoch, holder, backup, targetTime }, mac };
}

/** Exactly as `Date.toISOString()` writes it: it becomes a setting of PostgreSQL. */
function isInstant(value: unknown): value is string {
  if (typeof value !== "string") return false;
  const date = new Date(value);
  return !Number.isNaN(date.getTime()) && date.toISOString() === value;
}
