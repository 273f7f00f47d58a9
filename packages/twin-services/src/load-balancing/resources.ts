import type { ResourceTypes } from "@cloudy/twin-model/resource-type.ts";

/** Load balancers, their target groups and listeners. */
export const loadBalancingResources: ResourceTypes = {
  "aws:lb/loadBalancer:LoadBalancer": {
    reads: ["name", "internal", "loadBalancerType", "securityGroups", "subnets", "idleTimeout"],
    awsOnly: {
      accessLogs: "the twin writes no request log: what a request did, its metrics and the API's log tell",
      enableDeletionProtection: "nothing is deleted before the twin ends",
    },
    taggable: true,
    uniqueName: {
      taken: (name) =>
        `DuplicateLoadBalancerName: A load balancer with the same name '${name}' exists, but with different settings`,
    },
    computed: (s) => {
      const suffix = `app/${s.name}/${s.hex(16)}`;
      const arn = s.arn("elasticloadbalancing", `loadbalancer/${suffix}`);
      const dnsName = `${s.name}-${Number.parseInt(s.hex(7), 16)}.${s.account.region}.elb.amazonaws.com`;
      return { id: arn, arn, arnSuffix: suffix, name: s.name, dnsName, zoneId: "Z32O12XQLNTSW2" };
    },
  },
  "aws:lb/targetGroup:TargetGroup": {
    reads: [
      "name",
      "port",
      "protocol",
      "vpcId",
      "deregistrationDelay",
      "healthCheck.path",
      "healthCheck.port",
      "healthCheck.protocol",
      "healthCheck.interval",
      "healthCheck.timeout",
      "healthCheck.healthyThreshold",
      "healthCheck.unhealthyThreshold",
      "healthCheck.matcher",
    ],
    taggable: true,
    uniqueName: {
      taken: (name) =>
        `DuplicateTargetGroupName: A target group with the same name '${name}' exists, but with different settings`,
    },
    computed: (s) => {
      const suffix = `targetgroup/${s.name}/${s.hex(16)}`;
      const arn = s.arn("elasticloadbalancing", suffix);
      return { id: arn, arn, arnSuffix: suffix, name: s.name };
    },
  },
  "aws:lb/listener:Listener": {
    reads: [
      "loadBalancerArn",
      "port",
      "protocol",
      "defaultActions.type",
      "defaultActions.targetGroupArn",
      "defaultActions.redirect.protocol",
      "defaultActions.redirect.port",
      "defaultActions.redirect.statusCode",
    ],
    computed: (s) => {
      const balancer = s.text("loadBalancerArn").split(":loadbalancer/")[1] ?? "";
      const arn = s.arn("elasticloadbalancing", `listener/${balancer}/${s.hex(16)}`);
      return { id: arn, arn };
    },
  },
};
