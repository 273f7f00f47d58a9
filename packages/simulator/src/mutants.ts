import {
  type AgentState,
  answerRequest,
  type Effect,
  type FileOperation,
  type FileSteps,
  judgeGrant,
  type SharedRequest,
  type SharedValue,
  type Step,
  step,
} from "@cloudy/db-agent";
import { realWiring, type Wiring } from "./wiring.ts";

/** A deliberate fault in the protocol or the decision, put around the real code. */
export interface Mutant {
  readonly name: string;
  readonly wiring: Wiring;
  /** It has to be caught within so many histories. */
  readonly seedsMax: number;
}

type AnswerRequest = Wiring["answerRequest"];

/** Lets each operation of the protocol pass through `replace`: another one, none (`undefined`), or the same. */
function withOperations(
  replace: (operation: FileOperation, request: SharedRequest) => FileOperation | undefined,
): AnswerRequest {
  return function* (request): FileSteps<SharedValue> {
    const steps = answerRequest(request);
    let next = steps.next();
    while (next.done !== true) {
      const operation = replace(next.value, request);
      if (operation === undefined) {
        next = steps.next(undefined);
        continue;
      }
      try {
        const result = yield operation;
        next = steps.next(result);
      } catch (error) {
        next = steps.throw(error);
      }
    }
    return next.value;
  };
}

/** Sees what `step` is about to do, and changes state or effects. */
function withStep(
  change: (before: AgentState, result: Step, event: Parameters<typeof step>[1]) => Step,
): Wiring["step"] {
  return (state, event) => change(state, step(state, event), event);
}

/** Lets the real step see another world for a moment, and gives back what it does there. */
function withBelief(believe: (state: AgentState) => AgentState): Wiring["step"] {
  return (state, event) => {
    const believed = believe(state);
    return believed === state ? step(state, event) : step(believed, event);
  };
}

const linkErrorTakenAsSuccess: AnswerRequest = function* (request) {
  const value = yield* answerRequest(request);
  return request.do === "make-epoch" ? { is: "made", won: true } : value;
};

/** Instead of link(2): looks whether the name is free, and then writes it. */
const notExclusive: AnswerRequest = function* (request) {
  if (request.do !== "make-epoch") return yield* answerRequest(request);
  const { number, holder, token, createdAt } = request;
  const path = `/epochs/epoch-${number}.json`;
  if ((yield { op: "stat", path }) !== undefined) return { is: "made", won: false };
  const descriptor = yield { op: "open", path, flags: "w", mode: 0o640 };
  const content = JSON.stringify({ epoch: number, holder, token, createdAt });
  if (typeof descriptor === "number") yield { op: "write", descriptor, content };
  return { is: "made", won: true };
};

function startsWithoutGrant(): Wiring["step"] {
  return (state, event) => {
    const [next, effects] = step(state, event);
    const epoch = next.shared?.seen.epoch;
    const isStandby = next.postgres.is === "absent" && next.pending === "none" && next.intent === "serve";
    if (!isStandby || epoch === undefined || epoch.holder === next.instanceId || next.unfit.length > 0) {
      return [next, effects];
    }
    const make: Effect = { do: "make-epoch", number: epoch.number + 1, because: "mutant: needs no grant" };
    return [{ ...next, pending: "make" }, [...effects, make]];
  };
}

/** Releases while postgres is still being stopped. */
const releasesBeforeExit = withStep((before, [state, effects]) => {
  const stop = effects.find((effect) => effect.do === "stop-postgres");
  const epoch = state.shared?.seen.epoch;
  if (stop === undefined || epoch === undefined || (before.intent === "serve" && state.intent === "serve")) {
    return [state, effects];
  }
  return [state, [...effects, { do: "release-epoch", number: epoch.number, because: "mutant: before the exit" }]];
});

/** A restarted agent goes on in the epoch that its predecessor made, whether or not that one had asked to release it. */
const goesOnInOldEpoch = withBelief((state) => {
  const epoch = state.shared?.seen.epoch;
  const isOurs = epoch !== undefined && epoch.holder === state.instanceId && !epoch.released;
  return isOurs && state.ownEpoch === undefined && state.postgres.is === "absent" && state.pending === "none"
    ? { ...state, ownEpoch: epoch.number }
    : state;
});

/** The postmaster's exit counts as the end of all its processes. */
const exitIsEnough: Wiring["step"] = (state, event) => {
  if (event.kind !== "postgres-exited" || state.postgres.is !== "started") return step(state, event);
  const [next, effects] = step(state, event);
  const [absent, more] = step(next, { kind: "lock-acquired", order: next.shared?.order ?? 0 });
  return [absent, [...effects.filter((effect) => effect.do !== "take-lock"), ...more]];
};

const grantForAnyEpoch: Wiring["step"] = (state, event) => {
  const [next, effects] = step(state, event);
  const epoch = next.shared?.seen.epoch;
  const grant = event.kind === "grant" ? event.grant : state.grant;
  const isWaiting = next.postgres.is === "absent" && next.pending === "none" && next.intent === "serve";
  if (grant === undefined || epoch === undefined || !isWaiting || epoch.holder === next.instanceId) {
    return [{ ...next, grant }, effects];
  }
  const make: Effect = { do: "make-epoch", number: epoch.number + 1, because: "mutant: a grant is a grant" };
  return [{ ...next, grant, pending: "make" }, [...effects, make]];
};

