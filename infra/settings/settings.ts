import { ALARMS, parseAlarms } from "./alarm-settings.ts";
import { regionFact } from "./birth-facts.ts";
import { BOOT } from "./boot-settings.ts";
import { ConfigReader, type ReadConfig, wrongSetting } from "./config-reader.ts";
import { DATABASE, parseDatabase } from "./database-settings.ts";
import { FAILOVER, parseFailover } from "./failover-settings.ts";
import { IMAGE } from "./image-settings.ts";
import { LOGS, parseLogs } from "./log-settings.ts";
import { ADDRESS, NETWORK, parseNetwork, parseVirtualIp, subnetFacts } from "./network-settings.ts";
import { parseSecret, SECRET } from "./secret-settings.ts";
import { REGION, type SettingGroup } from "./setting.ts";
import { parseWeb, WEB } from "./web-settings.ts";

/** The few names that AWS gives only once an account and region begin with it. */
const STACK = {
  name: {
    type: "text",
    shape: { pattern: /^[A-Za-z][A-Za-z0-9]{0,19}$/, words: "1 to 20 letters and digits" },
    description:
      "prefix of load balancer, secrets and functions, as in CloudyLB and CloudyDB; without it <project>-<stack>-",
    birthOnly:
      "secrets, load balancer and functions would be made anew under other names; move by a new stack and a restore",
  },
  protect: {
    type: "choice",
    default: "false",
    choices: ["false", "true"],
    description: "whether what holds data, secrets or the address is kept from replacement and deletion",
  },
} as const satisfies SettingGroup;

export type Settings = ReturnType<typeof parseSettings>;

/** Every key of the stack's configuration. */
export const SETTINGS: SettingGroup = {
  ...STACK,
  ...NETWORK,
  ...ADDRESS,
  ...BOOT,
  ...IMAGE,
  ...WEB,
  ...DATABASE,
  ...FAILOVER,
  ...LOGS,
  ...SECRET,
  ...ALARMS,
};

/**
 * The stack's settings, checked once. The first wrong value throws an error that names its key, the value and what is allowed.
 * @param read config of this project, @param region the provider's region (`aws:region`)
 * @param given names of all keys that the stack sets for this project; one that no setting has is refused
 */
export function parseSettings(read: ReadConfig, region: string | undefined, given: readonly string[] = []) {
  const config = new ConfigReader(read);
  if (region === undefined || !REGION.test(region)) {
    throw wrongSetting("aws:region", region ?? "", "an AWS region such as eu-west-1");
  }
  const network = parseNetwork(config, region);
  const settings = {
    ...config.group(STACK),
    ...config.group(BOOT),
    ...config.group(IMAGE),
    region,
    virtualIp: parseVirtualIp(config, network.vpcCidr),
    network,
    web: parseWeb(config),
    database: parseDatabase(config),
    failover: parseFailover(config),
    logs: parseLogs(config),
    secret: parseSecret(config),
    alarms: parseAlarms(config),
  };
  config.refuseUnknown(given);
  return { ...settings, birth: [regionFact(region), ...config.birthFacts(), ...subnetFacts(network)] };
}
