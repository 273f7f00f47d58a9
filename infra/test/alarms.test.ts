import { readFileSync } from "node:fs";
import { FAILOVER_METRICS, STACK_HOST_METRICS } from "@cloudy/contracts/metrics.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { devConfig, type Recording, record, stackConfig } from "./record.ts";

const OPERATIONS = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
const EMAIL = "on-call@example.com";
/** Together they make every alarm that the program can make. */
const OPTIONS = [
  { "cloudy:alarmEmail": EMAIL, "cloudy:certificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/1" },
  { "cloudy:webInstanceType": "t4g.nano", "cloudy:nat": "gateway", "cloudy:domain": "app.example.com" },
  { "cloudy:databaseInstanceType": "m7g.large", "cloudy:databaseDesired": "1", "cloudy:nat": "none" },
];

interface Line {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

let programs: readonly Recording[];
let program: Recording;
beforeAll(async () => {
  const recorded: Recording[] = [];
  for (const options of OPTIONS) recorded.push(await record(await devConfig(options)));
  programs = recorded;
  program = recorded[0]!;
});

/** Those that page somebody; the two that scale are the web tier's own. */
const paging = (of: Recording) => of.all(ALARM).filter(({ name }) => !name.startsWith("cpu-"));
const names = (of: Recording) => paging(of).map(({ name }) => name);

/** What the program's processes put, and what AWS makes by itself, with the dimensions that it documents. */
const KNOWN: Readonly<Record<string, { readonly names: readonly string[]; readonly dimensions: readonly string[][] }>> =
  {
    "Cloudy/Database": { names: FAILOVER_METRICS, dimensions: [["Stack"]] },
    WebServers: { names: STACK_HOST_METRICS, dimensions: [["Stack"]] },
    DatabaseServers: { names: STACK_HOST_METRICS, dimensions: [["Stack"]] },
    "AWS/EC2": {
      names: ["CPUUtilization", "CPUCreditBalance", "CPUSurplusCreditsCharged"],
      dimensions: [["AutoScalingGroupName"]],
    },
    "AWS/AutoScaling": {
      names: ["GroupDesiredCapacity", "GroupInServiceInstances"],
      dimensions: [["AutoScalingGroupName"]],
    },
    "AWS/ApplicationELB": {
      names: ["RequestCount", "HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count", "TargetResponseTime"],
      dimensions: [["LoadBalancer"]],
    },
    "AWS/ApplicationELB of a target group": {
      names: ["HealthyHostCount", "UnHealthyHostCount"],
      dimensions: [["LoadBalancer", "TargetGroup"]],
    },
    "AWS/Lambda": { names: ["Errors", "Throttles"], dimensions: [["FunctionName"]] },
    "AWS/EFS": { names: ["BurstCreditBalance"], dimensions: [["FileSystemId"]] },
    "AWS/CertificateManager": { names: ["DaysToExpiry"], dimensions: [["CertificateArn"]] },
  };

function isKnown({ namespace, name, dimensions }: Line): boolean {
  const given = JSON.stringify(Object.keys(dimensions).sort());
  return Object.entries(KNOWN).some(
    ([key, known]) =>
      key.split(" ")[0] === namespace &&
      known.names.includes(name) &&
      known.dimensions.some((names) => JSON.stringify(names) === given),
  );
}

function linesOf(inputs: Readonly<Record<string, unknown>>): readonly Line[] {
  type Values = Readonly<Record<string, unknown>>;
  const queries = (inputs["metricQueries"] ?? []) as readonly { readonly metric?: Values }[];
  const own: readonly Values[] = queries.length === 0 ? [inputs] : [];
  const metrics = [...own, ...queries.flatMap(({ metric }) => (metric === undefined ? [] : [metric]))];
  return metrics.map((metric) => ({
    namespace: String(metric["namespace"]),
    name: String(metric["metricName"]),
    dimensions: metric["dimensions"] as Line["dimensions"],
  }));
}

describe("alarms", () => {
  test("R4: each has its line in the runbook, which says what it means and what to do, as its mail does", () => {
    const section = OPERATIONS.split("\n## Runbook\n")[1]?.split("\n## ")[0] ?? "";
    const rows = section
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .map((line) => line.split("|").map((cell) => cell.trim()))
      .map(([, name = "", means, act]) => [name.replaceAll("`", ""), `${means} ${act}`] as const);
    expect(rows.map(([name]) => name)).toEqual([...new Set(rows.map(([name]) => name))]);
    const book = new Map(rows);
    for (const { name, inputs } of programs.flatMap(paging)) {
      expect(inputs["alarmDescription"]).toBe(`cloudy/dev: ${book.get(name)} (docs/operations.md, Runbook, ${name})`);
    }
    expect([...new Set(programs.flatMap(names))].sort()).toEqual([...book.keys()].sort());
  });

  test("R4: they watch what somebody puts, with the dimensions it is put with, and groups report what is watched", () => {
    for (const { name, inputs } of programs.flatMap(paging)) {
      for (const line of linesOf(inputs)) expect(isKnown(line), `${name} watches ${JSON.stringify(line)}`).toBe(true);
    }
    for (const { inputs } of program.all("aws:autoscaling/group:Group")) {
      expect(inputs).toMatchObject({
        metricsGranularity: "1Minute",
        enabledMetrics: ["GroupDesiredCapacity", "GroupInServiceInstances"],
      });
    }
  });

  test("R4: what a stack has not is not watched", () => {
    const [, gateway, none] = programs.map(names);
    expect(gateway).not.toContain("nat-away");
    expect(none).not.toContain("nat-away");
    expect(none).not.toContain("no-ready-standby");
    expect(none).not.toContain("database-cpu-credits");
    expect(none).not.toContain("https-certificate-ends");
  });

  test("R4: they are made once the groups are in service, so that a first deployment pages nobody", () => {
    for (const name of names(program)) {
      const waits = program.optionsOf(ALARM, name).dependencies;
      expect(waits.some((urn) => urn.endsWith("aws:autoscaling/group:Group::web"))).toBe(true);
      expect(waits.some((urn) => urn.includes("FailoverFunction"))).toBe(true);
    }
  });
});

describe("who hears of them", () => {
  const toldBy = (of: Recording) =>
    new Set(paging(of).map(({ inputs }) => JSON.stringify([inputs["alarmActions"], inputs["okActions"]])));

  test("R4: an address gets a topic of the program's own, to which only alarms of this account may publish", () => {
    const topic = "arn:Topic:alarms";
    expect(toldBy(program)).toEqual(new Set([JSON.stringify([[topic], [topic]])]));
    expect(program.one("aws:sns/topicSubscription:TopicSubscription").inputs).toEqual({
      topic,
      protocol: "email",
      endpoint: EMAIL,
    });
    expect(JSON.parse(String(program.one("aws:sns/topicPolicy:TopicPolicy").inputs["policy"]))).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "AlarmsOfThisAccount",
          Effect: "Allow",
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Action: "sns:Publish",
          Resource: topic,
          Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
        },
      ],
    });
  });

  test("R4: without anybody there is no topic; production refuses that before anything is made", async () => {
    expect(toldBy(programs[1]!)).toEqual(new Set([JSON.stringify([[], []])]));
    expect(programs[1]!.all("aws:sns/topic:Topic")).toEqual([]);
    await expect(record(await stackConfig("prod", { "cloudy:alarmEmail": "" }))).rejects.toThrow(
      "[cloudy:alarms] is required, but neither [cloudy:alarmEmail] nor [cloudy:alarmTopicArn] is set: give one of them.",
    );
  });
});

