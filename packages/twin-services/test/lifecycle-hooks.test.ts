import type {
  ActivitiesType,
  AutoScalingGroupsType,
  DescribeLifecycleHooksAnswer,
  Instance,
} from "@aws-sdk/client-auto-scaling";
import { describe, expect, test } from "vitest";
import { resource, smallStack, webGroup } from "./cloud-graph.ts";
import { cloudWorld } from "./cloud-world.ts";

type World = ReturnType<typeof cloudWorld>;

const launching = "autoscaling:EC2_INSTANCE_LAUNCHING";
const HOOK = "ready";

/** One web instance that nobody has called ready. */
async function waitingInstance(): Promise<{ readonly world: World; readonly id: string }> {
  const hook = { name: HOOK, lifecycleTransition: launching, heartbeatTimeout: 300, defaultResult: "ABANDON" };
  const one = { minSize: 1, desiredCapacity: 1, targetGroupArns: [], healthCheckType: "EC2" };
  const world = cloudWorld({ graph: smallStack(webGroup({ ...one, initialLifecycleHooks: [hook] })) });
  await world.settle();
  const [first] = await instances(world);
  return { world, id: first?.InstanceId ?? "" };
}

async function instances(world: World): Promise<readonly Instance[]> {
  const answer = await world.call<AutoScalingGroupsType>("auto-scaling", "DescribeAutoScalingGroups", {
    AutoScalingGroupNames: ["web"],
  });
  return answer.AutoScalingGroups?.[0]?.Instances ?? [];
}

async function states(world: World): Promise<readonly (string | undefined)[]> {
  return (await instances(world)).map((item) => item.LifecycleState);
}

function act(world: World, action: string, InstanceId: string, more: object = {}) {
  const request = { AutoScalingGroupName: "web", LifecycleHookName: HOOK, InstanceId, ...more };
  return world.call("auto-scaling", action, request);
}

describe("a launch hook", () => {
  test("an instance is in service once its action is completed, and not before", async () => {
    const { world, id } = await waitingInstance();
    expect(await states(world)).toEqual(["Pending:Wait"]);
    await act(world, "CompleteLifecycleAction", id, { LifecycleActionResult: "CONTINUE" });
    expect(await states(world)).toEqual(["Pending:Proceed"]);
    await world.clock.advance(2_000);
    expect(await states(world)).toEqual(["InService"]);
  });

  test("EventBridge hears of the action, with the token that completes it", async () => {
    const { world, id } = await waitingInstance();
    const told = world.events.find((event) => event.kind === "lifecycle-action");
    expect(told).toMatchObject({ groupName: "web", instanceId: id, hookName: HOOK });
    const LifecycleActionToken = told?.kind === "lifecycle-action" ? told.token : "";
    const complete = (token: string) =>
      act(world, "CompleteLifecycleAction", id, { LifecycleActionToken: token, LifecycleActionResult: "CONTINUE" });
    await expect(complete("another")).rejects.toThrow("No active Lifecycle Action found");
    await complete(LifecycleActionToken);
  });

  test("an action that is completed already is none any more", async () => {
    const { world, id } = await waitingInstance();
    const complete = () => act(world, "CompleteLifecycleAction", id, { LifecycleActionResult: "CONTINUE" });
    await complete();
    await expect(complete()).rejects.toThrow(`No active Lifecycle Action found with instance ID ${id}`);
    await world.clock.advance(2_000);
    expect(await states(world)).toEqual(["InService"]);
  });

  test("an instance that says nothing in its time is terminated and replaced, and the activity says why", async () => {
    const { world, id } = await waitingInstance();
    await world.clock.advance(400_000);
    const now = await instances(world);
    expect(now.map((item) => item.LifecycleState)).toEqual(["Pending:Wait"]);
    expect(now[0]?.InstanceId).not.toBe(id);
    const { Activities = [] } = await world.call<ActivitiesType>("auto-scaling", "DescribeScalingActivities", {
      AutoScalingGroupName: "web",
    });
    const launch = Activities.find((item) => item.Description === `Launching a new EC2 instance: ${id}`);
    expect(launch?.StatusCode).toBe("Cancelled");
    expect(launch?.StatusMessage).toMatch(
      /^Instance failed to complete user's Lifecycle Action: Lifecycle Action with token \S+ was abandoned: Heartbeat Timeout$/,
    );
  });

  test("ABANDON gives the instance up at once", async () => {
    const { world, id } = await waitingInstance();
    await act(world, "CompleteLifecycleAction", id, { LifecycleActionResult: "ABANDON" });
    await world.clock.advance(60_000);
    expect((await instances(world)).map((item) => item.InstanceId)).not.toContain(id);
  });

  test("each heartbeat gives it its time once more", async () => {
    const { world, id } = await waitingInstance();
    for (let beat = 0; beat < 4; beat += 1) {
      await act(world, "RecordLifecycleActionHeartbeat", id);
      await world.clock.advance(250_000);
    }
    expect((await instances(world)).map((item) => item.InstanceId)).toEqual([id]);
  });
});

