import { EPOCHS_MAX, TWICE } from "./model-instance.ts";
import type { World } from "./model-slots.ts";
import type { Model, Transition } from "./model-world.ts";

export interface Verdict {
  readonly states: number;
  readonly transitions: number;
  /** How often each action was taken. */
  readonly actions: ReadonlyMap<string, number>;
  /** The shortest history to a violation, one line a step; `undefined` when there is none. */
  readonly counterexample: readonly string[] | undefined;
  /** Highest epoch in which a postgres ran. */
  readonly epochServed: number;
  /** Worlds with a healthy machine and room for epochs, and how many of them do not come back when no fault is added. */
  readonly recovering: number;
  readonly stuck: number;
}

/** Explores every reachable world, breadth first. `isBad` says what must never be reached. */
export function explore(
  model: Model,
  isBad: (world: World) => boolean,
  options: { readonly recovers: boolean },
): Verdict {
  const keys = [model.key(model.start())];
  const parents = [-1];
  const known = new Set(keys);
  const actions = new Map<string, number>();
  let transitions = 0;
  let epochServed = 0;
  for (let index = 0; index < keys.length; index += 1) {
    for (const { action, to } of model.successors(model.world(keys[index] ?? 0))) {
      transitions += 1;
      actions.set(action, (actions.get(action) ?? 0) + 1);
      const key = model.key(to);
      if (known.has(key)) continue;
      known.add(key);
      keys.push(key);
      parents.push(index);
      for (const { alive } of model.instances(to)) epochServed = Math.max(epochServed, alive % TWICE);
      if (!isBad(to)) continue;
      const counterexample = tell(model, pathTo(keys.length - 1, parents, keys));
      return { states: keys.length, transitions, actions, counterexample, epochServed, recovering: 0, stuck: 0 };
    }
  }
  const recovery = options.recovers ? recover(model, keys) : { recovering: 0, stuck: 0 };
  return { states: keys.length, transitions, actions, counterexample: undefined, epochServed, ...recovery };
}

function pathTo(index: number, parents: readonly number[], keys: readonly number[]): readonly number[] {
  const path: number[] = [];
  for (let at = index; (parents[at] ?? -1) >= 0; at = parents[at] ?? -1) path.unshift(keys[at] ?? 0);
  return path;
}

/** The path with names for the instances that stay the same from step to step. */
function tell(model: Model, path: readonly number[]): readonly string[] {
  const lines: string[] = [];
  let world = model.start();
  for (const key of path) {
    const step = model.successors(world).find(({ to }) => model.key(to) === key);
    if (step === undefined) throw new Error("the path has a step that nothing explains");
    world = step.to;
    const alive = model.instances(world).map((instance, slot) => [instance.alive, "ABC"[slot]] as const);
    const live = alive.filter(([epoch]) => epoch > 0);
    const names = live.map(([epoch, name]) => (epoch === TWICE ? `${name} twice` : `${name} (epoch ${epoch})`));
    const isBad = model.writers(world) > 1;
    lines.push(`${"ABC"[step.slot]}: ${step.action}${isBad ? `   <- postgres lives on ${names.join(" and ")}` : ""}`);
  }
  return lines;
}

/** An agent may find its epoch late and need one more, so a world needs this much room to come back. */
const ROOM = 2;

const STEPS_MAX = 60;

/** From every world with a machine that is up: does a postgres serve again when from now on nothing fails? */
function recover(model: Model, keys: readonly number[]): Pick<Verdict, "recovering" | "stuck"> {
  const good = new Set<number>();
  let recovering = 0;
  let stuck = 0;
  for (const start of keys) {
    const first = model.world(start);
    if (first.newest > EPOCHS_MAX - ROOM || model.instances(first).every(({ machine }) => machine !== "up")) continue;
    recovering += 1;
    const path: number[] = [];
    let world: World | undefined = first;
    while (world !== undefined && path.length < STEPS_MAX && !good.has(model.key(world)) && !serves(model, world)) {
      path.push(model.key(world));
      world = heal(model, world);
    }
    if (world === undefined || path.length === STEPS_MAX) stuck += 1;
    else for (const key of path) good.add(key);
  }
  return { recovering, stuck };
}

function serves(model: Model, world: World): boolean {
  return model.instances(world).some(({ agent, alive }) => {
    if (agent === undefined || alive === 0 || agent.intent !== "serve") return false;
    const { postgres } = agent;
    return (postgres.is === "started" || postgres.is === "adopted") && postgres.stopping === undefined;
  });
}

/** What happens next when nothing fails, in the order of who would be first. */
const HEALTHY = [
  "its epoch is made, and it hears so",
  "its epoch is made",
  "its epoch exists already",
  "its release is done, and it hears so",
  "its release is done",
  "the restore is done",
  "postgres comes up",
  "the agent finds orphans",
  "the agent has the local lock",
  "the agent starts",
  "the agent has rested",
];

function heal(model: Model, world: World): World | undefined {
  const candidates = model.successors(world);
  for (const action of HEALTHY) {
    const next = candidates.find((candidate) => candidate.action === action);
    if (next !== undefined) return next.to;
  }
  const stopped = candidates.find((candidate) => isStopped(model, world, candidate));
  return stopped?.to ?? model.truths(world)[0];
}

/** What a postgres that was told to stop, or of which nothing is left, leads to. */
function isStopped(model: Model, world: World, { action, slot }: Transition): boolean {
  const instance = model.instances(world)[slot];
  if (instance?.agent === undefined) return false;
  const { postgres } = instance.agent;
  const isOver = instance.alive === 0 && instance.starting === 0;
  const isEnding = isOver || ("stopping" in postgres && postgres.stopping !== undefined);
  if (action === "the last process of postgres ends") return isEnding || postgres.is === "leaving";
  return (action === "the postmaster ends" || action === "postgres does not come up") && isEnding;
}
