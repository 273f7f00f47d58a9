import type { Graph, GraphResource } from "@cloudy/twin-model/graph.ts";

const region = "eu-west-1";
const accountId = "123456789012";

type Values = Readonly<Record<string, unknown>>;

export const arnOf = (service: string, path: string) => `arn:aws:${service}:${region}:${accountId}:${path}`;

const webGroupArn = arnOf("autoscaling", "autoScalingGroup:1:autoScalingGroupName/web");
export const targetGroupArn = arnOf("elasticloadbalancing", "targetgroup/web/0123456789abcdef");
export const loadBalancerArn = arnOf("elasticloadbalancing", "loadbalancer/app/CloudyLB/0123456789abcdef");
const failoverArn = arnOf("lambda", "function:failover");

export function resource(
  type: string,
  name: string,
  id: string,
  inputs: Values,
  more: Partial<GraphResource> = {},
): GraphResource {
  const base = { type, name, id, urn: `urn:pulumi:test::cloudy::${type}::${name}`, inputs, outputs: inputs };
  return { ...base, parent: undefined, dependencies: [], ...more };
}

export function graphOf(resources: readonly GraphResource[]): Graph {
  const ofType = (type: string) => resources.filter((item) => item.type === type);
  return { resources, outputs: {}, region, accountId, ofType };
}

/** The stack's shape with the reference's numbers; `replace` swaps resources in by type and name. */
export function smallStack(...replace: readonly GraphResource[]): Graph {
  const resources = [...networkResources(), ...groupResources(), ...scalingResources(), ...functionResources()];
  const isSame = (a: GraphResource, b: GraphResource) => a.type === b.type && a.name === b.name;
  const kept = resources.filter((item) => !replace.some((other) => isSame(item, other)));
  return graphOf([...kept, ...replace]);
}

function networkResources(): readonly GraphResource[] {
  const subnet = (name: string, cidrBlock: string, zone: string, isPublic: boolean) =>
    resource("aws:ec2/subnet:Subnet", name, `subnet-${name}`, {
      vpcId: "vpc-1",
      cidrBlock,
      availabilityZone: `eu-west-1${zone}`,
      mapPublicIpOnLaunch: isPublic,
      tags: { Name: name },
    });
  const associate = (table: string, name: string) =>
    resource("aws:ec2/routeTableAssociation:RouteTableAssociation", name, `rtbassoc-${name}`, {
      routeTableId: `rtb-${table}`,
      subnetId: `subnet-${name}`,
    });
  const group = (name: string) =>
    resource("aws:ec2/securityGroup:SecurityGroup", name, `sg-${name}`, { vpcId: "vpc-1", description: name });
  return [
    resource("aws:ec2/vpc:Vpc", "vpc", "vpc-1", { cidrBlock: "10.0.0.0/16" }),
    subnet("public-a", "10.0.0.0/24", "a", true),
    subnet("public-b", "10.0.2.0/24", "b", true),
    subnet("private-a", "10.0.1.0/24", "a", false),
    subnet("private-b", "10.0.3.0/24", "b", false),
    resource("aws:ec2/internetGateway:InternetGateway", "igw", "igw-1", { vpcId: "vpc-1" }),
    resource("aws:ec2/routeTable:RouteTable", "public", "rtb-public", { vpcId: "vpc-1", tags: { database: "true" } }),
    resource("aws:ec2/routeTable:RouteTable", "private", "rtb-private", { vpcId: "vpc-1" }),
    ...["public-a", "public-b"].map((name) => associate("public", name)),
    associate("private", "private-a"),
    resource("aws:ec2/route:Route", "internet", "r-1", {
      routeTableId: "rtb-public",
      destinationCidrBlock: "0.0.0.0/0",
      gatewayId: "igw-1",
    }),
    ...["balancer", "web", "database", "efs", "probe", "nat"].map(group),
    resource("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "db-from-web", "sgr-1", {
      securityGroupId: "sg-database",
      ipProtocol: "tcp",
      fromPort: 5432,
      toPort: 5432,
      referencedSecurityGroupId: "sg-web",
    }),
    resource("aws:ec2/networkInterface:NetworkInterface", "nat", "eni-nat", {
      subnetId: "subnet-public-a",
      securityGroups: ["sg-nat"],
      sourceDestCheck: false,
    }),
    resource("aws:ec2/eip:Eip", "nat", "eipalloc-nat", { publicIp: "203.0.113.9", networkInterface: "eni-nat" }),
    resource("aws:ec2/route:Route", "nat", "r-2", {
      routeTableId: "rtb-private",
      destinationCidrBlock: "0.0.0.0/0",
      networkInterfaceId: "eni-nat",
    }),
  ];
}

