import {
  CONNECTIONS_AN_INSTANCE,
  CONNECTIONS_MAX,
  CPU_MARGIN_SHARE,
  ENOUGH_MARGIN_PERCENT,
  GENERATOR_CPU_PERCENT_MAX,
  LOAD_REFUSED_LEAST,
  LOAD_REFUSED_SHARE,
  LOADED_S,
  OVERSHOOT_FACTOR,
  RATE_S_LEAST,
  RISE_LEAST,
  STEP_FACTOR_FLAT,
  STEP_FACTOR_MAX,
  STEP_FACTOR_MIN,
} from "./constants.ts";
import type { Situation } from "./situation.ts";
import type { Stack } from "./stack.ts";

/** How much load there is, and how it came to that. Pure decisions: the load is as large as what it is to cause needs. */
export interface Ramp {
  readonly connections: number;
  /** Cloud time of the last change. */
  readonly since_ms: number;
  /** Start of the newest minute of CPU that was judged. */
  readonly judged_ms: number;
  /** What the step before this one brought. */
  readonly before: { readonly cpu_percent: number; readonly servedPerSecond: number } | undefined;
  /** The most connections that were seen not to be enough: the load is not eased down to them again. */
  readonly tooFew: number;
  /** How many steps in a row brought nothing. One may be a matter of chance, or of a machine that has other work too. */
  readonly flatSteps: number;
  /** Since when the CPU is where it has to be. */
  readonly enough_ms: number | undefined;
  /** Why there will be no more load, as a sentence. */
  readonly gaveUp: string | undefined;
}

type Look = Pick<Situation, "now_ms" | "cpu" | "load" | "loadPerSecondMax">;

/** A group that can grow by many is not to be filled by the first step; and the heavy requests under a limit are not to queue. */
export function firstRamp(
  base: number,
  { room }: Stack,
  { now_ms, loadPerSecondMax }: Omit<Look, "cpu" | "load">,
): Ramp {
  const isCareful = room > 1 || loadPerSecondMax !== undefined;
  const connections = Math.max(1, base) * (isCareful ? 1 : CONNECTIONS_AN_INSTANCE);
  const nothingYet = { before: undefined, tooFew: 0, flatSteps: 0, enough_ms: undefined, gaveUp: undefined };
  return { connections, since_ms: now_ms, judged_ms: Number.NEGATIVE_INFINITY, ...nothingYet };
}

/** One look while the load is to bring the CPU above the threshold. */
export function climb(ramp: Ramp, look: Look, stack: Stack): Ramp {
  const stopped = refused(ramp, look) ?? throttled(ramp, look, stack);
  if (stopped !== undefined) return stopped;
  const cpu = newMinute(ramp, look);
  if (ramp.gaveUp !== undefined || cpu === undefined) return ramp;
  const judged = { ...ramp, judged_ms: cpu.t_ms };
  const { high_percent, room } = stack;
  const aim = aimOf(high_percent);
  if (cpu.value >= Math.min(100, high_percent + ENOUGH_MARGIN_PERCENT)) {
    const isTooMuch = room > 1 && cpu.value > aim * OVERSHOOT_FACTOR;
    const less = Math.max(ramp.tooFew + 1, Math.round((ramp.connections * aim) / cpu.value));
    const enough = { ...judged, enough_ms: ramp.enough_ms ?? look.now_ms };
    return isTooMuch && less < ramp.connections ? resized(enough, less, look, cpu.value) : enough;
  }
  const reason = limitOf(ramp, look, stack, cpu.value);
  if (reason !== undefined) return { ...judged, gaveUp: reason };
  const isFlat = !hasRisen(ramp, look, cpu.value);
  const more = wanted(ramp, look, aim / cpu.value, isFlat ? STEP_FACTOR_FLAT : STEP_FACTOR_MIN);
  const flatSteps = isFlat ? ramp.flatSteps + 1 : 0;
  const tooFew = Math.max(ramp.tooFew, ramp.connections);
  return { ...resized(judged, more, look, cpu.value), tooFew, flatSteps, enough_ms: undefined };
}

/**
 * One look once the group has grown: load that would let it grow further than the machine's owner bargained for, or shrink
 * while the failover is shown, is put right.
 */
export function keep(ramp: Ramp, look: Look, stack: Stack, isAtMax: boolean): Ramp {
  const stopped = refused(ramp, look) ?? throttled(ramp, look, stack);
  if (stopped !== undefined) return stopped;
  const cpu = newMinute(ramp, look);
  if (ramp.gaveUp !== undefined || cpu === undefined) return ramp;
  const judged = { ...ramp, judged_ms: cpu.t_ms };
  const { high_percent, low_percent = 0, low } = stack;
  // An alarm that takes longer than what is shown under load takes nothing away meanwhile.
  const isHasty = low.periods * low.period_s < LOADED_S;
  const middle = (high_percent + low_percent) / 2;
  const isTooMuch = !isAtMax && cpu.value > high_percent && ramp.connections > 1;
  const isTooLittle = isHasty && cpu.value < low_percent && limitOf(ramp, look, stack, cpu.value) === undefined;
  if (isTooMuch) return resized(judged, (ramp.connections * middle) / cpu.value, look, cpu.value);
  return isTooLittle ? resized(judged, wanted(ramp, look, middle / cpu.value, 1), look, cpu.value) : judged;
}

