import { postSigned, readOpinion, readStatus } from "./agent-client.ts";
import { FailoverError, messageOf } from "./errors.ts";
import type { AgentStatus, ProbeResult, SecondOpinion } from "./observation.ts";
import { probePostgres } from "./postgres-probe.ts";
import type { Delivery, ProbeAnswer, ProbeEvent } from "./probe-contract.ts";
import { type ProbeSettings, readProbeSettings } from "./settings.ts";

/**
 * Runs inside the VPC, holds no permissions: asks every candidate's agent and PostgreSQL, has each ready standby ask for
 * itself who was not reached, and delivers a grant or an order when there is one. Takes at most about three times PROBE_TIMEOUT_SECONDS.
 */
export async function handler(event: ProbeEvent): Promise<ProbeAnswer> {
  const settings = readProbeSettings(process.env);
  const [results, grant, order] = await Promise.all([
    Promise.all(event.candidates.map((candidate) => probeCandidate(settings, candidate))),
    event.grant === undefined ? undefined : deliver(settings, "/grant", event.grant),
    event.order === undefined ? undefined : deliver(settings, "/order", event.order),
  ]);
  const opinions = await askOpinions(settings, event.candidates, results);
  return {
    results,
    opinions,
    ...(grant === undefined ? {} : { grant }),
    ...(order === undefined ? {} : { order }),
  };
}

type Candidate = ProbeEvent["candidates"][number];

async function probeCandidate(settings: ProbeSettings, { instanceId, privateIp }: Candidate): Promise<ProbeResult> {
  const [agent, postgres] = await Promise.all([
    readOwnStatus(settings, { instanceId, privateIp }).catch((error: unknown) => messageOf(error)),
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
async function readOwnStatus(settings: ProbeSettings, { instanceId, privateIp }: Candidate): Promise<AgentStatus> {
  const status = await readStatus(privateIp, settings.statusPort, settings.timeout_ms);
  if (status.instanceId === instanceId) return status;
  throw new FailoverError(`${privateIp} is answered by ${status.instanceId}`);
}

/** Every standby that was reached is asked about every candidate whose agent was not. */
async function askOpinions(
  settings: ProbeSettings,
  candidates: readonly Candidate[],
  results: readonly ProbeResult[],
): Promise<readonly SecondOpinion[]> {
  const reached = (candidate: Candidate) =>
    results.find((result) => result.instanceId === candidate.instanceId)?.agent !== undefined;
  const witnesses = candidates.filter(reached);
  const missing = candidates.filter((candidate) => !reached(candidate));
  const asked = witnesses.flatMap((by) =>
    missing.map(async (about): Promise<readonly SecondOpinion[]> => {
      const answer = await readOpinion(by.privateIp, settings.statusPort, about, settings.timeout_ms);
      return answer === undefined ? [] : [{ by: by.instanceId, about: about.instanceId, reached: answer }];
    }),
  );
  return (await Promise.all(asked)).flat();
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
