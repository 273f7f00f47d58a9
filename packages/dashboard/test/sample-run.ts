import type { Decision, LoadSample, PhaseSpan, Point, Run, SystemSample } from "@cloudy/observer/run.ts";

/** Documents for the page's tests: a plausible run, cut off at a moment of cloud time. */
const START = Date.UTC(2026, 4, 4, 9, 0, 0);
const WEB = ["i-0a11c0ffee0000001", "i-0a11c0ffee0000002", "i-0a11c0ffee0000003"] as const;
const DATABASE = ["i-0db0c0ffee0000001", "i-0db0c0ffee0000002", "i-0db0c0ffee0000003"] as const;
const END_S = 1260;

const at = (seconds: number) => START + seconds * 1000;

const PHASES: readonly (readonly [string, number, number])[] = [
  ["baseline", 0, 60],
  ["high-CPU alarm", 60, 210],
  ["third instance in service", 210, 430],
  ["failover", 430, 520],
  ["writes again", 520, 590],
  ["low-CPU alarm, back to two", 590, 1200],
  ["read back", 1200, END_S],
];

const DECISIONS: readonly (readonly [number, Decision["source"], string, boolean])[] = [
  [2, "failover", `Route on rtb-0aa already pointing to 10.10.10.10/32 via ${DATABASE[0]}`, false],
  [60, "demo", "Load starts: 6 connections on /load", true],
  [205, "alarm", "High-CPU alarm: CPU above 60 % for 2 × 60 s", true],
  [210, "scaling", `The web group launches ${WEB[2]}: desired 2 → 3`, true],
  [260, "instance", `${WEB[2]} joined the load balancer, first health checks are under way`, false],
  [428, "instance", `${WEB[2]} is healthy: it takes requests`, true],
  [435, "demo", `The demo terminates ${DATABASE[0]}, the active database host`, true],
  [441, "failover", `Fencing ${DATABASE[0]}: it is shutting-down; standby ${DATABASE[1]} is ready`, true],
  [455, "scaling", `The database group launches ${DATABASE[2]}`, true],
  [508, "failover", `Updated route on rtb-0aa to 10.10.10.10/32 via ${DATABASE[1]}`, true],
  [572, "demo", "First acknowledged write after the failover", true],
  [590, "demo", "Load ends", true],
  [640, "alarm", "High-CPU alarm is over", false],
  [770, "alarm", "Low-CPU alarm: CPU below 40 % for 2 × 60 s", true],
  [775, "scaling", `The web group terminates ${WEB[0]}: desired 3 → 2`, true],
  [778, "instance", `${WEB[0]} is draining: it takes no new requests`, false],
];

function loadSamples(until_s: number): LoadSample[] {
  const samples: LoadSample[] = [];
  for (let s = 10; s <= until_s && s < 1200; s += 10) {
    const isLoaded = s >= 70 && s <= 590;
    const isDown = s > 435 && s < 572;
    const wobble = 1 + 0.12 * Math.sin(s / 7) + 0.08 * Math.sin(s / 3.1);
    const rate = isLoaded ? (s > 430 ? 34 : 22) * wobble : 0;
    samples.push({
      t_ms: at(s),
      requestsPerSecond: rate,
      p50_ms: isLoaded ? (s > 430 ? 160 : 250) * wobble : undefined,
      p99_ms: isLoaded ? (s > 430 ? 420 : 610) * wobble * wobble : undefined,
      errorsPerSecond: isDown ? 9 * wobble : 0,
      writesPerSecond: isDown ? 0 : 10 * (1 + 0.03 * Math.sin(s)),
      failedWritesPerSecond: isDown ? 9 * wobble : 0,
    });
  }
  return samples;
}

function cpuPoints(until_s: number, from_s: number, phase: number): Point[] {
  const points: Point[] = [];
  for (let s = from_s - (from_s % 60); s + 60 <= until_s && s < 1200; s += 60) {
    const busy = s < 60 ? 8 : s < 600 ? 93 : 7;
    points.push({ t_ms: at(s), value: busy + 4 * Math.sin(s / 50 + phase) });
  }
  return points;
}

function systemSamples(until_s: number): SystemSample[] {
  const samples: SystemSample[] = [];
  for (let s = 2; s <= until_s; s += 12) {
    samples.push({
      t_ms: at(s),
      desired: s > 210 && s < 775 ? 3 : 2,
      inService: s > 250 && s < 778 ? 3 : 2,
      healthy: s > 428 && s < 778 ? 3 : 2,
    });
  }
  return samples;
}