describe("the dashboard", () => {
  interface Widget {
    readonly type: string;
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly properties: { readonly title: string; readonly metrics?: unknown[][]; readonly alarms?: string[] };
  }
  const widgets = (of: Recording): readonly Widget[] =>
    JSON.parse(String(of.one("aws:cloudwatch/dashboard:Dashboard").inputs["dashboardBody"])).widgets;

  test("R4: its pictures are of metrics that somebody puts, and of every alarm", () => {
    const [states, ...pictures] = widgets(program);
    expect(states).toMatchObject({ type: "alarm" });
    expect(states?.properties.alarms).toHaveLength(paging(program).length);
    expect(pictures.map(({ properties }) => properties.title)).toEqual([
      "CPU, percent",
      "Web instances",
      "Requests and errors a minute",
      "Latency, seconds",
      "Database online, standbys ready",
      "Failovers: routes, fences, rounds that saw nothing",
      "Backups: age in seconds",
      "Disks, percent used",
    ]);
    for (const { type, properties } of pictures) {
      expect(type).toBe("metric");
      for (const row of properties.metrics ?? []) {
        const [namespace, name, ...rest] = row.slice(0, -1).map(String);
        const pairs = Array.from({ length: rest.length / 2 }, (_, index) => rest.slice(2 * index, 2 * index + 2));
        const line = { namespace: String(namespace), name: String(name), dimensions: Object.fromEntries(pairs) };
        expect(isKnown(line), JSON.stringify(row)).toBe(true);
        expect(row.at(-1)).toEqual({ stat: expect.any(String), label: expect.any(String) });
      }
    }
  });

  test("R4: its pictures lie on CloudWatch's 24 columns, none upon another", () => {
    const taken = new Set<string>();
    for (const { x, y, width, height } of widgets(program)) {
      expect(x + width).toBeLessThanOrEqual(24);
      for (let column = x; column < x + width; column += 1) {
        for (let row = y; row < y + height; row += 1) {
          expect(taken.has(`${column},${row}`)).toBe(false);
          taken.add(`${column},${row}`);
        }
      }
    }
  });
});