const databaseUrn = "urn:pulumi:test::cloudy::aws:autoscaling/group:Group::database";

function groupResources(): readonly GraphResource[] {
  const role = resource("aws:iam/role:Role", "web", "web-role", {
    name: "web-role",
    arn: `arn:aws:iam::${accountId}:role/web-role`,
  });
  const profile = resource("aws:iam/instanceProfile:InstanceProfile", "web", "web-profile", {
    name: "web-profile",
    arn: `arn:aws:iam::${accountId}:instance-profile/web-profile`,
    role: "web-role",
  });
  const template = (name: string) =>
    resource("aws:ec2/launchTemplate:LaunchTemplate", name, `lt-${name}`, {
      name,
      imageId: "ami-1",
      instanceType: "t2.nano",
      iamInstanceProfile: { arn: `arn:aws:iam::${accountId}:instance-profile/web-profile` },
      vpcSecurityGroupIds: [`sg-${name}`],
      userData: Buffer.from("#cloud-config\n").toString("base64"),
      metadataOptions: { httpTokens: "required" },
      monitoring: { enabled: true },
    });
  return [
    role,
    profile,
    template("web"),
    template("database"),
    resource("aws:autoscaling/group:Group", "database", "database", {
      name: "database",
      arn: arnOf("autoscaling", "autoScalingGroup:2:autoScalingGroupName/database"),
      minSize: 1,
      maxSize: 2,
      desiredCapacity: 2,
      vpcZoneIdentifiers: ["subnet-private-a", "subnet-private-b"],
      launchTemplate: { id: "lt-database", version: "1" },
      healthCheckType: "EC2",
      tags: [
        { key: "Name", value: "Database", propagateAtLaunch: true },
        { key: "database", value: "true", propagateAtLaunch: true },
      ],
    }),
    webGroup(),
  ];
}

/** The stack without any scaling policy or alarm. */
export function withoutScaling(...more: readonly GraphResource[]): Graph {
  const types = ["aws:autoscaling/policy:Policy", "aws:cloudwatch/metricAlarm:MetricAlarm"];
  return graphOf([
    ...smallStack(webGroup({ maxSize: 6 })).resources.filter((item) => !types.includes(item.type)),
    ...more,
  ]);
}

/** The web group, with other numbers where a test needs them. */
export function webGroup(inputs: Values = {}): GraphResource {
  return resource(
    "aws:autoscaling/group:Group",
    "web",
    "web",
    {
      name: "web",
      arn: webGroupArn,
      minSize: 2,
      maxSize: 3,
      vpcZoneIdentifiers: ["subnet-public-a", "subnet-public-b"],
      launchTemplate: { id: "lt-web", version: "$Latest" },
      healthCheckType: "ELB",
      healthCheckGracePeriod: 60,
      targetGroupArns: [targetGroupArn],
      tags: [{ key: "Name", value: "Web", propagateAtLaunch: true }],
      ...inputs,
    },
    { dependencies: [databaseUrn] },
  );
}

export const policyArn = (side: string) =>
  arnOf("autoscaling", `scalingPolicy:1:autoScalingGroupName/web:policyName/cpu-${side}`);

