import type { SettingGroup } from "./setting.ts";

/** Which machine image instances start from. */
export const IMAGE = {
  imageTaken: {
    type: "text",
    default: "first",
    shape: { pattern: /^[A-Za-z0-9][A-Za-z0-9.-]{0,31}$/, words: "1 to 32 letters, digits, dots and hyphens" },
    description:
      "when the newest Amazon Linux was taken, which stays until this text changes: `pnpm image latest` writes it",
  },
} as const satisfies SettingGroup;
