import fastifyRateLimit, { type FastifyRateLimitStore, type FastifyRateLimitStoreCtor } from "@fastify/rate-limit";
import fp from "fastify-plugin";
import { RATE_LIMIT_WINDOW_MS } from "../../constants.ts";
import { Problem } from "../../problem.ts";
import type { PrimaryLink } from "../../processes/primary-link.ts";

interface RateLimitOptions {
  readonly requests: number;
  /** Counts for all processes of the instance, where there are others. */
  readonly primary: PrimaryLink | undefined;
}

/** So many requests a minute for each client address, counted by this instance alone. */
export const rateLimit = fp<RateLimitOptions>(
  async (app, { requests, primary }) => {
    await app.register(fastifyRateLimit, {
      max: requests,
      timeWindow: RATE_LIMIT_WINDOW_MS,
      ...(primary === undefined ? {} : { store: countedBy(primary) }),
      allowList: (request) => request.routeOptions.config.isOpen === true,
      // Retry-After is set by the plugin.
      errorResponseBuilder: (_request, { max, after }) =>
        new Problem(429, `This client may ask ${max} times a minute here; go on in ${after}.`),
    });
  },
  { name: "cloudy-rate-limit", fastify: "5.x", dependencies: ["cloudy-problems"] },
);

function countedBy(primary: PrimaryLink): FastifyRateLimitStoreCtor {
  return class PrimaryStore implements FastifyRateLimitStore {
    incr(client: string, callback: Parameters<FastifyRateLimitStore["incr"]>[1]): void {
      void primary.count(client).then((count) => callback(null, count));
    }

    /** No route has a limit of its own. */
    child(): FastifyRateLimitStore {
      return this;
    }
  };
}
