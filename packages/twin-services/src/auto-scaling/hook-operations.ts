import type {
  CompleteLifecycleActionType,
  DeleteLifecycleHookType,
  DescribeLifecycleHooksAnswer,
  DescribeLifecycleHooksType,
  DescribeLifecycleHookTypesAnswer,
  PutLifecycleHookType,
  RecordLifecycleActionHeartbeatType,
} from "@aws-sdk/client-auto-scaling";
import { type Access, AwsError, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import type { AutoScaling } from "./auto-scaling.ts";
import { groupNamed, onGroup } from "./group-queries.ts";
import { LAUNCHING, lifecycleHook } from "./lifecycle-hook.ts";
import { refuseUnknown } from "./refuse-unknown.ts";
import type { ScalingGroup } from "./scaling-group.ts";

type Nothing = Record<never, never>;

interface Action {
  readonly AutoScalingGroupName?: string | undefined;
  readonly LifecycleHookName?: string | undefined;
  readonly LifecycleActionToken?: string | undefined;
  readonly InstanceId?: string | undefined;
}

/** Lifecycle hooks and the actions that instances wait for. */
export function hookOperations(scaling: AutoScaling): Operations {
  return { ...hookSettings(scaling), ...hookActions(scaling) };
}

function hookSettings(scaling: AutoScaling): Operations {
  const on =
    (action: string) =>
    (request: Action): readonly Access[] =>
      onGroup(scaling, action, request.AutoScalingGroupName);
  return {
    PutLifecycleHook: operation<PutLifecycleHookType, Nothing>({
      access: on("PutLifecycleHook"),
      run: ({ AutoScalingGroupName, LifecycleHookName = "", ...request }) => {
        const group = groupNamed(scaling, AutoScalingGroupName);
        const { LifecycleTransition, HeartbeatTimeout, DefaultResult, ...others } = request;
        refuseUnknown("PutLifecycleHook", others);
        const known = group.launchHooks.hooks.get(LifecycleHookName);
        try {
          const hook = lifecycleHook({
            name: LifecycleHookName,
            transition: LifecycleTransition ?? (known && LAUNCHING),
            heartbeat_s: HeartbeatTimeout ?? known?.heartbeat_s,
            defaultResult: DefaultResult ?? known?.defaultResult,
          });
          group.launchHooks.hooks.set(hook.name, hook);
        } catch (error) {
          throw new AwsError("ValidationError", error instanceof Error ? error.message : String(error));
        }
        return {};
      },
    }),
    DeleteLifecycleHook: operation<DeleteLifecycleHookType, Nothing>({
      access: on("DeleteLifecycleHook"),
      run: ({ AutoScalingGroupName, LifecycleHookName = "" }) => {
        const group = groupNamed(scaling, AutoScalingGroupName);
        if (!group.launchHooks.hooks.delete(LifecycleHookName)) throw noHook(LifecycleHookName);
        return {};
      },
    }),
    DescribeLifecycleHooks: operation<DescribeLifecycleHooksType, DescribeLifecycleHooksAnswer>({
      access: () => [{ action: "autoscaling:DescribeLifecycleHooks", resource: "*" }],
      run: ({ AutoScalingGroupName, LifecycleHookNames }) => {
        const group = groupNamed(scaling, AutoScalingGroupName);
        const found = [...group.launchHooks.hooks.values()].filter(
          ({ name }) => LifecycleHookNames?.includes(name) ?? true,
        );
        return {
          LifecycleHooks: found.map((hook) => ({
            LifecycleHookName: hook.name,
            AutoScalingGroupName: group.settings.name,
            LifecycleTransition: LAUNCHING,
            HeartbeatTimeout: hook.heartbeat_s,
            GlobalTimeout: Math.min(48 * 3_600, 100 * hook.heartbeat_s),
            DefaultResult: hook.defaultResult,
          })),
        };
      },
    }),
    DescribeLifecycleHookTypes: operation<Nothing, DescribeLifecycleHookTypesAnswer>({
      access: () => [{ action: "autoscaling:DescribeLifecycleHookTypes", resource: "*" }],
      run: () => ({ LifecycleHookTypes: [LAUNCHING] }),
    }),
  };
}

function hookActions(scaling: AutoScaling): Operations {
  return {
    CompleteLifecycleAction: operation<CompleteLifecycleActionType, Nothing>({
      access: (request) => onGroup(scaling, "CompleteLifecycleAction", request.AutoScalingGroupName),
      run: (request) => {
        const { group, hookName, instanceId, token } = actionOf(scaling, request);
        const result = request.LifecycleActionResult;
        if (result !== "CONTINUE" && result !== "ABANDON") {
          throw new AwsError("ValidationError", `LifecycleActionResult ${result} is not CONTINUE or ABANDON.`);
        }
        if (!group.launchHooks.complete(instanceId, hookName, token, result)) throw noAction(instanceId);
        return {};
      },
    }),
    RecordLifecycleActionHeartbeat: operation<RecordLifecycleActionHeartbeatType, Nothing>({
      access: (request) => onGroup(scaling, "RecordLifecycleActionHeartbeat", request.AutoScalingGroupName),
      run: (request) => {
        const { group, hookName, instanceId, token } = actionOf(scaling, request);
        if (!group.launchHooks.heartbeat(instanceId, hookName, token)) throw noAction(instanceId);
        return {};
      },
    }),
  };
}

function actionOf(scaling: AutoScaling, request: Action) {
  const group: ScalingGroup = groupNamed(scaling, request.AutoScalingGroupName);
  const hookName = request.LifecycleHookName ?? "";
  if (!group.launchHooks.hooks.has(hookName)) throw noHook(hookName);
  return { group, hookName, instanceId: request.InstanceId ?? "", token: request.LifecycleActionToken };
}

function noHook(name: string): AwsError {
  return new AwsError("ValidationError", `No Lifecycle Hook found with name ${name}`);
}

function noAction(instanceId: string): AwsError {
  return new AwsError("ValidationError", `No active Lifecycle Action found with instance ID ${instanceId}`);
}