function promises(until_s: number, isBroken: boolean): Run["promises"] {
  const isOver = until_s >= END_S;
  const from = (s: number, held: boolean) => (until_s >= s ? held : undefined);
  const shown = (s: number, text: string) => (until_s >= s ? text : "");
  return [
    {
      code: "scaled-out",
      name: "scaled out",
      held: from(430, true),
      measured: shown(430, "3"),
      required: "3",
      unit: "instances",
    },
    {
      code: "scaled-in",
      name: "scaled in",
      held: from(1000, true),
      measured: shown(1000, "2"),
      required: "2",
      unit: "instances",
    },
    {
      code: "every-instance-answered",
      name: "every instance served",
      held: isOver ? true : undefined,
      measured: "3 of 3",
      required: "all",
      unit: "",
    },
    { code: "shares", name: "load balanced", held: undefined, measured: "1.34", required: "", unit: "max/min share" },
    {
      code: "failover",
      name: "failover: termination to first acknowledged write",
      held: from(572, true),
      measured: shown(572, "137"),
      required: "< 300",
      unit: "s of cloud time",
    },
    {
      code: "no-write-lost",
      name: "no acknowledged write lost",
      held: isOver ? !isBroken : undefined,
      measured: isOver ? (isBroken ? "2" : "0") : "",
      required: "0",
      unit: "of 1,108",
    },
    {
      code: "no-write-doubled",
      name: "none doubled",
      held: isOver ? true : undefined,
      measured: isOver ? "0" : "",
      required: "0",
      unit: "",
    },
    {
      code: "no-errors",
      name: "no 5xx outside the failover",
      held: isOver ? true : undefined,
      measured: "0",
      required: "0",
      unit: "",
    },
    {
      code: "generator-free",
      name: "generator not saturated",
      held: isOver ? true : undefined,
      measured: "11",
      required: "< 80",
      unit: "% CPU",
    },
  ];
}

export function sampleRun(until_s: number, outcome: "held" | "broken" | "void" = "held"): Run {
  const isOver = until_s >= END_S;
  const decisions = DECISIONS.filter(([s]) => s <= until_s).map(([s, source, sentence, major]) => ({
    id: `${s}`,
    t_ms: at(s),
    source,
    sentence,
    major,
  }));
  const phases: PhaseSpan[] = PHASES.filter(([, from]) => from <= until_s).map(([name, from, to]) => ({
    name,
    start_ms: at(from),
    end_ms: to <= until_s ? at(to) : undefined,
    failure: outcome === "broken" && name === "read back" ? "2 acknowledged writes are missing" : undefined,
  }));
  const open = phases.find((phase) => phase.end_ms === undefined);
  const headline = isOver
    ? outcome === "held"
      ? "All 8 promises were held"
      : outcome === "void"
        ? "The load generator was saturated: this run proves nothing"
        : "1 of 8 promises was broken: no acknowledged write lost (2 of 1,108)"
    : `Waiting for: ${open?.name ?? "the system"}`;
  return {
    title: "Cloudy: scaling and failover",
    status: isOver ? "finished" : "running",
    headline,
    speed: 10,
    start_ms: START,
    now_ms: at(until_s),
    promises: promises(until_s, outcome === "broken"),
    voided:
      outcome === "void" && isOver ? ["The generator used 97 % of a core; above 80 % its latencies are its own."] : [],
    phases,
    load: loadSamples(until_s),
    responses: [
      { hostname: "ip-10-0-0-11", instanceId: WEB[0], responses: 412 },
      { hostname: "ip-10-0-2-23", instanceId: WEB[1], responses: 437 },
      ...(until_s > 430 ? [{ hostname: "ip-10-0-0-31", instanceId: WEB[2], responses: 308 }] : []),
    ],
    system: system(until_s, decisions),
    facts: [
      ["Command", "pnpm demo --speed 10"],
      ["Seed", "4711"],
      ["Speed", "10 x"],
      ["Machine", "Linux 6.8, x64, 2 × AMD EPYC 7B13, 24 GB, Node 24.3.0"],
      ["Endpoint", "http://127.0.0.1:40123"],
      ["Region", "eu-west-1"],
    ],
  };
}

