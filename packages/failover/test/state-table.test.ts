import { readFileSync } from "node:fs";
import type { AgentStatus } from "@cloudy/contracts/agent-status.ts";
import { describe, expect, test } from "vitest";
import { decide } from "../src/decision/decide.ts";
import type { InstanceView, Observation, RouteTableView } from "../src/decision/observation.ts";

/** Everything decide() distinguishes, for a holder i-a, a standby i-b and one more instance i-c. */
const DOMAIN = {
  probe: [true, false],
  state: ["running", "shutting-down", "terminated", "gone", "long gone"],
  status: ["ok", "impaired"],
  agentA: ["primary", "unfit", "cut off", "stopping", "stuck", "none"],
  postgresA: ["accepting", "starting", "unreachable"],
  agentB: ["ready", "no fitter", "unready", "none"],
  epoch: ["held", "released", "none"],
  /** What i-b says about i-a. */
  opinion: ["misses", "reaches", "none"],
  otherEnds: [false, true],
  fences: [[], [-3, -2, -1]],
  route: ["to i-a", "to i-a, blackhole", "to i-b", "none"],
  before: ["the same", "i-a served", "i-b was not ready", "blind", "nothing"],
} as const;

const ENDED = { code: "certificate-ended", because: "its certificate has ended" };

type Picture = { -readonly [Name in keyof typeof DOMAIN]: (typeof DOMAIN)[Name][number] };

function* pictures(): Generator<Picture> {
  const names = Object.keys(DOMAIN) as (keyof Picture)[];
  const total = names.reduce((product, name) => product * DOMAIN[name].length, 1);
  for (let index = 0; index < total; index += 1) {
    let rest = index;
    const picture: Record<string, unknown> = {};
    for (const name of names) {
      const values = DOMAIN[name];
      picture[name] = values[rest % values.length];
      rest = Math.floor(rest / values.length);
    }
    yield picture as Picture;
  }
}

function observationOf(picture: Picture): Observation {
  const epoch = picture.epoch === "none" ? null : { number: 1, holder: "i-a", released: picture.epoch === "released" };
  const status: AgentStatus = {
    instanceId: "i-a",
    role: "primary",
    epoch,
    fileSystem: "ok",
    ready: false,
    notReady: [],
  };
  const agents: Record<Picture["agentA"] | Picture["agentB"], AgentStatus | undefined> = {
    none: undefined,
    primary: status,
    "cut off": { ...status, fileSystem: "unreachable" },
    unfit: { ...status, unfit: [ENDED] },
    stopping: { ...status, role: "stopping" },
    stuck: { ...status, role: "stopping", unfit: [{ code: "release-overdue", because: "stuck" }] },
    ready: { ...status, instanceId: "i-b", role: "standby", ready: true },
    "no fitter": { ...status, instanceId: "i-b", role: "standby", ready: true, unfit: [ENDED] },
    unready: { ...status, instanceId: "i-b", role: "standby", notReady: ["because"] },
  };
  const instance = (instanceId: string, more: Partial<InstanceView> = {}): InstanceView => {
    return { instanceId, privateIp: "10.0.1.5", state: "running", status: "ok", sourceDestCheck: false, ...more };
  };
  const { state } = picture;
  const isGone = state === "gone" || state === "long gone";
  const holder = instance("i-a", {
    status: picture.status,
    ...(isGone ? { state: "gone", goneRounds: state === "gone" ? 99 : 100 } : { state }),
  });
  const routes: Record<Picture["route"], RouteTableView["route"]> = {
    "to i-a": { instanceId: "i-a", state: "active" },
    "to i-a, blackhole": { instanceId: "i-a", state: "blackhole" },
    "to i-b": { instanceId: "i-b", state: "active" },
    none: undefined,
  };
  const opinions =
    picture.opinion === "none" ? [] : [{ by: "i-b", about: "i-a", reached: picture.opinion === "reaches" }];
  return {
    instances: [holder, instance("i-b"), ...(picture.otherEnds ? [instance("i-c", { state: "shutting-down" })] : [])],
    routeTables: [{ id: "rtb-1", route: routes[picture.route] }],
    recentFences: picture.fences,
    probe: picture.probe
      ? {
          results: [
            { instanceId: "i-a", agent: agents[picture.agentA], postgres: picture.postgresA },
            { instanceId: "i-b", agent: agents[picture.agentB], postgres: "unreachable" },
          ],
          opinions,
        }
      : undefined,
  };
}

