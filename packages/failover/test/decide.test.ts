import type { AgentStatus } from "@cloudy/contracts/agent-status.ts";
import type { ProbeResult } from "@cloudy/contracts/probe-answer.ts";
import { describe, expect, test } from "vitest";
import { decide } from "../src/decision/decide.ts";
import type { InstanceView, Observation, RouteTableView } from "../src/decision/observation.ts";
import type { Action } from "../src/decision/plan.ts";

/** A cluster of two, built by what is different from: i-a serves in epoch 1, i-b stands by, the route is right. */
interface Picture {
  a?: Partial<InstanceView>;
  b?: Partial<InstanceView>;
  /** `null`: the agent is not reached. */
  agentA?: Partial<AgentStatus> | null;
  agentB?: Partial<AgentStatus> | null;
  postgresA?: ProbeResult["postgres"];
  postgresB?: ProbeResult["postgres"];
  opinion?: boolean | "none";
  routes?: readonly RouteTableView["route"][];
  blind?: boolean;
  without?: readonly string[];
  recentFences?: readonly number[];
}

const EPOCH = { number: 1, holder: "i-a", released: false };

function cluster(picture: Picture = {}): Observation {
  const instance = (instanceId: string, privateIp: string, more: Partial<InstanceView> = {}): InstanceView => ({
    instanceId,
    privateIp,
    state: "running",
    status: "ok",
    sourceDestCheck: false,
    ...more,
  });
  const agent = (status: AgentStatus, change: Partial<AgentStatus> | null | undefined) =>
    change === null ? undefined : { ...status, ...change };
  const primary: AgentStatus = {
    instanceId: "i-a",
    role: "primary",
    epoch: EPOCH,
    fileSystem: "ok",
    ready: false,
    notReady: ["its role is primary"],
  };
  const standby: AgentStatus = { ...primary, instanceId: "i-b", role: "standby", ready: true, notReady: [] };
  const { routes = [{ instanceId: "i-a", state: "active" }], opinion = false, without = [] } = picture;
  return {
    instances: [instance("i-a", "10.0.1.5", picture.a), instance("i-b", "10.0.3.5", picture.b)].filter(
      ({ instanceId }) => !without.includes(instanceId),
    ),
    routeTables: routes.map((route, index) => ({ id: `rtb-${index + 1}`, route })),
    recentFences: picture.recentFences ?? [],
    probe: picture.blind
      ? undefined
      : {
          results: [
            { instanceId: "i-a", agent: agent(primary, picture.agentA), postgres: picture.postgresA ?? "accepting" },
            { instanceId: "i-b", agent: agent(standby, picture.agentB), postgres: picture.postgresB ?? "unreachable" },
          ].filter(({ instanceId }) => !without.includes(instanceId)),
          opinions: opinion === "none" ? [] : [{ by: "i-b", about: "i-a", reached: opinion }],
        },
  };
}

const LOST: Picture = { agentA: null, postgresA: "unreachable" };
const does = (actions: readonly Action[]) => actions.map((action) => action.do);

