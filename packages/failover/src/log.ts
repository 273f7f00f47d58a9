import type { FailoverLogCode } from "@cloudy/contracts/failover-log.ts";

export type Log = (
  level: "info" | "warn" | "error",
  message: string,
  fields: { readonly code: FailoverLogCode } & Readonly<Record<string, unknown>>,
) => void;

/** One JSON line an event: `message` carries the sentence for people, `code` and the other fields what programs read. */
export const log: Log = (level, message, fields) => {
  console.log(JSON.stringify({ level, message, ...fields }));
};