function previousOf(picture: Picture): Observation | undefined {
  switch (picture.before) {
    case "nothing":
      return undefined;
    case "the same":
      return observationOf(picture);
    case "i-b was not ready":
      return observationOf({ ...picture, agentB: "unready" });
    case "blind":
      return observationOf({ ...picture, probe: false });
    case "i-a served":
      return observationOf({ ...picture, state: "running", agentA: "primary", postgresA: "accepting" });
  }
}

const isReady = (picture: Picture) => picture.agentB === "ready" || picture.agentB === "no fitter";
const isMissed = (picture: Picture) => picture.agentA === "none" && picture.postgresA === "unreachable";
const isLost = (picture: Picture) => isMissed(picture) || picture.agentA === "cut off" || picture.agentA === "stuck";
const isAgain = (picture: Picture) => picture.before === "the same";
/** By a reason that the standby does not share. */
const isUnfit = (picture: Picture) => picture.agentA === "unfit" && picture.agentB === "ready";
const isServing = ({ probe, state, postgresA, epoch, agentA, agentB }: Picture) =>
  probe &&
  state === "running" &&
  postgresA === "accepting" &&
  epoch !== "none" &&
  (agentA === "primary" || agentA === "unfit" || (agentA === "none" && agentB !== "none"));
const lead = ({ route }: Picture) => (route === "to i-a" ? "keep-route i-a" : `${move}a`);
const isConfirmed = (picture: Picture) =>
  picture.agentA === "cut off" ||
  picture.agentA === "stuck" ||
  picture.status === "impaired" ||
  picture.opinion === "misses";
/** Unknown in the round before too, and nobody heard of it in either. */
const isForgotten = (picture: Picture) =>
  picture.state === "long gone" &&
  (isAgain(picture) || picture.before === "i-b was not ready") &&
  isMissed(picture) &&
  picture.opinion !== "reaches";

const deadRoute = (picture: Picture) => picture.route === "none" || picture.route === "to i-a, blackhole";
const move = "move-route i-";
const nothing = () => [];