function system(until_s: number, decisions: readonly Decision[]): Run["system"] {
  const isScaledOut = until_s > 210;
  const isScaledIn = until_s > 775;
  const webIds = isScaledIn ? WEB.slice(1) : isScaledOut ? WEB : WEB.slice(0, 2);
  const isLost = until_s > 435;
  const databaseIds = isLost ? DATABASE.slice(1) : DATABASE.slice(0, 2);
  const group = (name: string, ids: readonly string[], max: number) => ({
    name,
    min: 2,
    max,
    desired: ids.length,
    members: ids.map((instanceId) => ({ instanceId, lifecycle: "InService", health: "Healthy" })),
  });
  const instance = (id: string, index: number, kind: "web" | "db", state: string) => {
    const isFirstZone = index % 2 === 0;
    const subnet = kind === "web" ? (isFirstZone ? 0 : 2) : isFirstZone ? 1 : 3;
    return {
      id,
      name: kind === "web" ? "Web" : "Database",
      groupName: kind === "web" ? "CloudyWeb" : "CloudyDatabase",
      state,
      availabilityZone: isFirstZone ? "eu-west-1a" : "eu-west-1b",
      subnetId: `subnet-${subnet}`,
      instanceType: "t3.micro",
      privateIp: `10.0.${subnet}.1${index}`,
      privateDnsName: `ip-10-0-${subnet}-1${index}`,
      launch_ms: at(-100 + index),
    };
  };
  return {
    web: group("CloudyWeb", webIds, 3),
    database: group("CloudyDatabase", databaseIds, 2),
    instances: [
      ...WEB.slice(0, isScaledOut ? 3 : 2).map((id, index) =>
        instance(id, index, "web", isScaledIn && index === 0 ? "terminated" : "running"),
      ),
      ...DATABASE.slice(0, isLost ? 3 : 2).map((id, index) =>
        instance(
          id,
          index,
          "db",
          isLost && index === 0 ? "terminated" : index === 2 && until_s < 520 ? "pending" : "running",
        ),
      ),
    ],
    targets: webIds.map((instanceId) => ({
      instanceId,
      state: instanceId === WEB[2] && until_s < 428 ? "initial" : "healthy",
      reason: "",
    })),
    alarms: [
      {
        name: "CloudyHighCpu",
        role: "high",
        state: until_s > 205 && until_s < 640 ? "ALARM" : "OK",
        threshold: 60,
        period_s: 60,
        evaluationPeriods: 2,
      },
      {
        name: "CloudyLowCpu",
        role: "low",
        state: until_s > 770 ? "ALARM" : "OK",
        threshold: 40,
        period_s: 60,
        evaluationPeriods: 2,
      },
    ],
    cpu: {
      web: cpuPoints(until_s, 0, 0),
      instances: {
        [WEB[0]]: cpuPoints(Math.min(until_s, 775), 0, 1),
        [WEB[1]]: cpuPoints(until_s, 0, 2),
        [WEB[2]]: cpuPoints(until_s, 300, 3),
        [DATABASE[1]]: cpuPoints(until_s, 0, 1).map((point) => ({ ...point, value: 12 })),
      },
    },
    samples: systemSamples(until_s),
    virtualIp: "10.10.10.10",
    route: {
      tableIds: ["rtb-0aa"],
      instanceId: isLost && until_s < 508 ? DATABASE[0] : isLost ? DATABASE[1] : DATABASE[0],
      state: isLost && until_s < 508 ? "blackhole" : "active",
    },
    roles: [
      { t_ms: at(2), instanceId: DATABASE[0] },
      { t_ms: at(435), instanceId: undefined },
      { t_ms: at(508), instanceId: DATABASE[1] },
    ].filter((role) => role.t_ms <= at(until_s)),
    lost: [],
    decisions,
    network: {
      vpcId: "vpc-0c1",
      vpcCidr: "10.0.0.0/16",
      loadBalancer: "CloudyLB",
      subnets: [0, 1, 2, 3].map((index) => ({
        id: `subnet-${index}`,
        cidr: `10.0.${index}.0/24`,
        availabilityZone: index < 2 ? "eu-west-1a" : "eu-west-1b",
        isPublic: index % 2 === 0,
      })),
    },
    unreadable: {},
  };
}

/** What the page is given before the first reading is in. */
export function emptyRun(): Run {
  return {
    ...sampleRun(0),
    headline: "Looking at the system",
    promises: [],
    phases: [],
    load: [],
    responses: [],
    system: {
      web: undefined,
      database: undefined,
      instances: [],
      targets: [],
      alarms: [],
      cpu: { web: [], instances: {} },
      samples: [],
      virtualIp: "10.10.10.10",
      route: undefined,
      roles: [],
      lost: [],
      decisions: [],
      network: undefined,
      unreadable: { network: "connect ECONNREFUSED 127.0.0.1:40123" },
    },
  };
}
