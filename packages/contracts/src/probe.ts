import { type AgentStatus, AgentStatusSchema } from "./agent-status.ts";
import { document } from "./document.ts";
import type { SignedGrant } from "./grant.ts";
import type { SignedOrder } from "./order.ts";
import { flag, informal, lenient, list, object, oneOf, open, optional, type Static, text, whole } from "./schema.ts";

const candidate = object({ instanceId: text, privateIp: text });

/** Something signed for the agent at `targetIp`, whatever it says: the probe function delivers it as it is. */
const letter = open(object({ targetIp: text }));

/** The event of the probe function, sent by the failover function. */
export const ProbeEventSchema = document(
  "event of the probe function",
  object({ candidates: list(candidate), grant: optional(letter), order: optional(letter) }),
);

/** As the failover function writes it. */
export interface ProbeEvent extends Pick<Static<typeof ProbeEventSchema>, "candidates"> {
  /** Also deliver this to the agent at `targetIp`. */
  readonly grant?: SignedGrant & { readonly targetIp: string };
  readonly order?: SignedOrder & { readonly targetIp: string };
}

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
