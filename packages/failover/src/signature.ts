import { createHmac } from "node:crypto";

/** What the agents accept from us, each a text under one key (docs/contracts.md). */

export interface Grant {
  readonly epoch: number;
  readonly deadHolder: string;
  readonly successor: string;
}

/** An operator's word to the holder of an epoch. */
export type Order = { readonly epoch: number; readonly holder: string } & (
  | { readonly order: "step-down" }
  | {
      readonly order: "restore";
      readonly backup: string;
      /** As Date.toISOString() writes it; `null`: all there is. */
      readonly targetTime: string | null;
    }
);

/** Over the version, epoch, dead holder and successor, a line each; hex. */
export function grantMac({ epoch, deadHolder, successor }: Grant, key: string): string {
  return mac(["cloudy-grant-v1", epoch, deadHolder, successor], key);
}

/** Over the version, order, epoch and holder, then what is particular to the order, a line each; hex. */
export function orderMac(order: Order, key: string): string {
  const what = order.order === "restore" ? [order.backup, order.targetTime ?? "latest"] : [];
  return mac(["cloudy-order-v1", order.order, order.epoch, order.holder, ...what], key);
}

/** HMAC-SHA256 under the shared key, given in hex. */
function mac(lines: readonly (string | number)[], key: string): string {
  return createHmac("sha256", Buffer.from(key, "hex")).update(lines.join("\n")).digest("hex");
}