/** Above the threshold by a share of what is left, so that it is clear and yet not everything. */
function aimOf(high_percent: number): number {
  return high_percent + CPU_MARGIN_SHARE * (100 - high_percent);
}

/** The newest minute that lies wholly after the last change. */
function newMinute(ramp: Ramp, { cpu }: Look): Look["cpu"] {
  return cpu !== undefined && cpu.t_ms >= ramp.since_ms && cpu.t_ms > ramp.judged_ms ? cpu : undefined;
}

/** As many more as the CPU is away from the aim: in a closed loop it grows with the connections until it is full. */
function wanted({ connections }: Ramp, { load, loadPerSecondMax }: Look, missing: number, least: number): number {
  const factor = Math.min(STEP_FACTOR_MAX, Math.max(least, missing));
  const allowed = loadPerSecondMax === undefined ? Number.POSITIVE_INFINITY : loadPerSecondMax / load.servedPerSecond;
  return Math.min(CONNECTIONS_MAX, Math.max(connections + 1, connections * factor), connections * allowed);
}

function resized(ramp: Ramp, connections: number, { now_ms, load }: Look, cpu_percent: number): Ramp {
  const rounded = connections > ramp.connections ? Math.ceil(connections) : Math.max(1, Math.floor(connections));
  if (rounded === ramp.connections) return ramp;
  const before = { cpu_percent, servedPerSecond: load.servedPerSecond };
  return { ...ramp, connections: rounded, since_ms: now_ms, before };
}

/** Why more load is not possible or would bring nothing. */
function limitOf(ramp: Ramp, look: Look, stack: Stack, cpu_percent: number): string | undefined {
  const { connections } = ramp;
  const { load, loadPerSecondMax } = look;
  const so = `${connections} ${connections === 1 ? "connection brings" : "connections bring"} the web group to ${Math.round(cpu_percent)} % CPU, and more than ${stack.high_percent} % is needed`;
  if (load.generatorCpu_percent > GENERATOR_CPU_PERCENT_MAX) {
    return `${so}, but the load generator is at its own limit (${Math.round(load.generatorCpu_percent)} % of a core): run the demo on a larger machine`;
  }
  if (connections >= CONNECTIONS_MAX) return `${so}, but the demo opens no more than ${CONNECTIONS_MAX}`;
  if (loadPerSecondMax !== undefined && load.servedPerSecond * (1 + 1 / connections) > loadPerSecondMax) {
    return `${so}, but ${limitWords(loadPerSecondMax)}`;
  }
  if (hasRisen(ramp, look, cpu_percent) || ramp.flatSteps === 0) return undefined;
  return `${so}, but more connections bring no more answers (${load.servedPerSecond.toFixed(1)} a second): something else than this CPU is the limit, with a twin perhaps this machine`;
}

/** Whether the last step brought anything. */
function hasRisen({ before }: Ramp, { load }: Look, cpu_percent: number): boolean {
  if (before === undefined) return true;
  const isBusier = cpu_percent > before.cpu_percent * RISE_LEAST;
  return isBusier || load.servedPerSecond > before.servedPerSecond * RISE_LEAST;
}

/** A load that is refused is none, whatever the CPU does. */
function refused(ramp: Ramp, { load }: Look): Ramp | undefined {
  const kinds = Object.entries(load.failed).sort(([, a], [, b]) => b - a);
  const failed = kinds.reduce((sum, [, count]) => sum + count, 0);
  const [kind = ""] = kinds[0] ?? [];
  if (failed < LOAD_REFUSED_LEAST || failed < LOAD_REFUSED_SHARE * (failed + load.served)) return undefined;
  const reason = `${failed} of the last ${failed + load.served} requests of the load failed: ${kind}`;
  return { ...ramp, connections: 0, gaveUp: ramp.gaveUp ?? reason };
}

/** Where the API limits its clients, more than it allows would only be refused. */
function throttled(ramp: Ramp, look: Look, stack: Stack): Ramp | undefined {
  const { load, loadPerSecondMax, now_ms } = look;
  if (loadPerSecondMax === undefined || load.servedPerSecond <= loadPerSecondMax) return undefined;
  if (load.seconds < RATE_S_LEAST) return undefined;
  const fitting = Math.floor((ramp.connections * loadPerSecondMax) / load.servedPerSecond);
  const connections = ramp.connections > 1 ? Math.max(1, fitting) : 0;
  const less = { ...ramp, connections, since_ms: now_ms };
  if (connections > 0) return less;
  const reason = `one connection alone asks ${load.servedPerSecond.toFixed(1)} times a second, but ${limitWords(loadPerSecondMax)}: the web group cannot be brought above ${stack.high_percent} % CPU`;
  return { ...less, gaveUp: ramp.gaveUp ?? reason };
}

function limitWords(perSecond: number): string {
  return `the API's limit for one client (cloudy:requestsPerMinute) leaves ${perSecond.toFixed(1)} requests a second for the load`;
}
