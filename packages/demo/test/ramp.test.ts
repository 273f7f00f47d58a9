import { expect, test } from "vitest";
import { climb, firstRamp, keep, type Ramp } from "../src/ramp.ts";
import { stackOf } from "../src/stack.ts";
import { situation } from "./situations.ts";

/**
 * A web group under a closed loop: each connection asks, the request travels, a core calculates. Not what a cloud does, but what
 * more connections bring: CPU in proportion until the cores are full.
 */
interface Plant {
  readonly cores: number;
  readonly roundTrip_s: number;
  readonly work_s?: number;
  /** Requests a second that something else than the CPU lets through. */
  readonly served_max?: number;
  readonly generatorPerRequest_percent?: number;
}

function under(connections: number, plant: Plant) {
  const { cores, roundTrip_s, work_s = 0.008, served_max = Number.POSITIVE_INFINITY } = plant;
  const servedPerSecond = Math.min(connections / (roundTrip_s + work_s), cores / work_s, served_max);
  return {
    cpu_percent: (100 * servedPerSecond * work_s) / cores,
    load: {
      seconds: 10,
      servedPerSecond,
      served: Math.round(10 * servedPerSecond),
      failed: {},
      generatorCpu_percent: servedPerSecond * (plant.generatorPerRequest_percent ?? 0.01),
    },
  };
}

const dev = stackOf(situation(0));
const prod = stackOf(
  situation(0, {
    webMin: 3,
    webMax: 9,
    desired: 3,
    targetPercent: 50,
    highRule: { threshold: 50, period_s: 60, periods: 3 },
    lowRule: { threshold: 45, period_s: 60, periods: 15 },
  }),
);

/** Minute by minute, as CloudWatch tells it, until the load stays enough or is given up. */
function rampUp(base: number, stack: typeof dev, plant: Plant, loadPerSecondMax?: number) {
  let ramp: Ramp = firstRamp(base, stack, { now_ms: 0, loadPerSecondMax });
  let minutes = 0;
  const isEnough = () => ramp.enough_ms !== undefined && minutes * 60_000 >= ramp.enough_ms + 240_000;
  while (ramp.gaveUp === undefined && !isEnough() && minutes < 60) {
    minutes += 1;
    const { cpu_percent, load } = under(ramp.connections, plant);
    const now_ms = minutes * 60_000;
    const cpu = { t_ms: now_ms - 60_000, value: cpu_percent };
    ramp = climb(ramp, { now_ms, cpu, load, loadPerSecondMax }, stack);
  }
  return { ramp, minutes, cpu_percent: under(ramp.connections, plant).cpu_percent };
}

test.each([0, 0.04, 0.1, 0.16, 0.3])(
  "T1: at %d s of round trip the load grows until the CPU is clearly above the threshold",
  (roundTrip_s) => {
    for (const cores of [0.5, 2, 16]) {
      const { ramp, minutes, cpu_percent } = rampUp(2, dev, { cores, roundTrip_s });
      expect(ramp.gaveUp).toBeUndefined();
      expect(cpu_percent).toBeGreaterThan(62);
      expect(minutes).toBeLessThanOrEqual(12);
    }
  },
);

test.each([0, 0.04, 0.1, 0.16])(
  "T1: at %d s of round trip a group that can grow by many is not filled",
  (roundTrip_s) => {
    const { ramp, cpu_percent } = rampUp(3, prod, { cores: 6, roundTrip_s });
    expect(ramp.gaveUp).toBeUndefined();
    expect(cpu_percent).toBeGreaterThan(52);
    expect(cpu_percent).toBeLessThanOrEqual(80);
  },
);

test("a minute that began before the last change says nothing of it", () => {
  const ramp = firstRamp(2, dev, { now_ms: 30_000, loadPerSecondMax: undefined });
  const { load } = under(6, { cores: 100, roundTrip_s: 0.1 });
  const look = { now_ms: 90_000, cpu: { t_ms: 0, value: 3 }, load, loadPerSecondMax: undefined };
  expect(climb(ramp, look, dev)).toBe(ramp);
});

