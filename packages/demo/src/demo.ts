import { setTimeout as sleep } from "node:timers/promises";
import { EC2Client, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { aborted, messageOf, UserError } from "@cloudy/command-line";
import type { FrontDoor } from "@cloudy/loadtest/front-door.ts";
import { type Comparison, compare, createLedger, recovery } from "@cloudy/loadtest/ledger.ts";
import { type LoadGenerator, startLoad } from "@cloudy/loadtest/load-generator.ts";
import { createRandom } from "@cloudy/loadtest/random.ts";
import { readBack } from "@cloudy/loadtest/read-back.ts";
import { createRecorder } from "@cloudy/loadtest/recorder.ts";
import type { Target } from "@cloudy/loadtest/target.ts";
import { startTraffic, type Traffic } from "@cloudy/loadtest/traffic.ts";
import { cloudNow } from "@cloudy/observer/clock.ts";
import { type Observer, observe } from "@cloudy/observer/observe.ts";
import { parseOutputs } from "@cloudy/observer/outputs.ts";
import type { Run } from "@cloudy/observer/run.ts";
import { createBalance } from "./balance.ts";
import { LOOP_INTERVAL_MS, SAMPLE_INTERVAL_MS } from "./constants.ts";
import { runDocument } from "./document.ts";
import { focusOf } from "./focus.ts";
import { leftUsers } from "./left-users.ts";
import { type DemoState, type Effect, firstState, presentPhase, step, waiting } from "./phases.ts";
import type { Findings } from "./promises.ts";
import { type Rates, ratesOf, UNLIMITED } from "./rates.ts";
import { refusalOf, responseShares, type Situation, systemSituation } from "./situation.ts";

export interface Demo {
  /** The run as it stands. */
  document(): Run;
  /** Goes through all phases. Rejects with the signal's reason when it is aborted. */
  run(signal: AbortSignal): Promise<void>;
  /** What of the run stays in the database. */
  leftUsers(): readonly string[];
  close(): Promise<void>;
}

/** What the demo itself tells, each once in a run. */
type Note =
  | "load starts"
  | "load ends"
  | "not enough load"
  | "generator ended"
  | "terminated"
  | "not terminated"
  | "writes again";

const OPEN_DOOR: FrontDoor = { headers: {}, requestsPerMinute: undefined };

/** Thin effects around the pure machine in phases.ts: it looks, decides, acts, four times a second. */
export function createDemo(options: {
  readonly target: Target;
  readonly seed: number;
  readonly facts: Run["facts"];
  readonly observer?: Observer;
  readonly door?: FrontDoor;
}): Demo {
  const { target, seed } = options;
  const { clock, connection, url } = target;
  const { headers, requestsPerMinute } = options.door ?? OPEN_DOOR;
  const observer = options.observer ?? observe({ connection, names: parseOutputs(target.outputs), clock });
  const ec2 = new EC2Client({ ...connection });
  const recorder = createRecorder();
  const balance = createBalance();
  const ledger = createLedger();
  const random = createRandom(seed);
  const start_ms = observer.now();
  // The time keeps names apart when the same seed meets the same database again.
  const prefix = `demo-${seed.toString(36)}-${Math.round(start_ms / 1000).toString(36)}`;
  const toCloud_ms = (wall_ms: number) => cloudNow(clock, wall_ms);
  let state: DemoState = firstState(start_ms);
  let traffic: Traffic | undefined;
  let load: LoadGenerator | undefined;
  let rates: Rates = UNLIMITED;
  let comparison: Comparison | undefined;
  let readBackState: Situation["readBack"] = "no";
  let end_ms: number | undefined;
  let interruption: string | undefined;

  const shares = () => responseShares(traffic?.responses ?? new Map(), observer.view().instances);
  function recovered(): number | undefined {
    if (state.lost === undefined || state.movedTo === undefined) return undefined;
    const lost_ms = clock.realEpoch_ms + (state.lost.t_ms - clock.cloudEpoch_ms) / clock.speed;
    const at_ms = recovery(ledger.writes(), lost_ms, Date.now());
    return at_ms === undefined ? undefined : toCloud_ms(at_ms);
  }
  function look(): Situation {
    return {
      ...systemSituation(observer.view(), observer.now()),
      now_ms: observer.now(),
      load: recorder.recent(),
      loadPerSecondMax: rates.loadPerSecondMax,
      served: shares().flatMap((share) => share.instanceId ?? []),
      acknowledged: ledger.acknowledged(),
      recovered_ms: recovered_ms ?? recovered(),
      refusal: refusalOf(observer.view(), ledger.acknowledged(), recorder.failures()),
      readBack: readBackState,
    };
  }
  // Settled once found: later, the longest silence might be the one after the last write.
  let recovered_ms: number | undefined;
  const tell = (id: string, sentence: string, t_ms = observer.now()) =>
    observer.note({ id, t_ms, source: "demo", sentence, major: true });
  const note = (what: Note, sentence: string, t_ms?: number) => tell(`demo ${what}`, sentence, t_ms);

  async function perform(effect: Effect): Promise<void> {
    switch (effect.kind) {
      case "start load":
        note("load starts", `Load starts: ${connectionsOf(effect)} on /load`);
        load = startLoad({
          url: url + rates.loadPath,
          headers,
          connections: effect.connections,
          onTick: recorder.tick,
          onEnd: (how) => note("generator ended", how),
        });
        return;
      case "resize load":
        load?.resize(effect.connections);
        recorder.changed();
        tell(`demo load ${observer.now()}`, `The load goes on with ${connectionsOf(effect)}`);
        return;
      case "stop load":
        if (load === undefined) return;
        await load.stop();
        load = undefined;
        note("load ends", "Load ends");
        return;
      case "terminate":
        await terminate(effect.instanceId);
        return;
      case "read back":
        await check();
        return;
    }
  }
  async function terminate(instanceId: string): Promise<void> {
    const t_ms = observer.now();
    try {
      // As a host that vanishes: no shutdown in order, nothing that could hand over.
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId], SkipOsShutdown: true }));
      observer.lose(instanceId, t_ms);
      note("terminated", `The demo terminates ${instanceId}, the active database host`, t_ms);
    } catch (error) {
      note("not terminated", `${instanceId} could not be terminated: ${messageOf(error)}`);
    }
  }
  async function check(): Promise<void> {
    await traffic?.stop();
    try {
      comparison = compare(ledger.writes(), await readBack(url, prefix, headers));
      readBackState = "done";
    } catch (error) {
      readBackState = { failure: `the writes could not be read back: ${messageOf(error)}` };
    }
  }
  /** Where the API limits its clients, the pauses depend on how many instances there are. */
  function beginTraffic(): void {
    const instances = systemSituation(observer.view(), observer.now()).healthy.length;
    if (traffic !== undefined || (requestsPerMinute !== undefined && instances === 0)) return;
    const found = ratesOf(requestsPerMinute, instances);
    if ("refusal" in found) throw new UserError(found.refusal);
    rates = found;
    const { slowness } = rates;
    traffic = startTraffic({ url, ledger, prefix, random, headers, slowness, onFailure: recorder.fail });
  }
  function findings(): Findings {
    return {
      state,
      speed: clock.speed,
      shares: shares(),
      balanced: balance.counted(),
      recovered_ms,
      comparison,
      failures: recorder.failures(),
      toCloud_ms,
      generator: recorder.generator(),
    };
  }

  return {
    document: () =>
      runDocument({
        findings: findings(),
        system: observer.view(),
        load: recorder.samples(),
        start_ms,
        now_ms: end_ms ?? observer.now(),
        interruption,
        facts: options.facts,
      }),
    leftUsers: () => leftUsers(prefix, comparison, [...ledger.writes()].length),
    async run(signal) {
      const sampler = setInterval(() => recorder.sample(observer.now(), ledger.acknowledged()), SAMPLE_INTERVAL_MS);
      try {
        while (!state.isOver) {
          signal.throwIfAborted();
          beginTraffic();
          const situation = look();
          if (recovered_ms === undefined && situation.recovered_ms !== undefined) {
            recovered_ms = situation.recovered_ms;
            note("writes again", "Writes are acknowledged again", recovered_ms);
          }
          const [next, effects] = step(state, situation);
          state = next;
          observer.focus(focusOf(presentPhase(state)?.name));
          if (state.gaveUp !== undefined) note("not enough load", `Not enough load: ${state.gaveUp}`);
          for (const effect of effects) await Promise.race([perform(effect), aborted(signal)]);
          balance.look(presentPhase(state)?.name, traffic?.responses ?? new Map());
          await sleep(LOOP_INTERVAL_MS, undefined, { signal }).catch(() => {});
        }
      } finally {
        clearInterval(sampler);
        end_ms = observer.now();
        if (!state.isOver) {
          interruption = `while waiting for ${waiting(state)}`;
          await traffic?.cut();
        }
        await load?.stop();
        // Events are told late: what led to the end is read once more.
        if (state.isOver) await observer.refresh();
      }
    },
    async close() {
      await load?.stop();
      await traffic?.stop();
      await observer.close();
      ec2.destroy();
    },
  };
}

function connectionsOf({ connections }: { readonly connections: number }): string {
  return `${connections} ${connections === 1 ? "connection" : "connections"}`;
}
