import { readFileSync } from "node:fs";
import { FAILOVER_METRICS, HOST_METRICS, STACK_HOST_METRICS } from "@cloudy/contracts/metrics.ts";
import { describe, expect, test } from "vitest";
import { type Recording, record, stackConfig } from "./record.ts";

const COSTS = readFileSync(new URL("../../docs/costs.md", import.meta.url), "utf8");

interface Row {
  readonly item: string;
  readonly quantity: number;
  readonly each: number;
  readonly month: number;
}

/** The table below `## <heading>`, and its last line's sum. */
function tableOf(heading: string): { readonly rows: readonly Row[]; readonly together: number } {
  const section = COSTS.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  const cells = lines.slice(2).map((line) => line.split("|").map((cell) => cell.replaceAll("*", "").trim()));
  const rows = cells.map(([, item, quantity, each, month]) => ({
    item: String(item),
    quantity: Number(quantity),
    each: Number(each),
    month: Number(month),
  }));
  return { rows: rows.slice(0, -1), together: rows.at(-1)?.month ?? Number.NaN };
}

const count = (program: Recording, type: string) => program.all(type).length;
const group = (program: Recording, name: string) =>
  program.all("aws:autoscaling/group:Group").find((candidate) => candidate.name === name)?.inputs;
const running = (program: Recording, name: string) => Number(group(program, name)?.["desiredCapacity"] ?? 0);
const instances = (program: Recording) =>
  ["web", "database", "nat"].reduce((sum, name) => sum + running(program, name), 0);
const gateways = (program: Recording) => count(program, "aws:ec2/natGateway:NatGateway");
const zones = (program: Recording) =>
  program.all("aws:ec2/subnet:Subnet").filter(({ inputs }) => inputs["mapPublicIpOnLaunch"] === true).length;

const isElastic = (program: Recording) =>
  program.one("aws:efs/fileSystem:FileSystem").inputs["throughputMode"] === "elastic";
/** As docs/costs.md assumes them. */
const FILE_SYSTEM_GB = { read: 84, written: 40 };
function watchedBy({ metricQueries }: Readonly<Record<string, unknown>>): number {
  if (!Array.isArray(metricQueries)) return 1;
  return metricQueries.filter((query: { readonly metric?: unknown }) => query.metric !== undefined).length;
}

/** An item that names an instance type has it after a comma. */
const COUNTED: Readonly<Record<string, (program: Recording) => number>> = {
  "Load balancer": (program) => count(program, "aws:lb/loadBalancer:LoadBalancer"),
  "Web instances": (program) => running(program, "web"),
  "Database instances": (program) => running(program, "database"),
  "NAT instance": (program) => running(program, "nat"),
  "NAT gateways": gateways,
  "Disks, GB of gp3": (program) => 8 * instances(program),
  // The balancer has one in each zone, a NAT instance one of its own and the fixed one.
  "Public addresses": (program) =>
    zones(program) + running(program, "web") + 2 * running(program, "nat") + gateways(program),
  "Metrics of EC2 by the minute": (program) => 7 * instances(program),
  "Metrics of our own": (program) =>
    HOST_METRICS.length * (running(program, "web") + running(program, "database")) +
    // For the whole stack, in the namespaces of both tiers.
    2 * STACK_HOST_METRICS.length +
    FAILOVER_METRICS.length,
  // An alarm costs by the metrics that it looks at. Target tracking has two alarms made by AWS.
  "Metrics that alarms watch": (program) =>
    program.all("aws:cloudwatch/metricAlarm:MetricAlarm").reduce((sum, { inputs }) => sum + watchedBy(inputs), 0) +
    2 *
      program
        .all("aws:autoscaling/policy:Policy")
        .filter(({ inputs }) => inputs["policyType"] === "TargetTrackingScaling").length,
  "File system, GB read": (program) => (isElastic(program) ? FILE_SYSTEM_GB.read : 0),
  "File system, GB written": (program) => (isElastic(program) ? FILE_SYSTEM_GB.written : 0),
  Dashboard: (program) => count(program, "aws:cloudwatch/dashboard:Dashboard"),
  Secrets: (program) => count(program, "aws:secretsmanager/secret:Secret"),
};
const ASSUMED = [
  "Reads of secrets, 10,000",
  "Functions, million GB-seconds",
  "Calls of functions, million",
  "File system, GB",
  "Logs taken in, GB",
  "Files of the request log, 1,000",
];

describe.each(["dev", "prod"] as const)("docs/costs.md, Pulumi.%s.yaml", (stackName) => {
  const { rows, together } = tableOf(`Pulumi.${stackName}.yaml`);

  test("adds up", () => {
    expect(rows.length).toBeGreaterThan(10);
    for (const { item, quantity, each, month } of rows) {
      expect(Math.abs(quantity * each - month), `${item}: ${quantity} times ${each} is not ${month}`).toBeLessThan(
        0.006,
      );
    }
    expect(rows.reduce((sum, { month }) => sum + month, 0)).toBeCloseTo(together, 2);
  });

  test("counts what the program makes", async () => {
    const program = await record(await stackConfig(stackName));
    const nat = running(program, "nat") > 0 ? "NAT gateways" : "NAT instance";
    const unused = isElastic(program) ? [nat] : [nat, "File system, GB read", "File system, GB written"];
    const expected = Object.keys(COUNTED).filter((item) => !unused.includes(item));
    const keyOf = (item: string) => (item in COUNTED ? item : item.replace(/, [a-z0-9]+\.[a-z0-9]+$/, ""));
    const counted = rows.filter(({ item }) => !ASSUMED.includes(item));
    expect(counted.map(({ item }) => keyOf(item)).sort()).toEqual(expected.sort());
    for (const { item, quantity } of counted) expect(quantity, item).toBe(COUNTED[keyOf(item)]?.(program));
    const types = program
      .all("aws:ec2/launchTemplate:LaunchTemplate")
      .map(({ inputs }) => String(inputs["instanceType"]));
    const named = rows.flatMap(({ item }) => /, ([a-z0-9]+\.[a-z0-9]+)$/.exec(item)?.[1] ?? []);
    expect(named.sort()).toEqual(types.sort());
  });
});