test("the generator's own limit is named", () => {
  const plant = { cores: 1000, roundTrip_s: 0.02, generatorPerRequest_percent: 0.05 };
  const { ramp, minutes } = rampUp(2, dev, plant);
  expect(ramp.gaveUp).toMatch(
    /% CPU, and more than 60 % is needed, but the load generator is at its own limit \(\d+ % of a core\)/,
  );
  expect(minutes).toBeLessThan(10);
});

test("the most connections are named", () => {
  const plant = { cores: 10_000, roundTrip_s: 0.5, generatorPerRequest_percent: 0.001 };
  expect(rampUp(2, dev, plant).ramp.gaveUp).toContain("but the demo opens no more than 1000");
});

test("what lets no more through is named after two steps that bring nothing, and nobody waits for more", () => {
  const { ramp, minutes } = rampUp(2, dev, { cores: 2, roundTrip_s: 0.1, served_max: 30 });
  expect(ramp.gaveUp).toContain(
    "more connections bring no more answers (30.0 a second): something else than this CPU is the limit",
  );
  expect(minutes).toBe(3);
});

test.each(["status 401", "status 404", "status 429"])(
  "a load that is refused with %s is none, and it ends at once",
  (kind) => {
    const load = { seconds: 3, servedPerSecond: 1, served: 4, failed: { [kind]: 40 }, generatorCpu_percent: 1 };
    const look = { now_ms: 3000, cpu: undefined, load, loadPerSecondMax: undefined };
    for (const steer of [climb, (ramp: Ramp) => keep(ramp, look, dev, true)]) {
      expect(steer(firstRamp(2, dev, look), look, dev)).toMatchObject({
        connections: 0,
        gaveUp: `40 of the last 44 requests of the load failed: ${kind}`,
      });
    }
  },
);

test("with a limit for each client the load stays below it, and says when that is not enough", () => {
  const plant = { cores: 2, roundTrip_s: 0.02, work_s: 0.7 };
  expect(rampUp(2, dev, plant, 8).ramp).toMatchObject({ gaveUp: undefined });
  const few = rampUp(2, dev, plant, 1.5);
  expect(few.ramp.gaveUp).toContain(
    "limit for one client (cloudy:requestsPerMinute) leaves 1.5 requests a second for the load",
  );
  expect(under(few.ramp.connections, plant).load.servedPerSecond).toBeLessThanOrEqual(1.5);
  expect(few.minutes).toBeLessThanOrEqual(3);
  const one = rampUp(2, dev, plant, 0.9);
  expect(one.ramp).toMatchObject({ connections: 0 });
  expect(one.ramp.gaveUp).toContain("one connection alone asks 1.4 times a second");
});

test("a rate of few requests is told after some seconds, not after the first ones", () => {
  const load = { seconds: 2, servedPerSecond: 3, served: 6, failed: {}, generatorCpu_percent: 1 };
  const look = { now_ms: 2000, cpu: undefined, load, loadPerSecondMax: 2 };
  const ramp = firstRamp(2, dev, look);
  expect(climb(ramp, look, dev)).toBe(ramp);
  const later = { ...look, load: { ...load, seconds: 10 } };
  expect(climb(ramp, later, dev)).toMatchObject({ connections: 1, gaveUp: undefined });
});

test("once the group has grown the load is eased before it grows further, and raised before it shrinks", () => {
  const stack = { ...prod, low_percent: 45 };
  const ramp = { ...firstRamp(3, stack, { now_ms: 0, loadPerSecondMax: undefined }), connections: 10 };
  const look = (value: number) => ({
    now_ms: 60_000,
    cpu: { t_ms: 0, value },
    load: under(10, { cores: 2, roundTrip_s: 0.1 }).load,
    loadPerSecondMax: undefined,
  });
  expect(keep(ramp, look(95), stack, false).connections).toBe(5);
  expect(keep(ramp, look(95), stack, true).connections).toBe(10);
  expect(keep(ramp, look(48), stack, false).connections).toBe(10);
  // Fifteen minutes below it are needed there; two with alarms like our own.
  expect(keep(ramp, look(38), stack, false).connections).toBe(10);
  expect(keep(ramp, look(38), { ...stack, low: dev.low }, false).connections).toBe(13);
});
