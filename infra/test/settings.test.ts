import { RunError } from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { parseSettings } from "../settings/settings.ts";
import { devConfig, projectSchema } from "./record.ts";

const parse = (config: Readonly<Record<string, string>>, region: string | undefined = "eu-west-1") =>
  parseSettings((key) => config[key], region);

function errorOf(run: () => unknown): RunError {
  try {
    run();
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

describe("settings", () => {
  test("have the same defaults in Pulumi.yaml as in the program, and every key is declared there", async () => {
    const schema = await projectSchema();
    const asPulumiPasses = Object.fromEntries(
      Object.entries(schema).map(([key, declared]) => {
        const value = declared.default;
        expect(value, `${key} has no default, so every stack would have to set it`).toBeDefined();
        return [key, typeof value === "object" ? JSON.stringify(value) : String(value)];
      }),
    );
    expect(parse(asPulumiPasses)).toEqual(parse({}));
    const read = new Set<string>();
    parseSettings((key) => {
      read.add(key);
      return undefined;
    }, "eu-west-1");
    expect([...read].sort()).toEqual(Object.keys(schema).sort());
  });

  test("N1: Pulumi.dev.yaml carries the reference's values", async () => {
    const config = await devConfig();
    const { network, web, database } = parseSettings((key) => config[`cloudy:${key}`], config["aws:region"]);
    expect(network).toEqual({
      vpcCidr: "10.0.0.0/16",
      publicSubnets: [
        { zone: "eu-west-1a", cidr: "10.0.0.0/24" },
        { zone: "eu-west-1b", cidr: "10.0.2.0/24" },
      ],
      privateSubnets: [
        { zone: "eu-west-1a", cidr: "10.0.1.0/24" },
        { zone: "eu-west-1b", cidr: "10.0.3.0/24" },
      ],
      nat: "instance",
      natInstanceType: "t2.nano",
    });
    expect(web).toMatchObject({ instanceType: "t2.nano", min: 2, max: 3, cpuHighPercent: 60, cpuLowPercent: 40 });
    expect(database).toMatchObject({ instanceType: "t2.nano", min: 1, max: 2, desired: 2 });
  });

  test.each<[Record<string, string>, string, string, string]>([
    [{ vpcCidr: "10.0.0.1/16" }, "cloudy:vpcCidr", "10.0.0.1/16", "host bits"],
    [{ vpcCidr: "10.0.0.0/33" }, "cloudy:vpcCidr", "10.0.0.0/33", "/16 to /28"],
    [{ vpcCidr: "10.0.0.0/8", virtualIp: "192.168.0.1" }, "cloudy:vpcCidr", "10.0.0.0/8", "/16 to /28"],
    [{ publicCidrs: '["10.0.0.0/29","10.0.2.0/24"]' }, "cloudy:publicCidrs", "10.0.0.0/29", "/16 to /27"],
    [{ zones: '["a"]' }, "cloudy:zones", '["a"]', "at least two"],
    [{ zones: '["a","a"]' }, "cloudy:zones", '["a","a"]', "different zones"],
    [{ zones: "a,b" }, "cloudy:zones", "a,b", "a list of zone letters"],
    [{ publicCidrs: '["10.0.0.0/24"]' }, "cloudy:publicCidrs", '["10.0.0.0/24"]', "2 CIDRs"],
    [{ publicCidrs: '["10.1.0.0/24","10.0.2.0/24"]' }, "cloudy:publicCidrs", "10.1.0.0/24", "inside"],
    [{ privateCidrs: '["10.0.0.0/25","10.0.3.0/24"]' }, "cloudy:privateCidrs", "10.0.0.0/25", "overlaps 10.0.0.0/24"],
    [{ virtualIp: "10.0.9.9" }, "cloudy:virtualIp", "10.0.9.9", "outside of [cloudy:vpcCidr] 10.0.0.0/16"],
    [{ virtualIp: "10.10.10.300" }, "cloudy:virtualIp", "10.10.10.300", "an IPv4 address"],
    [{ virtualIp: "169.254.169.254" }, "cloudy:virtualIp", "169.254.169.254", "169.254.0.0/16 is reserved"],
    [{ virtualIp: "127.0.0.1" }, "cloudy:virtualIp", "127.0.0.1", "127.0.0.0/8 is reserved"],
    [{ nat: "vpn" }, "cloudy:nat", "vpn", "instance, gateway, none"],
    [{ webInstanceType: "nano" }, "cloudy:webInstanceType", "nano", "instance type"],
    [{ webMin: "two" }, "cloudy:webMin", "two", "a whole number from 1 to 100"],
    [{ webMin: "3", webMax: "2" }, "cloudy:webMax", "2", "from 3 to 100"],
    [{ cpuHighPercent: "50", cpuLowPercent: "50" }, "cloudy:cpuLowPercent", "50", "from 1 to 49"],
    [{ alarmPeriodSeconds: "45" }, "cloudy:alarmPeriodSeconds", "45", "60, 120, 300"],
    [{ healthCheckTimeoutSeconds: "30" }, "cloudy:healthCheckTimeoutSeconds", "30", "from 2 to 29"],
    [{ healthCheckMatcher: "500" }, "cloudy:healthCheckMatcher", "500", "from 200 to 499"],
    [{ shutdownSeconds: "20" }, "cloudy:shutdownSeconds", "20", "from 2 to 19"],
    [{ secretRecoveryDays: "6" }, "cloudy:secretRecoveryDays", "6", "one of 0, 7, 8"],
    [{ domain: `${"a".repeat(60)}.b.org` }, "cloudy:domain", ".b.org", "a host name"],
    [{ healthCheckPath: "healthz" }, "cloudy:healthCheckPath", "healthz", "/healthz"],
    [{ scaling: "magic" }, "cloudy:scaling", "magic", "simple, target-tracking"],
    [{ databaseDesired: "3" }, "cloudy:databaseDesired", "3", "from 1 to 2"],
    [{ databaseName: "a-b" }, "cloudy:databaseName", "a-b", "PostgreSQL name"],
    [{ logRetentionDays: "10" }, "cloudy:logRetentionDays", "10", "14"],
    [{ secret: '{"role":"x"}' }, "cloudy:secret.role", "x", "accountRoleArn, region"],
    [{ secret: "[1]" }, "cloudy:secret", "[1]", "accountRoleArn, region"],
    [{ secret: '{"region":"us-east-1"}' }, "cloudy:secret.region", "us-east-1", "secret.accountRoleArn"],
    [{ certificateArn: "arn:aws:acm:x", domain: "a.b.c" }, "cloudy:domain", "a.b.c", "left out"],
    [{ name: "my stack" }, "cloudy:name", "my stack", "letters and digits"],
  ])("%j is refused with the key, the value and what is allowed", (config, key, value, allowed) => {
    const { message } = errorOf(() => parse(config));
    expect(message).toContain(`[${key}]`);
    expect(message).toContain(value);
    expect(message).toContain(allowed);
    expect(message.split("\n")).toHaveLength(1);
  });

  test("a missing region is named by its own key", () => {
    expect(errorOf(() => parseSettings(() => undefined, undefined)).message).toContain("[aws:region]");
  });
});
