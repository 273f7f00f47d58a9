import { REST_MS, REST_MS_MAX } from "../constants.ts";

/** How long an instance rests that has given up so many epochs in a row because postgres kept failing. */
export function restTime_ms(futile: number): number {
  return Math.min(REST_MS_MAX, REST_MS * 2 ** Math.max(0, futile - 1));
}