describe("decide: a primary serves", () => {
  test("F3: the right route is kept", () => {
    expect(decide(cluster(), undefined)).toEqual({
      code: "serves",
      sentence: "i-a serves; nothing to do",
      actions: [{ do: "keep-route", routeTableId: "rtb-1", instanceId: "i-a" }],
      online: 1,
      blind: false,
      soon: false,
      result: { statusCode: 200, body: "Route points to i-a" },
    });
  });

  test("F4: a missing route is created, a wrong and a blackhole one are replaced, in every table", () => {
    const { sentence, actions } = decide(
      cluster({
        routes: [
          undefined,
          { instanceId: "i-b", state: "active" },
          { instanceId: "i-a", state: "blackhole" },
          { instanceId: undefined, state: "blackhole" },
          { instanceId: "i-a", state: "active" },
        ],
      }),
      undefined,
    );
    expect(sentence).toBe("i-a serves; 4 of 5 route tables must be led to it");
    expect(does(actions)).toEqual(["move-route", "move-route", "move-route", "move-route", "keep-route"]);
    expect(actions[1]).toEqual({
      do: "move-route",
      routeTableId: "rtb-2",
      instanceId: "i-a",
      seen: { instanceId: "i-b", state: "active" },
    });
  });

  test("F5: the source/destination check is disabled before the route moves", () => {
    const { actions } = decide(cluster({ a: { sourceDestCheck: true }, routes: [undefined] }), undefined);
    expect(does(actions)).toEqual(["disable-source-dest-check", "move-route"]);
  });

  test("F2: while its agent restarts, an accepting holder of the epoch still counts", () => {
    expect(decide(cluster({ agentA: null }), undefined).online).toBe(1);
  });

  test("F2: an accepting postgres of an older epoch is no writer", () => {
    const later = { number: 2, holder: "i-b", released: false };
    const { actions } = decide(
      cluster({ agentB: { role: "primary", epoch: later }, postgresB: "accepting" }),
      undefined,
    );
    expect(actions).toMatchObject([{ do: "move-route", routeTableId: "rtb-1", instanceId: "i-b" }]);
  });
});

describe("decide: nobody serves, and it is not certain that nobody will", () => {
  const lost = cluster(LOST);
  test.each<[string, Observation, Observation | undefined, string]>([
    ["no probe", cluster({ blind: true }), lost, "blind: the probe function did not answer; nothing is changed"],
    [
      "no agent reached",
      cluster({ ...LOST, agentB: null }),
      lost,
      "blind: none of 2 agents was reached; nothing is changed",
    ],
    ["first round", lost, undefined, "i-a, the holder of epoch 1, is not reached; looks once more"],
    ["served before", lost, cluster(), "i-a, the holder of epoch 1, is not reached; looks once more"],
    [
      "standby not reached before",
      lost,
      cluster({ ...LOST, agentB: null }),
      "i-a, the holder of epoch 1, is not reached; looks once more",
    ],
    [
      "another epoch before",
      lost,
      cluster({ ...LOST, agentB: { epoch: { ...EPOCH, number: 3 } } }),
      "i-a, the holder of epoch 1, is not reached; looks once more",
    ],
    [
      "standby reaches the holder",
      cluster({ ...LOST, opinion: true }),
      lost,
      "i-a, the holder of epoch 1, is not reached from here, but i-b does not confirm it: nothing is changed",
    ],
    [
      "standby was not asked",
      cluster({ ...LOST, opinion: "none" }),
      lost,
      "i-a, the holder of epoch 1, is not reached from here, but i-b does not confirm it: nothing is changed",
    ],
    [
      "standby not ready",
      cluster({ ...LOST, agentB: { ready: false, notReady: ["its secrets are not loaded yet"] } }),
      lost,
      "i-a, the holder of epoch 1, is not reached, but no standby is ready (i-b: its secrets are not loaded yet)",
    ],
    [
      "recovering",
      cluster({ postgresA: "starting" }),
      cluster({ postgresA: "starting" }),
      "i-a, the holder of epoch 1, is reached: waits for its postgres",
    ],
    [
      "only the agent is away",
      cluster({ agentA: null, postgresA: "starting" }),
      lost,
      "i-a, the holder of epoch 1, is reached: waits for its postgres",
    ],
    [
      "shutting down",
      cluster({ ...LOST, a: { state: "shutting-down" } }),
      lost,
      "i-a, the holder of epoch 1, is shutting down; waits for EC2 to call it terminated",
    ],
    [
      "both cut off from the file system",
      cluster({
        agentA: { fileSystem: "unreachable" },
        agentB: { fileSystem: "unreachable", ready: false, notReady: ["no files"] },
      }),
      cluster({
        agentA: { fileSystem: "unreachable" },
        agentB: { fileSystem: "unreachable", ready: false, notReady: ["no files"] },
      }),
      "i-a, the holder of epoch 1, cannot reach the file system, but no standby is ready (i-b: no files)",
    ],
    [
      "released",
      cluster({ ...LOST, agentB: { epoch: { ...EPOCH, released: true } } }),
      lost,
      "epoch 1 is released: waits for an agent to make the next one",
    ],
    [
      "no epoch",
      cluster({ postgresA: "unreachable", agentA: { epoch: null }, agentB: { epoch: null } }),
      undefined,
      "no epoch exists yet: waits for an agent to make the first one",
    ],
    [
      "gone for a while",
      cluster({ ...LOST, a: { state: "gone", goneRounds: 99 } }),
      cluster({ ...LOST, a: { state: "gone", goneRounds: 98 } }),
      "i-a, the holder of epoch 1, is unknown to EC2 (round 99 of 100)",
    ],
    [
      "gone for long, but the standby reaches it",
      cluster({ ...LOST, a: { state: "gone", goneRounds: 139 }, opinion: true }),
      cluster({ ...LOST, a: { state: "gone", goneRounds: 138 } }),
      "i-a, the holder of epoch 1, is unknown to EC2 (round 139 of 100)",
    ],
    [
      "gone for long, but it answered a round ago",
      cluster({ ...LOST, a: { state: "gone", goneRounds: 139 } }),
      cluster({ postgresA: "starting", a: { state: "gone", goneRounds: 138 } }),
      "i-a, the holder of epoch 1, is unknown to EC2 (round 139 of 100)",
    ],
    [
      "three fences in the hour",
      cluster({ ...LOST, agentB: { epoch: { ...EPOCH, number: 9 } }, recentFences: [6, 7, 8] }),
      cluster({ ...LOST, agentB: { epoch: { ...EPOCH, number: 9 } }, recentFences: [6, 7, 8] }),
      "i-a, the holder of epoch 9, is not reached, but 3 fences in an hour are enough: look at the cause, then terminate it by hand",
    ],
    [
      "terminated without a standby",
      cluster({ ...LOST, a: { state: "terminated" }, agentB: { ready: false, notReady: ["its role is starting"] } }),
      lost,
      "i-a, the holder of epoch 1, is terminated, and no standby is ready (i-b: its role is starting)",
    ],
  ])("F6: %s: nothing is changed", (_, current, previous, sentence) => {
    expect(decide(current, previous)).toMatchObject({
      sentence,
      actions: [],
      online: 0,
      blind: sentence.startsWith("blind"),
      soon: /is released|is shutting down|is reached: waits/.test(sentence),
      result: { statusCode: 403, body: "No online instances to work with" },
    });
  });
});