type Around = Parameters<Wiring["surround"]>[0];
type Sent = { readonly constructor: { readonly name: string }; readonly input: Readonly<Record<string, unknown>> };

/** What the failover function gets to see of EC2, changed. */
function withEc2(change: (name: string, answer: Answered, sent: Sent) => unknown): Wiring["surround"] {
  return (around: Around): Around => {
    const send = async (command: Sent, options: unknown) => {
      const answer = await Reflect.apply(around.clients.ec2.send, around.clients.ec2, [command, options]);
      return change(command.constructor.name, answer as Answered, command);
    };
    return { ...around, clients: { ...around.clients, ec2: { send } as unknown as Around["clients"]["ec2"] } };
  };
}

interface Answered {
  readonly Reservations?: readonly { readonly Instances?: readonly { readonly State: { readonly Name: string } }[] }[];
}

/** Takes the word that it will end for the word that it has ended. */
const shuttingDownIsDead = withEc2((_name, answer) => {
  if (answer.Reservations === undefined) return answer;
  return {
    Reservations: answer.Reservations.map(({ Instances = [] }) => ({
      Instances: Instances.map((instance) =>
        instance.State.Name === "shutting-down" ? { ...instance, State: { Name: "terminated" } } : instance,
      ),
    })),
  };
});

const noSourceDestCheck: Wiring["surround"] = (around) => {
  const send = (command: Sent, options: unknown) =>
    command.constructor.name === "ModifyInstanceAttributeCommand"
      ? Promise.resolve({})
      : Reflect.apply(around.clients.ec2.send, around.clients.ec2, [command, options]);
  return { ...around, clients: { ...around.clients, ec2: { send } as unknown as Around["clients"]["ec2"] } };
};

/** The probe's report, changed. */
function withProbe(change: (report: Report) => Report): Wiring["surround"] {
  return (around) => {
    const send = async (command: unknown, options: unknown) => {
      const answer = await Reflect.apply(around.clients.lambda.send, around.clients.lambda, [command, options]);
      const payload = JSON.parse(Buffer.from(answer.Payload).toString("utf8")) as Report;
      return { Payload: Buffer.from(JSON.stringify(change(payload))) };
    };
    return { ...around, clients: { ...around.clients, lambda: { send } as unknown as Around["clients"]["lambda"] } };
  };
}

interface Report {
  readonly results: readonly {
    readonly instanceId: string;
    readonly agent?: { readonly ready: boolean; readonly role: string };
  }[];
  readonly opinions: readonly { readonly by: string; readonly about: string; readonly reached: boolean }[];
}

/** Every standby is said to miss what the probe misses. */
const noSecondOpinion = withProbe((report) => ({
  ...report,
  opinions: report.opinions.map((opinion) => ({ ...opinion, reached: false })),
}));

/** Whoever answers is taken for a standby that could take over. */
const readinessIgnored = withProbe((report) => ({
  ...report,
  results: report.results.map((result) =>
    result.agent === undefined ? result : { ...result, agent: { ...result.agent, ready: true } },
  ),
}));

const neverReleases: Wiring["step"] = withStep((_before, [state, effects]) => [
  state,
  effects.map((effect) =>
    effect.do === "release-epoch" ? { do: "exit", because: "mutant: without a release" } : effect,
  ),
]);

const ignoresGrants: Wiring["judgeGrant"] = (state, grant) => ({ ...judgeGrant(state, grant), accepted: false });

const without = (op: FileOperation["op"], of: SharedRequest["do"]): AnswerRequest =>
  withOperations((operation, request) => (operation.op === op && request.do === of ? undefined : operation));

const mutant = (name: string, seedsMax: number, changes: Partial<Wiring>): Mutant => ({
  name,
  seedsMax,
  wiring: { ...realWiring, ...changes },
});

export const MUTANTS: readonly Mutant[] = [
  mutant("epoch made without exclusion", 2_000, { answerRequest: notExclusive }),
  mutant("error of link taken as success", 2_000, { answerRequest: linkErrorTakenAsSuccess }),
  mutant("started without a grant", 100, { step: startsWithoutGrant() }),
  mutant("released before postgres has ended", 500, { step: releasesBeforeExit }),
  mutant("goes on in the epoch of a former process", 5_000, { step: goesOnInOldEpoch }),
  mutant("the postmaster's exit taken for the end of all", 1_000, { step: exitIsEnough }),
  mutant("grant not bound to its epoch", 2_000, {
    step: grantForAnyEpoch,
    judgeGrant: (state, grant) => ({ ...judgeGrant(state, grant), accepted: true }),
  }),
  mutant("granted before EC2 says terminated", 1_000, { surround: shuttingDownIsDead }),
  mutant("released without writing back", 5_000, { answerRequest: without("sync-file-system", "release-epoch") }),
  mutant("fenced without a second opinion", 2_000, { surround: noSecondOpinion }),
  mutant("fenced though nobody could take over", 1_000, { surround: readinessIgnored }),
  mutant("source/destination check left on", 100, { surround: noSourceDestCheck }),
  mutant("never releases", 500, { step: neverReleases }),
  mutant("ignores grants", 500, { judgeGrant: ignoresGrants }),
];
