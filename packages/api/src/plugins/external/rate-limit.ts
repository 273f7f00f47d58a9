import fastifyRateLimit from "@fastify/rate-limit";
import fp from "fastify-plugin";
import { RATE_LIMIT_WINDOW_MS } from "../../constants.ts";
import { Problem } from "../../problem.ts";

/** So many requests a minute for each client address, counted by this instance alone. */
export const rateLimit = fp<{ requests: number }>(
  async (app, { requests }) => {
    await app.register(fastifyRateLimit, {
      max: requests,
      timeWindow: RATE_LIMIT_WINDOW_MS,
      allowList: (request) => request.routeOptions.config.isOpen === true,
      // Retry-After is set by the plugin.
      errorResponseBuilder: (_request, { max, after }) =>
        new Problem(429, `This client may ask ${max} times a minute here; go on in ${after}.`),
    });
  },
  { name: "cloudy-rate-limit", fastify: "5.x", dependencies: ["cloudy-problems"] },
);
