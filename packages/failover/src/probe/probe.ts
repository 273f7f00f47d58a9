import { setTimeout as sleep } from "node:timers/promises";
import type { AgentStatus } from "@cloudy/contracts/agent-status.ts";
import { parse } from "@cloudy/contracts/document.ts";
import type { Delivery, ProbeAnswer, ProbeResult, SecondOpinion } from "@cloudy/contracts/probe-answer.ts";
import { type ProbeEvent, ProbeEventSchema } from "@cloudy/contracts/probe-event.ts";
import { OPINION_DELAY_MS } from "../constants.ts";
import { FailoverError, messageOf } from "../errors.ts";
import { type ProbeSettings, readProbeSettings } from "../settings.ts";
import { postSigned, readOpinion, readStatus } from "./agent-client.ts";
import { probePostgres } from "./postgres-probe.ts";

/**
 * Runs inside the VPC, holds no permissions: asks every candidate's agent and PostgreSQL, has each agent that answers ask for
 * itself who does not, and delivers a grant or an order when there is one. Takes at most about PROBE_TIMEOUT_SECONDS and
 * OPINION_DELAY_MS more.
 */
export async function handler(event: ProbeEvent): Promise<ProbeAnswer> {
  const settings = readProbeSettings(process.env);
  const { candidates, grant: grantLetter, order: orderLetter } = parse(ProbeEventSchema, event, "the event");
  const agents = candidates.map((candidate) => askAgent(settings, candidate));
  const [results, opinions, grant, order] = await Promise.all([
    Promise.all(agents.map((agent) => probeCandidate(settings, agent))),
    askOpinions(settings, agents),
    grantLetter === undefined ? undefined : deliver(settings, "/grant", grantLetter),
    orderLetter === undefined ? undefined : deliver(settings, "/order", orderLetter),
  ]);
  const isMissed = (id: string) => results.some(({ instanceId, agent }) => instanceId === id && agent === undefined);
  return {
    results,
    // Who answers late was asked about, but needs no second opinion.
    opinions: opinions.filter(({ about }) => isMissed(about)),
    ...(grant === undefined ? {} : { grant }),
    ...(order === undefined ? {} : { order }),
  };
}

/** A candidate and its agent's answer: a string is the reason why there is none. */
interface Asked {
  readonly candidate: ProbeEvent["candidates"][number];
  readonly status: Promise<AgentStatus | string>;
}

function askAgent(settings: ProbeSettings, candidate: Asked["candidate"]): Asked {
  return { candidate, status: readOwnStatus(settings, candidate).catch((error: unknown) => messageOf(error)) };
}

async function probeCandidate(settings: ProbeSettings, { candidate, status }: Asked): Promise<ProbeResult> {
  const { instanceId, privateIp } = candidate;
  const [agent, postgres] = await Promise.all([
    status,
    probePostgres(privateIp, settings.postgresPort, settings.timeout_ms),
  ]);
  const reasons = [
    ...(typeof agent === "string" ? [`agent: ${agent}`] : []),
    ...(postgres.because === undefined ? [] : [`postgres: ${postgres.because}`]),
  ];
  const result = { instanceId, agent: typeof agent === "string" ? undefined : agent, postgres: postgres.answer };
  return reasons.length === 0 ? result : { ...result, because: reasons.join("; ") };
}

/** An address may have passed on to another instance since EC2 was asked. */
async function readOwnStatus(
  settings: ProbeSettings,
  { instanceId, privateIp }: Asked["candidate"],
): Promise<AgentStatus> {
  const status = await readStatus(privateIp, settings.statusPort, settings.timeout_ms);
  if (status.instanceId === instanceId) return status;
  throw new FailoverError(`${privateIp} is answered by ${status.instanceId}`);
}

/** Every agent that answers is asked about every one that has not after OPINION_DELAY_MS. */
async function askOpinions(settings: ProbeSettings, agents: readonly Asked[]): Promise<readonly SecondOpinion[]> {
  const pairs = agents.flatMap((about) => agents.filter((by) => by !== about).map((by) => ({ by, about })));
  return (await Promise.all(pairs.map(({ by, about }) => askOpinion(settings, by, about)))).flat();
}

async function askOpinion(settings: ProbeSettings, by: Asked, about: Asked): Promise<readonly SecondOpinion[]> {
  const early = await Promise.race([about.status, sleep(OPINION_DELAY_MS, "no answer yet")]);
  if (typeof early !== "string" || typeof (await by.status) === "string") return [];
  const { privateIp, instanceId } = by.candidate;
  const reached = await readOpinion(privateIp, settings.statusPort, about.candidate, settings.timeout_ms);
  return reached === undefined ? [] : [{ by: instanceId, about: about.candidate.instanceId, reached }];
}

async function deliver(
  settings: ProbeSettings,
  path: "/grant" | "/order",
  { targetIp, ...message }: { readonly targetIp: string },
): Promise<Delivery> {
  try {
    return await postSigned(targetIp, settings.statusPort, path, message, settings.timeout_ms);
  } catch (error) {
    return { code: 0, because: messageOf(error) };
  }
}
