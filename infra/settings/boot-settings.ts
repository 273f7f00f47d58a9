import type { SettingGroup } from "./setting.ts";

/** How long a boot may take, for every kind of instance: what waits for one, or gives one up, follows from it. */
export const BOOT = {
  bootSeconds: {
    type: "whole number",
    default: 600,
    min: 120,
    max: 3600,
    unit: "seconds",
    description: "an instance that is not in service within this long after its launch is replaced",
  },
} as const satisfies SettingGroup;
