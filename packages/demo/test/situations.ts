import { type DemoState, firstState, step } from "../src/phases.ts";
import type { Situation } from "../src/situation.ts";

/** A healthy system at rest; tests say what is different. */
export function situation(now_s: number, different: Partial<Situation> = {}): Situation {
  return {
    now_ms: now_s * 1000,
    highAlarm: "OK",
    lowAlarm: "OK",
    highRule: { threshold: 60, period_s: 60, periods: 2 },
    lowRule: { threshold: 40, period_s: 60, periods: 2 },
    isAlarmExpected: true,
    policies: 2,
    targetPercent: undefined,
    boot_s: 600,
    healthy_s: 150,
    cooldown_s: 60,
    deregistration_s: 20,
    webMin: 2,
    webMax: 3,
    desired: 2,
    inService: 2,
    healthy: ["i-web1", "i-web2"],
    targets: 2,
    holder: "i-db1",
    databasesInService: 2,
    databasesDesired: 2,
    cpu: undefined,
    load: { seconds: 0, servedPerSecond: 0, served: 0, failed: {}, generatorCpu_percent: 0 },
    loadPerSecondMax: undefined,
    served: ["i-web1", "i-web2"],
    acknowledged: 10,
    recovered_ms: undefined,
    refusal: undefined,
    readBack: "no",
    ...different,
  };
}

const three = {
  desired: 3,
  inService: 3,
  healthy: ["i-web1", "i-web2", "i-web3"],
  targets: 3,
  served: ["i-web1", "i-web2", "i-web3"],
};

/** A run in which everything goes as promised, moment by moment. */
export const GOOD_RUN: readonly Situation[] = [
  situation(0, { acknowledged: 0 }),
  situation(61),
  situation(200, { highAlarm: "ALARM" }),
  situation(400, { highAlarm: "ALARM", ...three }),
  situation(470, { highAlarm: "ALARM", ...three }),
  situation(475, { ...three, holder: undefined }),
  situation(500, { ...three, holder: "i-db2" }),
  situation(520, { ...three, holder: "i-db2", recovered_ms: 515_000 }),
  situation(580, { ...three, holder: "i-db2", recovered_ms: 515_000 }),
  situation(750, { ...three, holder: "i-db2", recovered_ms: 515_000, lowAlarm: "ALARM" }),
  situation(850, { holder: "i-db2", recovered_ms: 515_000, lowAlarm: "ALARM" }),
  situation(860, { holder: "i-db2", recovered_ms: 515_000, readBack: "done" }),
];

/** Where the machine stands after these moments, and what it wanted done on the way. */
export function walk(situations: readonly Situation[]): {
  readonly state: DemoState;
  readonly done: readonly string[];
} {
  let state = firstState(situations[0]?.now_ms ?? 0);
  const done: string[] = [];
  for (const moment of situations) {
    const [next, effects] = step(state, moment);
    state = next;
    done.push(
      ...effects.map((effect) => (effect.kind === "terminate" ? `terminate ${effect.instanceId}` : effect.kind)),
    );
  }
  return { state, done };
}