describe("decide: the holder is lost", () => {
  test("F2: missed twice, confirmed by a ready standby: fenced", () => {
    const { actions, sentence } = decide(cluster(LOST), cluster(LOST));
    const because = "it is not reached in two rounds, i-b does not reach it either, and i-b is ready";
    expect(actions).toEqual([{ do: "fence", instanceId: "i-a", epoch: 1, because }]);
    expect(sentence).toBe(`i-a, the holder of epoch 1, is ended: ${because}`);
  });

  test("F2: EC2's word stands in for the standby's", () => {
    const impaired = cluster({ ...LOST, opinion: "none", a: { status: "impaired" } });
    expect(decide(impaired, impaired).sentence).toContain("EC2 calls it impaired");
    expect(does(decide(impaired, impaired).actions)).toEqual(["fence"]);
  });

  // Found by the simulator: with two standbys the one that was chosen sat on the probe's side of a partition.
  test("D4: a holder that any standby reaches is not fenced", () => {
    const lost = cluster({ ...LOST, opinion: false });
    const reached = { by: "i-c", about: "i-a", reached: true };
    const seen = { ...lost, probe: { ...lost.probe!, opinions: [...lost.probe!.opinions, reached] } };
    expect(does(decide(lost, lost).actions)).toEqual(["fence"]);
    expect(decide(seen, seen).actions).toEqual([]);
    expect(decide(seen, seen).sentence).toContain("does not confirm it: nothing is changed");
  });

  test("D4: a holder cut off from the file system that the standby reaches is fenced, even if it still answers", () => {
    const cut = cluster({ agentA: { fileSystem: "unreachable" } });
    expect(decide(cut, undefined).sentence).toContain("cannot reach the file system; looks once more");
    expect(does(decide(cut, cut).actions)).toEqual(["fence"]);
  });

  test("D4: one fence at a time", () => {
    const ending: InstanceView = { ...cluster().instances[1]!, instanceId: "i-c", state: "shutting-down" };
    const lost = cluster(LOST);
    const { actions, sentence } = decide({ ...lost, instances: [...lost.instances, ending] }, lost);
    expect(actions).toEqual([]);
    expect(sentence).toContain("i-c is being ended already: one at a time");
  });

  test.each([
    ["terminated", cluster({ ...LOST, a: { state: "terminated" } }), undefined],
    [
      "gone for long",
      cluster({ ...LOST, a: { state: "gone", goneRounds: 100 } }),
      cluster({ ...LOST, a: { state: "gone", goneRounds: 99 } }),
    ],
  ])("D4: %s: the standby gets the grant at once", (_, current, previous) => {
    const { sentence, actions } = decide(current, previous);
    expect(sentence).toBe("i-a, the holder of epoch 1, is terminated: i-b may take over");
    expect(actions[0]).toEqual({
      do: "grant",
      epoch: 1,
      deadHolder: "i-a",
      successor: "i-b",
      successorIp: "10.0.3.5",
    });
  });

  test("D4: a fence of this very epoch that did not succeed does not count against its repetition", () => {
    const again = cluster({ ...LOST, recentFences: [-2, -1, 1] });
    expect(does(decide(again, again).actions)).toEqual(["fence"]);
  });

  test("F4: routes that lead nowhere follow the grant, after the check is off; a route to a live machine stays", () => {
    const dead = cluster({
      ...LOST,
      a: { state: "terminated" },
      b: { sourceDestCheck: true },
      routes: [
        { instanceId: "i-a", state: "blackhole" },
        { instanceId: "i-a", state: "active" },
        undefined,
        { instanceId: "i-c", state: "active" },
      ],
    });
    const { actions } = decide(dead, undefined);
    expect(does(actions)).toEqual(["grant", "disable-source-dest-check", "move-route", "move-route", "move-route"]);
    expect(actions.flatMap((action) => ("routeTableId" in action ? action.routeTableId : []))).toEqual([
      "rtb-1",
      "rtb-2",
      "rtb-3",
    ]);
  });

  test("F4: a blackhole is led to the new holder while its postgres still recovers", () => {
    const epoch = { number: 2, holder: "i-b", released: false };
    const recovering: Picture = {
      ...LOST,
      a: { state: "terminated" },
      agentB: { role: "primary", epoch, ready: false },
      postgresB: "starting",
    };
    const blackhole = { instanceId: "i-a", state: "blackhole" } as const;
    const { actions, online, soon } = decide(cluster({ ...recovering, routes: [blackhole] }), undefined);
    expect(actions).toEqual([{ do: "move-route", routeTableId: "rtb-1", instanceId: "i-b", seen: blackhole }]);
    expect({ online, soon }).toEqual({ online: 0, soon: true });
    const cutOff = cluster({ ...recovering, routes: [blackhole], agentB: { ...recovering.agentB, role: "stopping" } });
    expect(decide(cutOff, undefined).actions).toEqual([]);
  });

  test("D4: several standbys: the same one is chosen whoever asks", () => {
    const dead = cluster({ ...LOST, a: { state: "terminated" } });
    const other = { ...dead.instances[1]!, instanceId: "i-0" };
    const result = dead.probe!.results[1]!;
    const both = {
      ...dead,
      instances: [...dead.instances, other],
      probe: { ...dead.probe!, results: [...dead.probe!.results, { ...result, instanceId: "i-0" }] },
    };
    const reversed = { ...both, instances: both.instances.toReversed() };
    expect(decide(both, undefined).actions).toEqual(decide(reversed, undefined).actions);
    expect(decide(both, undefined).actions[0]).toMatchObject({ do: "grant", successor: "i-0" });
  });
});
