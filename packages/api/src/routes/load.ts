import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { PoolClosed, QueueFull } from "../load/worker-pool.ts";
import { Unavailable } from "../problem.ts";
import { LoadQuerySchema, LoadResultSchema } from "../schemas/load.ts";
import { problemResponses } from "../schemas/problem.ts";

/** `GET /load?number=`: whether a number is prime, at the price of some CPU time. */
export const loadRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const schema = {
    operationId: "load",
    tags: ["load"],
    summary: "Says whether a number is prime, by trial division.",
    description: "A calculation that costs time: one a core at once, others wait, and too many are refused with 503.",
    querystring: LoadQuerySchema,
    response: { 200: LoadResultSchema, ...problemResponses(503) },
  };
  app.get("/load", { schema }, async (request, reply) => {
    const { number } = request.query;
    // A client that has gone needs no answer; its calculation would only hold up the others. One that only ends its side
    // looks the same.
    const left = new AbortController();
    const leave = () => left.abort();
    reply.raw.once("close", leave);
    request.raw.socket.once("end", leave);
    try {
      const { isPrime, processingTime } = await app.primePool.run(number, left.signal);
      return { isPrime, number, processingTime };
    } catch (error) {
      throw isExpected(error) || left.signal.aborted ? unavailable(error) : error;
    } finally {
      request.raw.socket.off("end", leave);
    }
  });
};

function isExpected(error: unknown): boolean {
  return error instanceof QueueFull || error instanceof PoolClosed;
}

function unavailable(cause: unknown): Unavailable {
  const reason = cause instanceof PoolClosed ? "This instance is shutting down" : "Too many calculations are waiting";
  return new Unavailable(`${reason}; try again shortly.`, cause);
}
