import { type AgentStatus, AgentStatusSchema } from "./agent-status.ts";
import { document } from "./document.ts";
import { flag, informal, lenient, list, object, oneOf, optional, type Static, text, whole } from "./schema.ts";

/** An agent's answer to a grant or an order by its HTTP status; code 0: it was not reached, or did not answer. */
const delivery = object({ code: whole, because: text });

export type Delivery = Static<typeof delivery>;

/** `starting`: it answers, but does not take sessions yet (recovery, shutdown). */
const postgresAnswer = oneOf("accepting", "starting", "unreachable");

export type PostgresAnswer = Static<typeof postgresAnswer>;

/** What the probe function found out about one candidate. Whatever is not clearly an answer counts as not reached. */
const result = object({
  instanceId: text,
  /** `undefined`: the agent was not reached. */
  agent: lenient<AgentStatus | undefined>(AgentStatusSchema, undefined),
  postgres: lenient(postgresAnswer, "unreachable"),
  /** Why the agent or PostgreSQL did not answer. */
  because: informal(text),
});

export type ProbeResult = Static<typeof result>;

/** A standby's word on an instance that the probe did not reach. Only a clear no is one. */
const opinion = object({ by: text, about: text, reached: lenient(flag, true) });

export type SecondOpinion = Static<typeof opinion>;

export const ProbeAnswerSchema = document(
  "answer of the probe function",
  object({ results: list(result), opinions: list(opinion), grant: optional(delivery), order: optional(delivery) }),
);

export type ProbeAnswer = Static<typeof ProbeAnswerSchema>;
export type ProbeReport = Pick<ProbeAnswer, "results" | "opinions">;