function scalingResources(): readonly GraphResource[] {
  const pair = (side: "high" | "low") => [
    resource("aws:autoscaling/policy:Policy", side, `cpu-${side}`, {
      name: `cpu-${side}`,
      arn: policyArn(side),
      autoscalingGroupName: "web",
      adjustmentType: "ChangeInCapacity",
      scalingAdjustment: side === "high" ? 1 : -1,
      cooldown: 60,
    }),
    resource("aws:cloudwatch/metricAlarm:MetricAlarm", side, `cpu-${side}`, {
      name: `cpu-${side}`,
      arn: arnOf("cloudwatch", `alarm:cpu-${side}`),
      namespace: "AWS/EC2",
      metricName: "CPUUtilization",
      dimensions: { AutoScalingGroupName: "web" },
      statistic: "Average",
      comparisonOperator: side === "high" ? "GreaterThanThreshold" : "LessThanThreshold",
      threshold: side === "high" ? 60 : 40,
      period: 60,
      evaluationPeriods: 2,
      alarmActions: [policyArn(side)],
    }),
  ];
  return [
    resource("aws:lb/loadBalancer:LoadBalancer", "lb", loadBalancerArn, {
      name: "CloudyLB",
      arn: loadBalancerArn,
      dnsName: "cloudylb-1.eu-west-1.elb.amazonaws.com",
      subnets: ["subnet-public-a", "subnet-public-b"],
      securityGroups: ["sg-balancer"],
    }),
    resource("aws:lb/targetGroup:TargetGroup", "web", targetGroupArn, {
      name: "web",
      arn: targetGroupArn,
      port: 8080,
      vpcId: "vpc-1",
      deregistrationDelay: 20,
      healthCheck: { path: "/healthz", interval: 30, timeout: 15, healthyThreshold: 5, unhealthyThreshold: 3 },
    }),
    resource("aws:lb/listener:Listener", "http", arnOf("elasticloadbalancing", "listener/1"), {
      arn: arnOf("elasticloadbalancing", "listener/1"),
      loadBalancerArn,
      port: 8080,
      protocol: "HTTP",
      defaultActions: [{ type: "forward", targetGroupArn }],
    }),
    ...pair("high"),
    ...pair("low"),
  ];
}

function functionResources(): readonly GraphResource[] {
  const lambda = (name: string, vpcConfig?: Values) =>
    resource("aws:lambda/function:Function", name, name, {
      name,
      arn: arnOf("lambda", `function:${name}`),
      runtime: "nodejs24.x",
      handler: `${name}.handler`,
      code: { path: "failover.zip" },
      role: `arn:aws:iam::${accountId}:role/${name}-role`,
      timeout: 60,
      environment: { variables: { NAME: name } },
      ...(vpcConfig === undefined ? {} : { vpcConfig }),
    });
  const rule = (name: string, when: Values) => [
    resource("aws:cloudwatch/eventRule:EventRule", name, name, { name, arn: arnOf("events", `rule/${name}`), ...when }),
    resource("aws:cloudwatch/eventTarget:EventTarget", name, `${name}-target`, { rule: name, arn: failoverArn }),
    resource("aws:lambda/permission:Permission", name, name, {
      action: "lambda:InvokeFunction",
      function: "failover",
      principal: "events.amazonaws.com",
      sourceArn: arnOf("events", `rule/${name}`),
    }),
  ];
  return [
    lambda("failover"),
    lambda("probe", { subnetIds: ["subnet-private-a", "subnet-private-b"], securityGroupIds: ["sg-probe"] }),
    resource("aws:cloudwatch/logGroup:LogGroup", "failover", "/aws/lambda/failover", { name: "/aws/lambda/failover" }),
    ...rule("every-minute", { scheduleExpression: "rate(1 minute)" }),
    ...rule("database-terminated", {
      eventPattern: JSON.stringify({
        source: ["aws.autoscaling"],
        "detail-type": ["EC2 Instance Terminate Successful"],
        detail: { AutoScalingGroupName: ["database"] },
      }),
    }),
  ];
}
