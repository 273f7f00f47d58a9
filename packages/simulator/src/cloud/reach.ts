import type { PostgresAnswer } from "@cloudy/contracts/probe-answer.ts";
import type { Instance } from "./ec2.ts";
import type { Network } from "./network.ts";

type Reach = "answers" | "refuses" | "silent";

/** Does a connection from there get an answer of the agent? */
export function reachAgent(network: Network, from: string, instance: Instance): Reach {
  const { agent } = instance.machine;
  if (!isReachable(network, from, instance)) return "silent";
  if (agent === undefined) return "refuses";
  return agent.life.isRunning ? "answers" : "silent";
}

/** What does a connection from there get of PostgreSQL? */
export function reachPostgres(network: Network, from: string, instance: Instance): PostgresAnswer {
  if (!isReachable(network, from, instance)) return "unreachable";
  return instance.machine.postgres?.answer ?? "unreachable";
}

/** The machine runs, and nothing lies between it and whoever asks, in either direction. */
export function isReachable(network: Network, from: string, { id, machine }: Instance): boolean {
  return machine.kernel.isRunning && !network.isCut(from, id) && !network.isCut(id, from);
}
