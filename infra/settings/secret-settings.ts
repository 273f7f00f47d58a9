import { type ConfigReader, wrongSetting } from "./config-reader.ts";
import { REGION, type SettingGroup } from "./setting.ts";

export type SecretSettings = ReturnType<typeof parseSecret>;

const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/;

export const SECRET = {
  secret: {
    type: "fields",
    // The role is in the other account, and the web tier assumes it to read the database's secret there.
    fields: { accountRoleArn: ROLE_ARN, region: REGION },
    description: "where the web tier reads CloudyDB when it lives in another account",
  },
  secretRecoveryDays: {
    type: "choice",
    default: 0,
    // Secrets Manager waits for 7 to 30 days, or does not wait at all.
    choices: [0, ...Array.from({ length: 24 }, (_, index) => index + 7)],
    description: "days in which a deleted secret can be restored",
  },
} as const satisfies SettingGroup;

export function parseSecret(config: ConfigReader) {
  const { secret, secretRecoveryDays: recoveryDays } = config.group(SECRET);
  const { accountRoleArn, region } = secret;
  if (region !== undefined && accountRoleArn === undefined) {
    throw wrongSetting("secret.region", region, "given together with secret.accountRoleArn");
  }
  return { accountRoleArn, region, recoveryDays };
}
