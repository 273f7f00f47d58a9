import type {
  CancelInstanceRefreshAnswer,
  CancelInstanceRefreshType,
  RollbackInstanceRefreshAnswer,
  RollbackInstanceRefreshType,
  StartInstanceRefreshAnswer,
  StartInstanceRefreshType,
} from "@aws-sdk/client-auto-scaling";
import { AwsError, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import type { Alarms } from "../cloudwatch/alarms.ts";
import type { AutoScaling } from "./auto-scaling.ts";
import { groupNamed, onGroup } from "./group-queries.ts";
import { type TemplateReference, templateReference } from "./group-settings.ts";
import type { InstanceRefreshes } from "./instance-refresh.ts";
import { type RefreshPreferences, refreshPreferences } from "./refresh-preferences.ts";
import { refuseUnknown } from "./refuse-unknown.ts";

export function refreshOperations(scaling: AutoScaling, alarms: Alarms): Operations {
  return {
    StartInstanceRefresh: operation<StartInstanceRefreshType, StartInstanceRefreshAnswer>({
      access: (request) => onGroup(scaling, "StartInstanceRefresh", request.AutoScalingGroupName),
      run: (request) => {
        const { settings } = groupNamed(scaling, request.AutoScalingGroupName);
        const refreshes = scaling.refreshes(settings.name);
        const running = refreshes.active();
        if (running !== undefined) {
          throw new AwsError(
            "InstanceRefreshInProgress",
            `Instance refresh ${running.id} of ${settings.name} is in progress; wait for it or cancel it.`,
          );
        }
        const { LaunchTemplate, ...others } = request.DesiredConfiguration ?? {};
        refuseUnknown("DesiredConfiguration", others);
        if (request.Strategy !== undefined && request.Strategy !== "Rolling") {
          throw invalid(`The twin knows the strategy Rolling, not ${request.Strategy}.`);
        }
        const desired = LaunchTemplate && templateReference(LaunchTemplate, settings.launchTemplate.id);
        const preferences = refreshPreferences(request.Preferences);
        checkRollback(preferences, desired, settings.launchTemplate);
        return { InstanceRefreshId: refreshes.start(preferences, desired, ringing(preferences, alarms)).id };
      },
    }),
    CancelInstanceRefresh: operation<CancelInstanceRefreshType, CancelInstanceRefreshAnswer>({
      access: (request) => onGroup(scaling, "CancelInstanceRefresh", request.AutoScalingGroupName),
      run: (request) => {
        const { refreshes, running } = active(scaling, request.AutoScalingGroupName);
        refreshes.cancel();
        return { InstanceRefreshId: running.id };
      },
    }),
    RollbackInstanceRefresh: operation<RollbackInstanceRefreshType, RollbackInstanceRefreshAnswer>({
      access: (request) => onGroup(scaling, "RollbackInstanceRefresh", request.AutoScalingGroupName),
      run: (request) => {
        const { refreshes, running } = active(scaling, request.AutoScalingGroupName);
        if (running.desired === undefined || running.status === "RollbackInProgress") {
          throw new AwsError(
            "IrreversibleInstanceRefresh",
            "The instance refresh cannot be rolled back: it has no desired configuration, or is rolled back already.",
          );
        }
        refreshes.rollBack("Rolled back by a user request.");
        return { InstanceRefreshId: running.id };
      },
    }),
  };
}

function active(scaling: AutoScaling, groupName: string | undefined) {
  const refreshes: InstanceRefreshes = scaling.refreshes(groupNamed(scaling, groupName).settings.name);
  const running = refreshes.active();
  if (running !== undefined) return { refreshes, running };
  throw new AwsError(
    "ActiveInstanceRefreshNotFound",
    `No in progress or pending Instance Refresh found for Auto Scaling group ${groupName}`,
  );
}

function checkRollback(
  { autoRollback }: RefreshPreferences,
  desired: TemplateReference | undefined,
  current: TemplateReference,
): void {
  if (!autoRollback) return;
  if (desired === undefined) {
    throw invalid(
      "The AutoRollback parameter cannot be set to true when the DesiredConfiguration parameter is empty. Set AutoRollback to false or specify a desired configuration and try again.",
    );
  }
  const moving = [desired, current].find(({ version }) => version.startsWith("$"));
  if (moving !== undefined) {
    throw invalid(
      `The AutoRollback parameter cannot be set to true with the launch template version ${moving.version}.`,
    );
  }
}

/** Alarms must exist when the refresh starts; the first that is in ALARM at any time fails it. */
function ringing({ alarms: names }: RefreshPreferences, alarms: Alarms): () => string | undefined {
  const missing = names.find((name) => !alarms.all().some(({ settings }) => settings.name === name));
  if (missing !== undefined) throw invalid(`The CloudWatch alarm ${missing} does not exist.`);
  return () =>
    alarms.all().find(({ settings, state }) => names.includes(settings.name) && state === "ALARM")?.settings.name;
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationError", message);
}
