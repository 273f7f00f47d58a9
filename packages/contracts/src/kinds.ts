import { kind, type Schema } from "./schema.ts";

/** An epoch, which counts from 1. */
export const epochNumber = kind(
  "be an epoch's number, 1 or more",
  (given): given is number => Number.isSafeInteger(given) && Number(given) >= 1,
);

/** Exactly as `Date.toISOString()` writes it: it is signed as text, and becomes a setting of PostgreSQL. */
export const instant: Schema<string> = {
  ...kind("be a time like 2026-01-02T03:04:05.678Z", (given): given is string => {
    return isTime(given) && new Date(given).toISOString() === given;
  }),
  isNamed: true,
};

/** A time in any form that Date reads. */
export const time = kind("be a time like 2026-01-02T03:04:05.678Z", isTime);

function isTime(given: unknown): given is string {
  return typeof given === "string" && !Number.isNaN(Date.parse(given));
}
