import { parseJsonObject } from "./json-object.ts";
import type { Order } from "./signed-messages.ts";

/** Names of base backups: the start in UTC and the epoch that took it. They become parts of paths. */
const BACKUP_NAME = /^\d{8}T\d{6}Z-e\d+$/;

/** The order in a request's body with its MAC, or `undefined` if it is none. */
export function parseOrder(body: string): { readonly order: Order; readonly mac: string } | undefined {
  const { order, epoch, holder, backup, targetTime, mac } = parseJsonObject(body) ?? {};
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
