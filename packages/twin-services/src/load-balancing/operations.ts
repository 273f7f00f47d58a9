import type {
  DescribeListenersInput,
  DescribeListenersOutput,
  DescribeLoadBalancersInput,
  DescribeLoadBalancersOutput,
  DescribeTagsInput,
  DescribeTagsOutput,
  DescribeTargetGroupAttributesInput,
  DescribeTargetGroupAttributesOutput,
  DescribeTargetGroupsInput,
  DescribeTargetGroupsOutput,
  DescribeTargetHealthInput,
  DescribeTargetHealthOutput,
  ProtocolEnum,
  LoadBalancer as SdkBalancer,
  Listener as SdkListener,
  TargetGroup as SdkTargetGroup,
  TargetGroupAttribute,
  TargetHealthDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Listener } from "@cloudy/twin-model/load-balancer.ts";
import { AwsError, type Operation, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import type { LoadBalancing } from "./load-balancing.ts";
import type { LoadBalancerRecord } from "./registry.ts";
import type { Targets } from "./targets.ts";

/** The API of Elastic Load Balancing. */
export function loadBalancingOperations(balancing: LoadBalancing): Operations {
  return {
    DescribeLoadBalancers: query<DescribeLoadBalancersInput, DescribeLoadBalancersOutput>(
      "DescribeLoadBalancers",
      (request) => {
        const all = balancing.registry.balancers;
        const found = select(all, request.LoadBalancerArns, request.Names, "LoadBalancerNotFound", "Load balancers");
        return { LoadBalancers: found.map((balancer) => describeBalancer(balancing, balancer)) };
      },
    ),
    DescribeTargetGroups: query<DescribeTargetGroupsInput, DescribeTargetGroupsOutput>(
      "DescribeTargetGroups",
      (request) => {
        const all = [...balancing.targetGroups.values()].map((targets) => ({ ...targets.settings, targets }));
        const found = select(
          all,
          request.TargetGroupArns,
          request.Names,
          "TargetGroupNotFound",
          "Target groups",
        ).filter(
          ({ arn }) =>
            request.LoadBalancerArn === undefined ||
            balancing.registry.balancersOf(arn).includes(request.LoadBalancerArn),
        );
        return { TargetGroups: found.map(({ targets }) => describeGroup(balancing, targets)) };
      },
    ),
    DescribeTargetGroupAttributes: query<DescribeTargetGroupAttributesInput, DescribeTargetGroupAttributesOutput>(
      "DescribeTargetGroupAttributes",
      (request) => ({ Attributes: attributesOf(balancing, request.TargetGroupArn ?? "") }),
    ),
    DescribeListeners: query<DescribeListenersInput, DescribeListenersOutput>("DescribeListeners", (request) => {
      const found = balancing.registry.listeners.filter(({ arn, loadBalancerArn }) =>
        request.ListenerArns === undefined
          ? request.LoadBalancerArn === undefined || loadBalancerArn === request.LoadBalancerArn
          : request.ListenerArns.includes(arn),
      );
      return { Listeners: found.map(describeListener) };
    }),
    DescribeTargetHealth: query<DescribeTargetHealthInput, DescribeTargetHealthOutput>(
      "DescribeTargetHealth",
      (request) => describeHealth(balancing, request),
    ),
    DescribeTags: query<DescribeTagsInput, DescribeTagsOutput>("DescribeTags", (request) => ({
      TagDescriptions: (request.ResourceArns ?? []).map((arn) => ({
        ResourceArn: arn,
        Tags: Object.entries(tagsOf(balancing, arn)).map(([Key, Value]) => ({ Key, Value })),
      })),
    })),
  };
}

/** Elastic Load Balancing's Describe actions know no resources. */
function query<Request, Result>(action: string, run: (request: Request) => Result): Operation {
  const access = () => [{ action: `elasticloadbalancing:${action}`, resource: "*" }];
  return operation<Request, Result>({ access, run });
}

function select<Item extends { readonly arn: string; readonly name: string }>(
  all: readonly Item[],
  arns: readonly string[] | undefined,
  names: readonly string[] | undefined,
  code: string,
  kind: string,
): readonly Item[] {
  const wanted = [...(arns ?? []), ...(names ?? [])];
  if (wanted.length === 0) return all;
  const missing = wanted.filter((key) => !all.some((item) => item.arn === key || item.name === key));
  if (missing.length > 0) throw new AwsError(code, `${kind} '${missing.join(", ")}' not found`);
  return all.filter((item) => wanted.includes(item.arn) || wanted.includes(item.name));
}

function describeBalancer(balancing: LoadBalancing, balancer: LoadBalancerRecord): SdkBalancer {
  const vpcId = balancing.ec2.subnets.find(balancer.subnetIds[0] ?? "")?.vpcId;
  return {
    LoadBalancerArn: balancer.arn,
    LoadBalancerName: balancer.name,
    DNSName: balancer.dnsName,
    CanonicalHostedZoneId: balancer.zoneId,
    CreatedTime: new Date(balancing.startedAt_ms),
    Scheme: balancer.scheme,
    Type: "application",
    IpAddressType: "ipv4",
    ...(vpcId === undefined ? {} : { VpcId: vpcId }),
    State: { Code: "active" },
    SecurityGroups: [...balancer.securityGroupIds],
    AvailabilityZones: balancer.subnetIds.map((SubnetId) => ({
      SubnetId,
      ZoneName: balancing.ec2.subnets.get(SubnetId).availabilityZone,
    })),
  };
}

function describeGroup(balancing: LoadBalancing, { settings }: Targets): SdkTargetGroup {
  const { check } = settings;
  return {
    TargetGroupArn: settings.arn,
    TargetGroupName: settings.name,
    Protocol: settings.protocol as ProtocolEnum,
    Port: settings.port,
    VpcId: settings.vpcId,
    TargetType: "instance",
    ProtocolVersion: "HTTP1",
    IpAddressType: "ipv4",
    HealthCheckEnabled: true,
    HealthCheckProtocol: check.protocol as ProtocolEnum,
    HealthCheckPort: check.port === settings.port ? "traffic-port" : String(check.port),
    HealthCheckPath: check.path,
    HealthCheckIntervalSeconds: settings.interval_s,
    HealthCheckTimeoutSeconds: check.timeout_ms / 1000,
    HealthyThresholdCount: settings.healthyThreshold,
    UnhealthyThresholdCount: settings.unhealthyThreshold,
    Matcher: { HttpCode: check.matcher },
    LoadBalancerArns: [...balancing.registry.balancersOf(settings.arn)],
  };
}

function describeListener(listener: Listener): SdkListener {
  const { action } = listener;
  return {
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancerArn,
    Port: listener.port,
    Protocol: listener.protocol as ProtocolEnum,
    DefaultActions: [
      action.kind === "forward"
        ? { Type: "forward", TargetGroupArn: action.targetGroupArn }
        : {
            Type: "redirect",
            RedirectConfig: {
              Protocol: action.protocol,
              Port: action.port,
              StatusCode: action.statusCode as "HTTP_301" | "HTTP_302",
            },
          },
    ],
  };
}

/** Those that the twin knows of. */
function attributesOf(balancing: LoadBalancing, arn: string): TargetGroupAttribute[] {
  const { deregistrationDelay_s } = targetsOf(balancing, arn).settings;
  return [{ Key: "deregistration_delay.timeout_seconds", Value: String(deregistrationDelay_s) }];
}

function targetsOf(balancing: LoadBalancing, arn: string) {
  const targets = balancing.targetGroups.get(arn);
  if (targets === undefined) {
    throw new AwsError("TargetGroupNotFound", `One or more target groups not found: '${arn}'`);
  }
  return targets;
}

function describeHealth(balancing: LoadBalancing, request: DescribeTargetHealthInput): DescribeTargetHealthOutput {
  const targets = targetsOf(balancing, request.TargetGroupArn ?? "");
  const port = targets.settings.port;
  const known = new Map(targets.all().map((entry) => [entry.target.instanceId, entry]));
  const ids = request.Targets?.map((target) => target.Id ?? "") ?? [...known.keys()];
  return {
    TargetHealthDescriptions: ids.map((Id): TargetHealthDescription => {
      const health = known.get(Id)?.health;
      const HealthCheckPort = String(targets.settings.check.port);
      if (health === undefined) {
        return {
          Target: { Id, Port: port },
          TargetHealth: {
            State: "unused",
            Reason: "Target.NotRegistered",
            Description: "Target is not registered to the target group",
          },
        };
      }
      const why =
        health.reason === ""
          ? {}
          : {
              Reason: health.reason as "Target.Timeout",
              Description: health.description,
            };
      return { Target: { Id, Port: port }, HealthCheckPort, TargetHealth: { State: health.state, ...why } };
    }),
  };
}

function tagsOf(balancing: LoadBalancing, arn: string): Readonly<Record<string, string>> {
  const balancer = balancing.registry.balancers.find((item) => item.arn === arn);
  const tags = balancer?.tags ?? balancing.targetGroups.get(arn)?.settings.tags;
  if (tags !== undefined) return tags;
  throw new AwsError("LoadBalancerNotFound", `One or more resources not found: '${arn}'`);
}
