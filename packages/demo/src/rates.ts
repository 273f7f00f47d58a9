import { HOSTNAME_INTERVAL_MS, WRITE_INTERVAL_MS } from "@cloudy/loadtest/constants.ts";
import { HEAVY_LOAD_PATH, LIMIT_SHARE, LOAD_PATH, REQUESTS_PER_SECOND_LEAST } from "./constants.ts";

/** How often the demo asks, so that it stays below what the API allows one client. */
export interface Rates {
  readonly loadPath: string;
  /** How much longer the pauses between the light requests are. */
  readonly slowness: number;
  readonly loadPerSecondMax: number | undefined;
}

const LIGHT_PER_SECOND = 1000 / WRITE_INTERVAL_MS + 1000 / HOSTNAME_INTERVAL_MS;

export const UNLIMITED: Rates = { loadPath: LOAD_PATH, slowness: 1, loadPerSecondMax: undefined };

/** Half for the load, half for the light requests, unless these need less. Each instance counts for itself. Pure. */
export function ratesOf(
  requestsPerMinute: number | undefined,
  instances: number,
): Rates | { readonly refusal: string } {
  if (requestsPerMinute === undefined) return UNLIMITED;
  const perSecond = (LIMIT_SHARE * requestsPerMinute * instances) / 60;
  if (perSecond < REQUESTS_PER_SECOND_LEAST) {
    const least = Math.ceil((60 * REQUESTS_PER_SECOND_LEAST) / (LIMIT_SHARE * instances));
    return {
      refusal: `The API lets one client ask ${requestsPerMinute} times a minute on each of ${instances} instances (cloudy:requestsPerMinute): too little to tell a failover from a pause, or to cause load. The demo needs at least ${least}.`,
    };
  }
  const slowness = Math.max(1, LIGHT_PER_SECOND / (perSecond / 2));
  return { loadPath: HEAVY_LOAD_PATH, slowness, loadPerSecondMax: perSecond - LIGHT_PER_SECOND / slowness };
}
