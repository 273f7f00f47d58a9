import {
  type AgentState,
  type Effect,
  type Epoch,
  type Event,
  initialState,
  type Shared,
} from "../src/protocol/state.ts";
import { step } from "../src/protocol/step.ts";

export const held = (number: number, holder: string): Epoch => ({
  number,
  holder,
  token: `t${number}`,
  released: false,
});
export const released = (number: number, holder: string): Epoch => ({ ...held(number, holder), released: true });
const see = (epoch: Epoch | undefined, more: Partial<Shared> = {}): Shared => ({
  epoch,
  dataVersion: epoch === undefined ? undefined : "17",
  initialized: epoch !== undefined,
  restored: false,
  system: epoch === undefined ? { data: undefined, recorded: undefined } : { data: "7", recorded: "7" },
  ...more,
});
export const read = (order: number, epoch: Epoch | undefined, more: Partial<Shared> = {}): Event => ({
  kind: "shared-read",
  order,
  seen: see(epoch, more),
});

/** Runs the events through the core and returns the state and the sentences of what it wants done since the last event. */
export function after(...events: readonly Event[]): { state: AgentState; wants: readonly string[] } {
  let state = initialState("i-me", "17");
  let effects: readonly Effect[] = [];
  for (const event of events) [state, effects] = step(state, event);
  return { state, wants: effects.map(sentence) };
}

export function sentence(effect: Effect): string {
  const what = "number" in effect ? ` ${effect.number}` : "epoch" in effect ? ` ${effect.epoch}` : "";
  const how = "how" in effect ? ` ${effect.how}` : "";
  return `${effect.do}${what}${how}${"because" in effect ? `: ${effect.because}` : ""}`;
}

export const FIT: Event = { kind: "fitness", unfit: [] };
export const LOCK: Event = { kind: "lock-acquired", order: 1 };
export const standingBy = (epoch: Epoch | undefined, more: Partial<Shared> = {}): readonly Event[] => [
  { kind: "started" },
  FIT,
  LOCK,
  read(1, epoch, more),
];
export const running = (epoch: number): readonly Event[] => [
  ...standingBy(epoch === 1 ? undefined : released(epoch - 1, "i-other")),
  { kind: "epoch-made", epoch: held(epoch, "i-me") },
];
/** The crash number `n`: the postmaster goes, then its last process, then the shared directory is looked at. */
export const crash = (n: number): readonly Event[] => [
  { kind: "postgres-exited", how: "SIGKILL" },
  { kind: "lock-acquired", order: n * 10 },
  read(n * 10, held(1, "i-me")),
];
