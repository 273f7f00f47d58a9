import { beforeAll, describe, expect, test } from "vitest";
import { physicalNames } from "../names.ts";
import { stackIdentity } from "../stack.ts";
import { type Recorded, type Recording, record, stackConfig } from "./record.ts";

const NAME = "cloudy:name";

/** A stack that asks for no name. */
async function unnamed(stack: string, project = "cloudy"): Promise<Recording> {
  const { [NAME]: _, ...config } = await stackConfig("prod");
  return record(config, { project, stack });
}

/** Properties with a name in them that are no names of the resource itself: they say which other one is meant. */
const REFERENCES = new Set([
  "aws:autoscaling/policy:Policy.autoscalingGroupName",
  "aws:autoscaling/lifecycleHook:LifecycleHook.autoscalingGroupName",
  // Unique within its group.
  "aws:autoscaling/lifecycleHook:LifecycleHook.name",
  "aws:cloudwatch/metricAlarm:MetricAlarm.metricName",
  "aws:ec2/vpcEndpoint:VpcEndpoint.serviceName",
  "aws:acm/certificate:Certificate.domainName",
  // In the domain's own zone, which no two stacks can have at once for the same name.
  "aws:route53/record:Record.name",
]);

/** Of a random id: no two stacks have the same. */
const RANDOM = "00ff";

/** Names that AWS makes unique by itself when they are left out, and that people may give. */
const MAY_NAME = /^(name|bucket)$|(name|prefix|identifier|token)$/i;

/** `type -> names` of what a resource is called by its program; AWS makes up all others. */
function namesIn({ resources }: Recording): readonly { readonly key: string; readonly name: string }[] {
  const given = ({ type, inputs }: Recorded) =>
    Object.entries(inputs).flatMap(([property, value]) => {
      const key = `${type}.${property}`;
      const isReference = REFERENCES.has(key) || (property === "bucket" && !type.endsWith(":Bucket"));
      const isName = type.startsWith("aws:") && typeof value === "string" && MAY_NAME.test(property) && !isReference;
      return isName ? [{ key, name: value }] : [];
    });
  return resources.flatMap(given);
}

describe("names of two stacks in one account and region", () => {
  let prod: Recording;
  let other: Recording;
  beforeAll(async () => {
    prod = await unnamed("prod");
    other = await unnamed("staging");
  });

  test("R1: every name that the program gives begins with the stack's prefix, in AWS's own folder at most", () => {
    const names = namesIn(prod);
    expect(names.map(({ name }) => name).sort()).toEqual([
      "/aws/lambda/cloudy-prod-Failover",
      "/aws/lambda/cloudy-prod-Probe",
      "/cloudy/cloudy-prod/database",
      "/cloudy/cloudy-prod/nat",
      "/cloudy/cloudy-prod/web",
      "cloudy-prod-DB",
      "cloudy-prod-DBServer",
      "cloudy-prod-Failover",
      "cloudy-prod-Failover",
      "cloudy-prod-LB",
      "cloudy-prod-Probe",
      "cloudy-prod-Stack",
      `cloudy-prod-database-${RANDOM}`,
    ]);
    for (const { key, name } of names)
      expect(name.replace(/^\/(aws\/lambda|cloudy)\//, ""), key).toMatch(/^cloudy-prod[-/]/);
  });

  test("R1: they share no name of one type, and have the same resources otherwise", () => {
    const keys = (of: Recording) => namesIn(of).map(({ key, name }) => `${key} ${name}`);
    expect(keys(prod).filter((key) => keys(other).includes(key))).toEqual([]);
    const urns = (of: Recording) => of.resources.map(({ type, name }) => `${type}::${name}`).sort();
    expect(urns(other)).toEqual(urns(prod));
  });

  test("R1: each of them is looked for before anything is made", () => {
    // No data source finds a dashboard; it has the prefix that the others prove to be free.
    const { dashboards, ...looked } = physicalNames(stackIdentity("cloudy", "prod", undefined));
    const names = namesIn(prod)
      .map(({ name }) => name)
      .filter((name) => name !== dashboards.stack && !name.endsWith(`-${RANDOM}`));
    expect(names.sort()).toEqual(
      Object.values(looked)
        .flatMap((kind) => Object.values<string>(kind))
        .sort(),
    );
  });

  test("R1: what stands in the database's certificate tells them apart, too", () => {
    const { subject } = prod.one("tls:index/selfSignedCert:SelfSignedCert").inputs as { subject: unknown };
    expect(subject).toEqual({ commonName: "cloudy-prod database CA" });
    const request = prod.one("tls:index/certRequest:CertRequest").inputs;
    expect(request).toMatchObject({ dnsNames: ["database.cloudy-prod.internal"] });
  });

  test("R1: a stack that asks for the reference's names has them, whatever it is called", async () => {
    const named = await record({ ...(await stackConfig("prod")), [NAME]: "Cloudy" }, { stack: "prod" });
    expect(new Set(namesIn(named).map(({ name }) => name.replace("/aws/lambda/", "")))).toEqual(
      new Set([
        "/cloudy/Cloudy/database",
        "/cloudy/Cloudy/nat",
        "/cloudy/Cloudy/web",
        "Cloudy-database-00ff",
        "CloudyDB",
        "CloudyDBServer",
        "CloudyFailover",
        "CloudyStack",
        "CloudyProbe",
        "CloudyLB",
      ]),
    );
  });
});

describe("the prefix", () => {
  const prefixOf = (project: string, stack: string) => stackIdentity(project, stack, undefined).prefix;

  test.each([
    ["cloudy", "dev", /^cloudy-dev-$/],
    ["cloudy", "a-b", /^cloudy-a-b-$/],
    ["my-app", "dev", /^my-app-dev-[0-9a-f]{8}-$/],
    ["cloudy", "feature_x.1", /^cloudy-feature-x-1-[0-9a-f]{8}-$/],
    ["cloudy", "a-very-long-name-of-a-stack", /^cloudy-a-very-long-n-[0-9a-f]{8}-$/],
    [".cloudy", "dev", /^cloudy-dev-[0-9a-f]{8}-$/],
  ])("R1: of %s/%s", (project, stack, prefix) => {
    expect(prefixOf(project, stack)).toMatch(prefix);
    expect(prefixOf(project, stack)).toBe(prefixOf(project, stack));
  });

  test("R1: what no load balancer may be called is refused with the setting that helps", () => {
    expect(() => prefixOf("internal", "dev")).toThrow(
      /^\[cloudy:name\] is not set, .*begins with "internal-".*: set it/,
    );
    expect(stackIdentity("internal", "dev", "Cloudy").prefix).toBe("Cloudy");
  });

  test("R1: fits AWS's limits for every project and stack, and no two stacks share it", () => {
    const words = ["a", "b", "A", "c9", "a-b", "b-c", "a.b", "b_c", "a-", "a--b", "a_", "x".repeat(40), "x".repeat(41)];
    const prefixes = words.flatMap((project) => words.map((stack) => prefixOf(project, stack)));
    for (const prefix of prefixes) expect(`${prefix}LB`).toMatch(/^[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]$/);
    expect(new Set(prefixes).size).toBe(words.length ** 2);
    // Parts that read the same when they are put together.
    expect(prefixOf("a-b", "c")).not.toBe(prefixOf("a", "b-c"));
    expect(prefixOf("a", "b.c")).not.toBe(prefixOf("a", "b-c"));
    expect(prefixOf("a", "b_c")).not.toBe(prefixOf("a", "b.c"));
  });
});
