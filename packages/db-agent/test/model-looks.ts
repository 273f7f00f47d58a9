import { EPOCHS_MAX, type Look } from "./model-instance.ts";

/** A look at a directory without epochs. */
export const PLAIN: Look = {
  epoch: 0,
  isMine: false,
  isReleased: false,
  isGranted: false,
  order: "none",
};

const ORDERS = ["none", "step-down", "restore"] as const;
export const LOOKS_MAX = (EPOCHS_MAX + 1) * ORDERS.length * 8;

/** A number below LOOKS_MAX, another one for every look. */
export function codeOf({ epoch, order, isMine, isReleased, isGranted }: Look): number {
  const flags = (isMine ? 1 : 0) | (isReleased ? 2 : 0) | (isGranted ? 4 : 0);
  return (epoch * ORDERS.length + ORDERS.indexOf(order)) * 8 + flags;
}

export function sentenceOf(seen: Look): string {
  if (seen.order !== "none") return `the agent is ordered to ${seen.order}`;
  const what = seen.isReleased ? "released" : seen.isGranted ? "granted" : "held";
  const whose = seen.isMine ? "by itself" : "by another";
  return `the agent sees ${seen.epoch === 0 ? "no epoch" : `epoch ${seen.epoch} ${what} ${whose}`}`;
}
