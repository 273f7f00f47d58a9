import { beforeAll, describe, expect, test } from "vitest";
import { architectureOf } from "../instance/machine-type.ts";
import { instanceType } from "./instance-types.ts";
import { devConfig, type Recording, record } from "./record.ts";

let program: Recording;
beforeAll(async () => {
  program = await record(await devConfig());
});

const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const GROUP = "aws:autoscaling/group:Group";
const LISTENER = "aws:lb/listener:Listener";

describe("load balancer", () => {
  test("W1: CloudyLB is internet-facing in both public subnets and listens on 8080 HTTP only", () => {
    expect(program.one("aws:lb/loadBalancer:LoadBalancer").inputs).toEqual({
      name: "CloudyLB",
      internal: false,
      loadBalancerType: "application",
      securityGroups: ["load-balancer-id"],
      subnets: ["public-a-id", "public-b-id"],
      accessLogs: { bucket: "access-logs", enabled: true },
    });
    expect(program.one(LISTENER).inputs).toEqual({
      loadBalancerArn: "arn:LoadBalancer:web",
      port: 8080,
      protocol: "HTTP",
      defaultActions: [{ type: "forward", targetGroupArn: "arn:TargetGroup:web" }],
    });
    expect(program.outputs["url"]).toBe("http://web.example:8080");
  });

  test("W1: a certificate gives HTTPS with a modern policy and redirects from HTTP, on 80 too", async () => {
    const certificateArn = "arn:aws:acm:eu-west-1:123456789012:certificate/x";
    const https = await record(await devConfig({ "cloudy:certificateArn": certificateArn }));
    expect(https.all(LISTENER)).toHaveLength(3);
    expect(https.one(LISTENER, "https").inputs).toMatchObject({
      port: 443,
      protocol: "HTTPS",
      certificateArn,
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
      defaultActions: [{ type: "forward", targetGroupArn: "arn:TargetGroup:web" }],
    });
    for (const [name, port] of [
      ["http", 8080],
      ["http-80", 80],
    ] as const) {
      expect(https.one(LISTENER, name).inputs).toEqual({
        loadBalancerArn: "arn:LoadBalancer:web",
        port,
        protocol: "HTTP",
        defaultActions: [{ type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } }],
      });
    }
    expect(https.outputs["url"]).toBe("https://web.example");
  });

  test("W1: a domain gives a certificate by DNS and an address record", async () => {
    const named = await record(await devConfig({ "cloudy:domain": "app.example.com" }));
    expect(named.one("aws:acm/certificate:Certificate").inputs).toEqual({
      domainName: "app.example.com",
      validationMethod: "DNS",
    });
    expect(named.one("aws:route53/record:Record", "certificate-validation").inputs).toEqual({
      zoneId: "zone-of-example.com",
      name: "n",
      type: "CNAME",
      records: ["v"],
      ttl: 300,
    });
    expect(named.one("aws:acm/certificateValidation:CertificateValidation").inputs).toEqual({
      certificateArn: "arn:Certificate:web",
      validationRecordFqdns: ["proof.example"],
    });
    expect(named.one("aws:route53/record:Record", "web").inputs).toEqual({
      zoneId: "zone-of-example.com",
      name: "app.example.com",
      type: "A",
      aliases: [{ name: "web.example", zoneId: "zone", evaluateTargetHealth: false }],
    });
    // The validation's, so that the listener waits until the certificate is issued.
    expect(named.optionsOf(LISTENER, "https").dependencies.join()).toContain("CertificateValidation::web");
    expect(named.one(LISTENER, "https").inputs["certificateArn"]).toBe("arn:Certificate:web");
    expect(named.outputs["url"]).toBe("https://app.example.com");
  });

  test("W2: target group 8080 HTTP with the reference's numbers and a shallow path", () => {
    expect(program.one("aws:lb/targetGroup:TargetGroup").inputs).toEqual({
      port: 8080,
      protocol: "HTTP",
      vpcId: "cloudy-id",
      deregistrationDelay: 20,
      healthCheck: {
        path: "/healthz",
        protocol: "HTTP",
        interval: 30,
        timeout: 15,
        healthyThreshold: 5,
        unhealthyThreshold: 3,
        matcher: "200",
      },
    });
  });
});