describe("the hooks of a group", () => {
  test("a hook resource of the program is one of its group's; Put changes it and Delete removes it", async () => {
    const hook = resource("aws:autoscaling/lifecycleHook:LifecycleHook", HOOK, HOOK, {
      name: HOOK,
      autoscalingGroupName: "web",
      lifecycleTransition: launching,
      heartbeatTimeout: 120,
      defaultResult: "CONTINUE",
    });
    const world = cloudWorld({ graph: smallStack(hook) });
    const described = async () => {
      const request = { AutoScalingGroupName: "web" };
      const answer = await world.call<DescribeLifecycleHooksAnswer>("auto-scaling", "DescribeLifecycleHooks", request);
      return answer.LifecycleHooks;
    };
    expect(await described()).toEqual([
      {
        LifecycleHookName: HOOK,
        AutoScalingGroupName: "web",
        LifecycleTransition: launching,
        HeartbeatTimeout: 120,
        GlobalTimeout: 12_000,
        DefaultResult: "CONTINUE",
      },
    ]);
    const named = { AutoScalingGroupName: "web", LifecycleHookName: HOOK };
    await world.call("auto-scaling", "PutLifecycleHook", { ...named, HeartbeatTimeout: 600 });
    expect(await described()).toMatchObject([{ HeartbeatTimeout: 600, DefaultResult: "CONTINUE" }]);
    await world.call("auto-scaling", "DeleteLifecycleHook", named);
    expect(await described()).toEqual([]);
    await world.settle();
    expect(await states(world)).toEqual(["InService", "InService"]);
  });

  test("with CONTINUE as its result a silent instance goes into service when its time is over", async () => {
    const hook = { name: HOOK, lifecycleTransition: launching, heartbeatTimeout: 60, defaultResult: "CONTINUE" };
    const world = cloudWorld({ graph: smallStack(webGroup({ initialLifecycleHooks: [hook] })) });
    await world.settle();
    expect(await states(world)).toEqual(["InService", "InService"]);
  });

  test.each<[object, string]>([
    [
      { LifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING" },
      "the twin knows autoscaling:EC2_INSTANCE_LAUNCHING only",
    ],
    [{ LifecycleTransition: launching, HeartbeatTimeout: 10 }, "Heartbeat Timeout must be between 30 and 7200"],
    [{ LifecycleTransition: launching, DefaultResult: "MAYBE" }, "not CONTINUE or ABANDON"],
    [{ LifecycleTransition: launching, NotificationTargetARN: "arn" }, "does not model NotificationTargetARN"],
  ])("%j is refused", async (request, message) => {
    const world = cloudWorld();
    const put = { AutoScalingGroupName: "web", LifecycleHookName: HOOK, ...request };
    await expect(world.call("auto-scaling", "PutLifecycleHook", put)).rejects.toThrow(message);
  });
});
