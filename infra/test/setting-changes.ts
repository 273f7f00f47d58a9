import type { Setting } from "../settings/setting.ts";
import { parseSettings, SETTINGS } from "../settings/settings.ts";
import { stackConfig } from "./record.ts";

type Config = Readonly<Record<string, string>>;
interface SettingChange {
  readonly before: Record<string, string>;
  readonly now: Record<string, string>;
}

/** Two legal values of each setting whose declaration does not name them all. */
const EXAMPLES: Readonly<Record<string, readonly [string, string]>> = {
  name: ["Cloudy", "Shop"],
  vpcCidr: ["10.0.0.0/16", "10.0.0.0/17"],
  natInstanceType: ["t2.nano", "t4g.nano"],
  virtualIp: ["10.10.10.10", "10.10.10.11"],
  webInstanceType: ["t2.nano", "t4g.small"],
  databaseInstanceType: ["t2.nano", "t4g.small"],
  healthCheckPath: ["/healthz", "/readyz"],
  healthCheckMatcher: ["200", "200-299"],
  certificateArn: ["", "arn:aws:acm:eu-west-1:123456789012:certificate/one"],
  domain: ["", "app.example.com"],
  tokensSecretArn: ["", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:Tokens-AbCdEf"],
  databaseName: ["cloudy", "shop"],
  databaseUser: ["cloudy", "shop"],
  imageTaken: ["first", "2026-11-25"],
  alarmEmail: ["on-call@example.com", "night@example.com"],
  alarmTopicArn: ["", "arn:aws:sns:eu-west-1:123456789012:on-call"],
  secret: ["{}", '{"accountRoleArn":"arn:aws:iam::210987654321:role/Reader","region":"us-east-1"}'],
};
/** A third value where two do not show everything: from one certificate to another. */
const MORE: Readonly<Record<string, string>> = {
  certificateArn: "arn:aws:acm:eu-west-1:123456789012:certificate/two",
  domain: "www.example.com",
};

/** Zones with the ranges of their subnets: what a zone was given stays its own. */
const ZONE_LISTS = ["ab", "abc", "cab", "ac", "bc", "ba"];
const RANGES: Readonly<Record<string, readonly [string, string]>> = {
  a: ["10.0.0.0/24", "10.0.1.0/24"],
  b: ["10.0.2.0/24", "10.0.3.0/24"],
  c: ["10.0.4.0/24", "10.0.5.0/24"],
};

/** What a zone has moves to another range, or to another zone. */
const ranges = (key: string, one: readonly string[], other: readonly string[]) =>
  [one, other].map((list) => ({ ...zones("ab"), [`cloudy:${key}`]: JSON.stringify(list) }));
const ZONE_LISTS_OF: Readonly<Record<string, readonly Record<string, string>[]>> = {
  zones: ZONE_LISTS.map(zones),
  publicCidrs: ranges("publicCidrs", ["10.0.0.0/24", "10.0.2.0/24"], ["10.0.0.0/24", "10.0.8.0/24"]),
  privateCidrs: ranges("privateCidrs", ["10.0.1.0/24", "10.0.3.0/24"], ["10.0.3.0/24", "10.0.1.0/24"]),
};

/** Room for another value, where the stack's file leaves none. */
const BESIDE: Readonly<Record<string, Config>> = {
  databaseDesired: { "cloudy:databaseMax": "3" },
  alarms: { "cloudy:alarmEmail": "on-call@example.com" },
};

/** Every change of one setting that a stack may be given: all ordered pairs of its values, beside what the stack's file says. */
export async function changesOf(stack: "dev" | "prod", key: string): Promise<readonly SettingChange[]> {
  const setting = SETTINGS[key];
  if (setting === undefined) throw new Error(`no setting ${key}`);
  const beside = BESIDE[key] ?? {};
  const own = ZONE_LISTS_OF[key] ?? valuesOf(key, setting, { ...(await stackConfig(stack)), ...beside });
  const values = own.map((value) => ({ ...beside, ...value }));
  return values.flatMap((before) => values.filter((now) => now !== before).map((now) => ({ before, now })));
}

function valuesOf(key: string, setting: Setting, config: Config): readonly Record<string, string>[] {
  const given = (value: string | number) => ({ [`cloudy:${key}`]: String(value) });
  if (setting.type === "choice") return setting.choices.map(given);
  if (setting.type === "whole number") {
    const now = Number(config[`cloudy:${key}`]);
    return [now, otherNumber(key, now, config)].map(given);
  }
  const examples = EXAMPLES[key];
  if (examples === undefined) throw new Error(`give two values of ${key} in setting-changes.ts`);
  return [...examples, ...(MORE[key] === undefined ? [] : [MORE[key]])].map(given);
}

/** A neighbour of `now` that fits the other settings. */
function otherNumber(key: string, now: number, config: Config): number {
  const fits = (value: number) => {
    const asked = (name: string) => (name === key ? String(value) : config[`cloudy:${name}`]);
    try {
      parseSettings(asked, "eu-west-1");
      return true;
    } catch {
      return false;
    }
  };
  const found = [now + 1, now - 1, now + 7, now - 7].find(fits);
  if (found === undefined) throw new Error(`no other value of ${key} fits beside ${now}`);
  return found;
}

function zones(letters: string): Record<string, string> {
  const ranges = [...letters].map((zone) => RANGES[zone] ?? ["", ""]);
  return {
    "cloudy:zones": JSON.stringify([...letters]),
    "cloudy:publicCidrs": JSON.stringify(ranges.map(([range]) => range)),
    "cloudy:privateCidrs": JSON.stringify(ranges.map(([, range]) => range)),
  };
}
