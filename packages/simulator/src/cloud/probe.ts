import { type CoreStatus, PEER_TIMEOUT_MS } from "@cloudy/db-agent";
import {
  type Delivery,
  OPINION_DELAY_MS,
  type PostgresAnswer,
  type ProbeEvent,
  type SecondOpinion,
} from "@cloudy/failover";
import { HOP_MS, PROBE_TIMEOUT_MS } from "../constants.ts";
import type { Agent } from "../machine/agent.ts";
import type { World } from "../world.ts";
import type { Instance } from "./ec2.ts";

/** What goes over the wire; the failover function makes its own of it. */
interface Answer {
  readonly results: readonly Result[];
  readonly opinions: readonly SecondOpinion[];
  readonly grant?: Delivery;
  readonly order?: Delivery;
}

interface Result {
  readonly instanceId: string;
  readonly agent: CoreStatus | undefined;
  readonly postgres: PostgresAnswer;
}

type Signed = NonNullable<ProbeEvent["grant"] | ProbeEvent["order"]>;

type Reach = "answers" | "refuses" | "silent";

/** The probe function: asks each agent and PostgreSQL, has others ask for themselves, delivers grants. */
export function probe(world: World, event: ProbeEvent, settle: (answer: Answer) => void): void {
  world.stage.timeline.after(HOP_MS, () => {
    const found = event.candidates.map((candidate) => look(world, candidate.instanceId));
    const delivered = {
      ...(event.grant === undefined ? {} : { grant: deliver(world, "grant", event.grant) }),
      ...(event.order === undefined ? {} : { order: deliver(world, "order", event.order) }),
    };
    const results = found.map(({ result }) => result);
    const missed = found.filter(({ result }) => result.agent === undefined);
    const isSlow = found.some(({ slow }) => slow) || Object.values(delivered).some(({ code }) => code === 0);
    // The others are asked while the time of who is silent still runs, and are as long in getting no answer.
    const isSilent = missed.some(({ slow }) => slow);
    const opinions_ms = missed.length === 0 ? 0 : isSilent ? OPINION_DELAY_MS + PEER_TIMEOUT_MS : HOP_MS;
    let opinions: readonly SecondOpinion[] = [];
    world.stage.timeline.after(opinions_ms, () => {
      opinions = results
        .filter(({ agent }) => agent !== undefined)
        .flatMap((by) => missed.flatMap(({ result }) => opinion(world, by.instanceId, result.instanceId)));
    });
    world.stage.timeline.after(Math.max(isSlow ? PROBE_TIMEOUT_MS : HOP_MS, opinions_ms), () => {
      for (const result of results) if (isMissed(result)) world.invariants.missed(result.instanceId);
      settle({ results, opinions, ...delivered });
    });
  });
}

function look(world: World, instanceId: string): { readonly result: Result; readonly slow: boolean } {
  const instance = world.ec2.instances.get(instanceId);
  const agentReach = instance === undefined ? "silent" : reachAgent(world, "probe", instance);
  const postgres = instance === undefined ? "unreachable" : reachPostgres(world, "probe", instance);
  const agent = agentReach === "answers" ? instance?.machine.agent?.status() : undefined;
  const isSilent = agentReach === "silent" || (postgres === "unreachable" && isSilentPostgres(world, instance));
  return { result: { instanceId, agent, postgres }, slow: isSilent };
}

function opinion(world: World, by: string, about: string): readonly SecondOpinion[] {
  const [witness, other] = [world.ec2.instances.get(by), world.ec2.instances.get(about)];
  if (witness === undefined || other === undefined) return [];
  if (reachAgent(world, "probe", witness) !== "answers") return [];
  return [{ by, about, reached: reachAgent(world, by, other) === "answers" }];
}

/** Neither agent nor PostgreSQL answers, or the agent says that it does not reach its files. */
function isMissed({ agent, postgres }: Result): boolean {
  return agent === undefined ? postgres === "unreachable" : agent.fileSystem === "unreachable";
}

/** To whoever has the address now: a grant or an order, the same way. */
function deliver(world: World, path: "grant" | "order", { targetIp, ...signed }: Signed): Delivery {
  const target = [...world.ec2.instances.values()].find(({ ip }) => ip === targetIp);
  const agent = target?.machine.agent;
  if (target === undefined || agent === undefined) return { code: 0, because: "not reached" };
  const body = JSON.stringify(signed);
  const take = (taker: Agent) => (path === "grant" ? taker.messages.takeGrant(body) : taker.messages.takeOrder(body));
  if (world.trouble.grantsRepeated_ms > 0) {
    // It lingers in a queue on the way and comes once more, when everybody has moved on.
    world.stage.timeline.after(world.trouble.grantsRepeated_ms, () => {
      const later = target.machine.agent;
      later?.life.run(() => take(later));
    });
  }
  if (!agent.life.isRunning || world.network.isCut("probe", target.id)) return { code: 0, because: "not reached" };
  if (world.trouble.isGrantLost()) return { code: 0, because: "lost" };
  const answer = take(agent);
  world.stage.say(target.id, path, `${answer.code}: ${answer.because}`);
  return world.network.isCut(target.id, "probe") ? { code: 0, because: "no answer" } : answer;
}

/** Does a connection from there get an answer of the agent? */
export function reachAgent(world: World, from: string, { id, machine }: Instance): Reach {
  if (!machine.kernel.isRunning || world.network.isCut(from, id) || world.network.isCut(id, from)) return "silent";
  if (machine.agent === undefined) return "refuses";
  return machine.agent.life.isRunning ? "answers" : "silent";
}

export function reachPostgres(world: World, from: string, { id, machine }: Instance): PostgresAnswer {
  if (!machine.kernel.isRunning || world.network.isCut(from, id) || world.network.isCut(id, from)) return "unreachable";
  return machine.postgres?.answer ?? "unreachable";
}

function isSilentPostgres(world: World, instance: Instance | undefined): boolean {
  if (instance === undefined) return true;
  const { machine, id } = instance;
  return !machine.kernel.isRunning || world.network.isCut("probe", id) || machine.postgres !== undefined;
}
