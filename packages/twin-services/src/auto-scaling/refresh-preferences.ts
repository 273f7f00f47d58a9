import type { RefreshPreferences as SdkPreferences } from "@aws-sdk/client-auto-scaling";
import { AwsError } from "@cloudy/twin-wire/operation.ts";
import { refuseUnknown } from "./refuse-unknown.ts";

export interface RefreshPreferences {
  readonly minHealthyPercentage: number;
  readonly maxHealthyPercentage: number;
  readonly warmup_s: number | undefined;
  readonly skipMatching: boolean;
  readonly autoRollback: boolean;
  readonly alarms: readonly string[];
  /** What becomes of instances that are protected from scaling in: `Wait` until they are not, leave them, or replace them too. */
  readonly protectedInstances: "Wait" | "Ignore" | "Refresh";
}

/** AWS's defaults for what is not given; throws AwsError for what AWS refuses, and for what the twin does not model. */
export function refreshPreferences(given: SdkPreferences = {}): RefreshPreferences {
  const { MinHealthyPercentage: min = 90, MaxHealthyPercentage: max = 100, InstanceWarmup, SkipMatching } = given;
  const { AutoRollback, AlarmSpecification, ScaleInProtectedInstances, ...others } = given;
  const { MinHealthyPercentage, MaxHealthyPercentage, InstanceWarmup: _, SkipMatching: __, ...unknown } = others;
  refuseUnknown("RefreshPreferences", unknown);
  if (min < 0 || min > 100) throw invalid(`MinHealthyPercentage ${min} is not between 0 and 100.`);
  if (max < 100 || max > 200) throw invalid(`MaxHealthyPercentage ${max} is not between 100 and 200.`);
  if (max - min > 100) throw invalid(`MaxHealthyPercentage ${max} is more than 100 above MinHealthyPercentage ${min}.`);
  return {
    minHealthyPercentage: min,
    maxHealthyPercentage: max,
    warmup_s: InstanceWarmup,
    skipMatching: SkipMatching ?? false,
    autoRollback: AutoRollback ?? false,
    alarms: AlarmSpecification?.Alarms ?? [],
    protectedInstances: protectedChoice(ScaleInProtectedInstances),
  };
}

function protectedChoice(choice: string = "Wait"): RefreshPreferences["protectedInstances"] {
  if (choice === "Wait" || choice === "Ignore" || choice === "Refresh") return choice;
  throw invalid(`ScaleInProtectedInstances ${choice} is not Wait, Ignore or Refresh.`);
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationError", message);
}
