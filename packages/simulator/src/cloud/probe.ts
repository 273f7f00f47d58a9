import type { CoreStatus } from "@cloudy/contracts/agent-status.ts";
import type { Delivery, PostgresAnswer, SecondOpinion } from "@cloudy/contracts/probe-answer.ts";
import type { ProbeEvent } from "@cloudy/contracts/probe-event.ts";
import { PEER_TIMEOUT_MS } from "@cloudy/db-agent";
import { OPINION_DELAY_MS } from "@cloudy/failover";
import { HOP_MS, PROBE_TIMEOUT_MS } from "../constants.ts";
import type { Stage } from "../engine/stage.ts";
import type { Agent } from "../machine/agent.ts";
import type { ControlPlaneTrouble } from "./control-plane-trouble.ts";
import type { Ec2, Instance } from "./ec2.ts";
import type { Network } from "./network.ts";
import { reachAgent, reachPostgres } from "./reach.ts";

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

export interface ProbeSurroundings {
  readonly stage: Stage;
  readonly ec2: Ec2;
  readonly network: Network;
  readonly trouble: ControlPlaneTrouble;
  /** A report says that it missed this instance. */
  readonly onMissed: (id: string) => void;
}

/** The probe function: asks each agent and PostgreSQL, has others ask for themselves, delivers grants. */
export class Probe {
  readonly #around: ProbeSurroundings;

  constructor(around: ProbeSurroundings) {
    this.#around = around;
  }

  invoke(event: ProbeEvent, settle: (answer: Answer) => void): void {
    const { timeline } = this.#around.stage;
    timeline.after(HOP_MS, () => {
      const found = event.candidates.map((candidate) => this.#look(candidate.instanceId));
      const delivered = {
        ...(event.grant === undefined ? {} : { grant: this.#deliver("grant", event.grant) }),
        ...(event.order === undefined ? {} : { order: this.#deliver("order", event.order) }),
      };
      const results = found.map(({ result }) => result);
      const missed = found.filter(({ result }) => result.agent === undefined);
      const isSlow = found.some(({ slow }) => slow) || Object.values(delivered).some(({ code }) => code === 0);
      // The others are asked while the time of who is silent still runs, and are as long in getting no answer.
      const isSilent = missed.some(({ slow }) => slow);
      const opinions_ms = missed.length === 0 ? 0 : isSilent ? OPINION_DELAY_MS + PEER_TIMEOUT_MS : HOP_MS;
      let opinions: readonly SecondOpinion[] = [];
      timeline.after(opinions_ms, () => {
        opinions = results
          .filter(({ agent }) => agent !== undefined)
          .flatMap((by) => missed.flatMap(({ result }) => this.#opinion(by.instanceId, result.instanceId)));
      });
      timeline.after(Math.max(isSlow ? PROBE_TIMEOUT_MS : HOP_MS, opinions_ms), () => {
        for (const result of results) if (isMissed(result)) this.#around.onMissed(result.instanceId);
        settle({ results, opinions, ...delivered });
      });
    });
  }

  #look(instanceId: string): { readonly result: Result; readonly slow: boolean } {
    const { ec2, network } = this.#around;
    const instance = ec2.instances.get(instanceId);
    const agentReach = instance === undefined ? "silent" : reachAgent(network, "probe", instance);
    const postgres = instance === undefined ? "unreachable" : reachPostgres(network, "probe", instance);
    const agent = agentReach === "answers" ? instance?.machine.agent?.status() : undefined;
    const isSilent = agentReach === "silent" || (postgres === "unreachable" && isSilentPostgres(network, instance));
    return { result: { instanceId, agent, postgres }, slow: isSilent };
  }

  #opinion(by: string, about: string): readonly SecondOpinion[] {
    const { ec2, network } = this.#around;
    const [witness, other] = [ec2.instances.get(by), ec2.instances.get(about)];
    if (witness === undefined || other === undefined) return [];
    if (reachAgent(network, "probe", witness) !== "answers") return [];
    return [{ by, about, reached: reachAgent(network, by, other) === "answers" }];
  }

  /** To whoever has the address now: a grant or an order, the same way. */
  #deliver(path: "grant" | "order", { targetIp, ...signed }: Signed): Delivery {
    const { stage, ec2, network, trouble } = this.#around;
    const target = [...ec2.instances.values()].find(({ ip }) => ip === targetIp);
    const agent = target?.machine.agent;
    if (target === undefined || agent === undefined) return { code: 0, because: "not reached" };
    const body = JSON.stringify(signed);
    const take = ({ messages }: Agent) => (path === "grant" ? messages.takeGrant(body) : messages.takeOrder(body));
    if (trouble.grantsRepeated_ms > 0) {
      // It lingers in a queue on the way and comes once more, when everybody has moved on.
      stage.timeline.after(trouble.grantsRepeated_ms, () => {
        const later = target.machine.agent;
        later?.life.run(() => take(later));
      });
    }
    if (!agent.life.isRunning || network.isCut("probe", target.id)) return { code: 0, because: "not reached" };
    if (trouble.isGrantLost()) return { code: 0, because: "lost" };
    const answer = take(agent);
    stage.say(target.id, path, `${answer.code}: ${answer.because}`);
    return network.isCut(target.id, "probe") ? { code: 0, because: "no answer" } : answer;
  }
}

/** Neither agent nor PostgreSQL answers, or the agent says that it does not reach its files, or cannot release. */
function isMissed({ agent, postgres }: Result): boolean {
  return agent === undefined ? postgres === "unreachable" : agent.fileSystem === "unreachable" || isOverdue(agent);
}

export function isOverdue({ unfit = [] }: CoreStatus): boolean {
  return unfit.some(({ code }) => code === "release-overdue");
}

function isSilentPostgres(network: Network, instance: Instance | undefined): boolean {
  if (instance === undefined) return true;
  const { machine, id } = instance;
  return !machine.kernel.isRunning || network.isCut("probe", id) || machine.postgres !== undefined;
}