describe("web group", () => {
  test.each(["web", "database", "nat"])(
    "W3: %s instances: IMDSv2 only, encrypted gp3 disk, newest Amazon Linux 2023",
    (name) => {
      const { inputs } = program.one(TEMPLATE, name);
      expect(inputs).toMatchObject({
        instanceType: "t2.nano",
        imageId: "ami-of-/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
        metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
        monitoring: { enabled: true },
        blockDeviceMappings: [
          {
            deviceName: "/dev/xvda",
            ebs: { volumeType: "gp3", volumeSize: 8, encrypted: "true", deleteOnTermination: "true" },
          },
        ],
        iamInstanceProfile: { arn: `arn:InstanceProfile:${name}` },
        vpcSecurityGroupIds: [`${name}-id`],
      });
      expect(inputs["networkInterfaces"]).toBeUndefined();
    },
  );

  test.each(["web", "database", "nat"])("R1: volumes and interfaces of %s instances carry the stack's tags", (name) => {
    expect(program.one(TEMPLATE, name).inputs["tagSpecifications"]).toEqual(
      ["volume", "network-interface"].map((resourceType) => ({
        resourceType,
        tags: { Project: "cloudy", Stack: "dev" },
      })),
    );
  });

  test.each(["web", "database", "nat"])(
    "R3: a changed %s template changes nothing until the command rolls it",
    (name) => {
      const { inputs } = program.one(GROUP, name);
      // A number, not $Latest: a lost instance is replaced by what a roll has proved.
      expect(inputs["launchTemplate"]).toEqual({ id: `${name}-id`, version: "7" });
      // The provider would change the group first and then start a refresh that has nothing to go back to.
      expect(inputs["instanceRefresh"]).toBeUndefined();
      expect(program.optionsOf(GROUP, name).ignoredChanges).toContain("launchTemplate.version");
    },
  );

  test("R3: the stack names its groups for the command, in the order in which they roll", () => {
    const group = (tier: string) => ({ tier, group: tier, launchTemplate: `${tier}-id`, alarms: [] });
    expect(program.outputs["instanceGroups"]).toEqual([
      { ...group("nat"), group: "Cloudy-nat-00ff" },
      { ...group("web"), alarms: ["no-healthy-web-target", "web-errors"] },
      { ...group("database"), group: "Cloudy-database-00ff", alarms: ["no-database-online"] },
    ]);
  });

  test.each(["database", "nat"])(
    "R3: a %s instance is in service when it says so itself, and replaced when it never does",
    (name) => {
      const hook = {
        name: "ready",
        lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
        heartbeatTimeout: 600,
        defaultResult: "ABANDON",
      };
      const { inputs } = program.one(GROUP, name);
      // There before the first instance, and changed later by a resource, which the provider reads at more than birth.
      expect(inputs["initialLifecycleHooks"]).toEqual([hook]);
      expect(program.optionsOf(GROUP, name).ignoredChanges).toContain("initialLifecycleHooks");
      const hooks = "aws:autoscaling/lifecycleHook:LifecycleHook";
      expect(program.one(hooks, name).inputs).toEqual({ ...hook, autoscalingGroupName: inputs["name"] });
    },
  );

  test.each([
    ["t2.nano", "x86_64"],
    ["t4g.nano", "arm64"],
    ["m7gd.large", "arm64"],
    ["c7gn.large", "arm64"],
    ["g4dn.xlarge", "x86_64"],
    ["g5g.xlarge", "arm64"],
    ["m7i-flex.large", "x86_64"],
  ])("W3: %s runs the %s image", (type, architecture) => {
    expect(architectureOf(type, instanceType(type).supportedArchitectures)).toBe(architecture);
  });

  test("W4: two to three instances over both public subnets, checked by the load balancer", () => {
    expect(program.one(GROUP, "web").inputs).toMatchObject({
      minSize: 2,
      maxSize: 3,
      desiredCapacity: 2,
      vpcZoneIdentifiers: ["public-a-id", "public-b-id"],
      targetGroupArns: ["arn:TargetGroup:web"],
      healthCheckType: "ELB",
      healthCheckGracePeriod: 600,
      tags: [
        { key: "Name", value: "Web", propagateAtLaunch: true },
        { key: "Project", value: "cloudy", propagateAtLaunch: true },
        { key: "Stack", value: "dev", propagateAtLaunch: true },
      ],
    });
  });

  test("R2: the load balancer's word counts once the boot budget is spent, and that is one setting", async () => {
    const slow = await record(await devConfig({ "cloudy:bootSeconds": "900" }));
    expect(slow.one(GROUP, "web").inputs["healthCheckGracePeriod"]).toBe(900);
  });

  test("W5: a deploy does not reset how many web instances there are", () => {
    expect(program.optionsOf(GROUP, "web").ignoredChanges).toContain("desiredCapacity");
  });

  test.each(["database", "nat"])("R3: a changed size of the %s group, which nothing scales, takes effect", (name) => {
    expect(program.optionsOf(GROUP, name).ignoredChanges).not.toContain("desiredCapacity");
  });
});