/** The README's table: what is seen (in its words), the first word of what is done, and both in terms of a picture. */
const ROWS: readonly [string, string, (picture: Picture) => boolean, (picture: Picture) => readonly string[]][] = [
  [
    "holder runs and accepts sessions, but by its clock its certificate has ended, twice, and a ready standby's has not",
    "order",
    (picture) => isServing(picture) && picture.epoch === "held" && isUnfit(picture) && isAgain(picture),
    (picture) => [lead(picture), "order-step-down i-a"],
  ],
  [
    "holder runs and accepts sessions, not cut off, not stepping down",
    "route",
    isServing,
    (picture) => [lead(picture)],
  ],
  [
    "no probe, or no agent reached",
    "nothing",
    ({ probe, agentA, agentB }) => !probe || (agentA === "none" && agentB === "none"),
    nothing,
  ],
  ["no epoch, or it is released", "nothing", ({ epoch }) => epoch !== "held", nothing],
  [
    "holder terminated in EC2, a standby is ready",
    "grant",
    (picture) => picture.state === "terminated" && isReady(picture),
    (picture) => ["grant i-b", ...(picture.route === "to i-b" ? [] : [`${move}b`])],
  ],
  [
    "holder unknown to EC2 for 100 rounds in a row and unheard of, a standby is ready",
    "grant",
    (picture) => isForgotten(picture) && isReady(picture),
    (picture) => ["grant i-b", ...(picture.route === "to i-b" ? [] : [`${move}b`])],
  ],
  [
    "holder terminated or unknown to EC2",
    "nothing",
    ({ state }) => state === "terminated" || state === "gone" || state === "long gone",
    nothing,
  ],
  ["holder shutting down", "nothing", ({ state }) => state === "shutting-down", nothing],
  [
    "holder reached and not fit, for a reason that a ready standby does not share, twice",
    "order",
    (picture) => isUnfit(picture) && isAgain(picture),
    () => ["order-step-down i-a"],
  ],
  ["holder reached and not fit, for a reason that a ready standby does not share", "nothing", isUnfit, nothing],
  [
    "holder reached and not cut off",
    "wait",
    (picture) => !isLost(picture),
    ({ agentA, ...picture }) =>
      (agentA === "primary" || agentA === "unfit") && deadRoute({ agentA, ...picture }) ? [`${move}a`] : [],
  ],
  ["holder missed, cut off or stuck, no standby is ready", "nothing", (picture) => !isReady(picture), nothing],
  [
    "holder missed, cut off or stuck, another database instance is shutting down",
    "nothing",
    ({ otherEnds }) => otherEnds,
    nothing,
  ],
  [
    "holder missed, cut off or stuck in this round only, or the standby not ready in both",
    "nothing",
    (picture) => !isAgain(picture),
    nothing,
  ],
  [
    "holder missed twice, neither the standby's own look nor EC2's `impaired` confirms it",
    "nothing",
    (picture) => !isConfirmed(picture),
    nothing,
  ],
  [
    "holder missed, cut off or stuck twice, three other epochs' holders were fenced within the hour",
    "nothing",
    ({ fences }) => fences.length > 0,
    nothing,
  ],
  ["holder missed, cut off or stuck twice", "fence", () => true, () => ["fence i-a"]],
];

describe("the state table of the README", () => {
  test("lists exactly these rows", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const rows = readme.split("\n").flatMap((line) => {
      const [, seen, done] = /^\| (.*?) +\| (\w+): .*\|$/.exec(line) ?? [];
      return seen === undefined || done === undefined ? [] : [[seen, done]];
    });
    expect(rows).toEqual(ROWS.map(([seen, done]) => [seen, done]));
  });

  test("D4: decide does in every combination what the first row that fits says, and every row is met", () => {
    const met = new Map<string, number>();
    for (const picture of pictures()) {
      const row = ROWS.find(([, , fits]) => fits(picture));
      const [seen = "", , , done = nothing] = row ?? [];
      met.set(seen, (met.get(seen) ?? 0) + 1);
      const plan = decide(observationOf(picture), previousOf(picture));
      const did = plan.actions.map((action) => {
        return `${action.do} ${action.do === "grant" ? action.successor : action.instanceId}`;
      });
      if (did.join() !== done(picture).join())
        expect({ seen, picture, did }).toEqual({ seen, picture, did: done(picture) });
      if (plan.sentence === "" || plan.online !== (isServing(picture) ? 1 : 0)) {
        expect({ seen, picture, plan }).toBe("a sentence, and online only if it serves");
      }
    }
    expect([...met.keys()].toSorted()).toEqual(ROWS.map(([seen]) => seen).toSorted());
  });

  test("the code of a decision says which row fits", () => {
    const codes = ROWS.map(() => new Set<string>());
    for (const picture of pictures()) {
      const row = ROWS.findIndex(([, , fits]) => fits(picture));
      codes[row]?.add(decide(observationOf(picture), previousOf(picture)).code);
    }
    expect(codes.map((met) => [...met].toSorted())).toEqual([
      ["holder-unfit"],
      ["serves"],
      ["blind"],
      ["epoch-released", "no-epoch"],
      ["successor-found"],
      ["successor-found"],
      ["holder-unknown", "terminated-without-standby"],
      ["holder-shutting-down"],
      ["holder-unfit"],
      ["looks-again"],
      ["holder-reached"],
      ["lost-without-standby"],
      ["one-at-a-time"],
      ["looks-again"],
      ["unconfirmed"],
      ["too-many-fences"],
      ["holder-lost"],
    ]);
  });
});