describe("scaling", () => {
  const alarm = (side: "high" | "low") => program.one("aws:cloudwatch/metricAlarm:MetricAlarm", `cpu-${side}`).inputs;
  const policy = (side: "high" | "low") => program.one("aws:autoscaling/policy:Policy", `cpu-${side}`).inputs;
  const common = {
    namespace: "AWS/EC2",
    metricName: "CPUUtilization",
    dimensions: { AutoScalingGroupName: "web" },
    statistic: "Average",
    period: 60,
    evaluationPeriods: 2,
    treatMissingData: "notBreaching",
  };

  test("W5: CPU above 60 % for two minutes adds one instance", () => {
    expect(alarm("high")).toEqual({
      ...common,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 60,
      alarmActions: ["arn:Policy:cpu-high"],
    });
  });

  test("W5: CPU below 40 % for two minutes removes one instance", () => {
    expect(alarm("low")).toEqual({
      ...common,
      comparisonOperator: "LessThanThreshold",
      threshold: 40,
      alarmActions: ["arn:Policy:cpu-low"],
    });
  });

  test("W5: both policies are simple, by one, with a cooldown of 60 s", () => {
    for (const [side, scalingAdjustment] of [
      ["high", 1],
      ["low", -1],
    ] as const) {
      expect(policy(side)).toEqual({
        autoscalingGroupName: "web",
        policyType: "SimpleScaling",
        adjustmentType: "ChangeInCapacity",
        scalingAdjustment,
        cooldown: 60,
      });
    }
    expect(program.all("aws:autoscaling/policy:Policy")).toHaveLength(2);
  });

  test("W5: target tracking replaces both alarms", async () => {
    const tracking = await record(await devConfig({ "cloudy:scaling": "target-tracking" }));
    expect(tracking.one("aws:autoscaling/policy:Policy").inputs).toMatchObject({
      policyType: "TargetTrackingScaling",
      targetTrackingConfiguration: {
        predefinedMetricSpecification: { predefinedMetricType: "ASGAverageCPUUtilization" },
        targetValue: 50,
      },
    });
    const scaling = tracking
      .all("aws:cloudwatch/metricAlarm:MetricAlarm")
      .filter(({ inputs }) => (inputs["alarmActions"] as unknown[]).length > 0);
    expect(scaling).toEqual([]);
    expect(tracking.outputs["highCpuAlarmName"]).toBe("");
  });
});
