import { createHash, randomBytes } from "node:crypto";
import { UserError } from "@cloudy/command-line";

export interface Account {
  readonly accountId: string;
  readonly region: string;
}

type Values = Readonly<Record<string, unknown>>;

interface Subject {
  /** Physical name: the program's, else Pulumi's auto-name (`<logical>-<7 hex>`). */
  readonly name: string;
  readonly inputs: Values;
  readonly hex: (length: number) => string;
  /** `arn("ec2", "vpc/vpc-1")` in this account and region. */
  readonly arn: (service: string, path: string) => string;
  readonly account: Account;
}

type Computed = Readonly<Record<string, unknown>> & { readonly id: string };

/** `ec2("vpc")`: an EC2 resource with an id `vpc-<17 hex>` and an ARN. */
function ec2(prefix: string, arnType = prefix): (subject: Subject) => Computed {
  return (s) => {
    const id = `${prefix}-${s.hex(17)}`;
    return { id, arn: s.arn("ec2", `${arnType}/${id}`) };
  };
}

/** An association or rule that only has an id. */
function idOnly(prefix: string): (subject: Subject) => Computed {
  return (s) => ({ id: `${prefix}-${s.hex(17)}` });
}

function named(arn: (subject: Subject) => string): (subject: Subject) => Computed {
  return (s) => ({ id: s.name, name: s.name, arn: arn(s) });
}

function iam(path: string): (subject: Subject) => Computed {
  return (s) => ({ id: s.name, name: s.name, arn: `arn:aws:iam::${s.account.accountId}:${path}/${s.name}` });
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** What AWS computes for each resource type, from its API reference; ids are derived from the names. */
const COMPUTED: Readonly<Record<string, (subject: Subject) => Computed>> = {
  "aws:ec2/vpc:Vpc": (s) => ({
    ...ec2("vpc")(s),
    mainRouteTableId: `rtb-${s.hex(16)}0`,
    defaultSecurityGroupId: `sg-${s.hex(16)}0`,
  }),
  "aws:ec2/subnet:Subnet": ec2("subnet"),
  "aws:ec2/internetGateway:InternetGateway": ec2("igw", "internet-gateway"),
  "aws:ec2/routeTable:RouteTable": ec2("rtb", "route-table"),
  "aws:ec2/route:Route": idOnly("r"),
  "aws:ec2/routeTableAssociation:RouteTableAssociation": idOnly("rtbassoc"),
  "aws:ec2/networkInterface:NetworkInterface": (s) => ({
    ...ec2("eni", "network-interface")(s),
    // Locally administered, so it is nobody's.
    macAddress: ["02", ...(s.hex(10).match(/../g) ?? [])].join(":"),
  }),
  "aws:ec2/eip:Eip": (s) => ({
    ...ec2("eipalloc", "elastic-ip")(s),
    allocationId: `eipalloc-${s.hex(17)}`,
    publicIp: `203.0.113.${(Number.parseInt(s.hex(2), 16) % 250) + 2}`,
  }),
  "aws:ec2/eipAssociation:EipAssociation": idOnly("eipassoc"),
  "aws:ec2/natGateway:NatGateway": ec2("nat", "natgateway"),
  "aws:ec2/vpcEndpoint:VpcEndpoint": (s) => ({ ...ec2("vpce", "vpc-endpoint")(s), prefixListId: `pl-${s.hex(8)}` }),
  "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": idOnly("a"),
  "aws:ec2/securityGroup:SecurityGroup": (s) => ({ ...ec2("sg", "security-group")(s), name: s.name }),
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": idOnly("sgr"),
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": idOnly("sgr"),
  "aws:ec2/launchTemplate:LaunchTemplate": (s) => ({
    ...ec2("lt", "launch-template")(s),
    name: s.name,
    latestVersion: 1,
    defaultVersion: 1,
  }),
  "aws:iam/role:Role": iam("role"),
  "aws:iam/policy:Policy": iam("policy"),
  "aws:iam/instanceProfile:InstanceProfile": iam("instance-profile"),
  "aws:iam/rolePolicy:RolePolicy": (s) => ({ id: `${text(s.inputs["role"])}:${s.name}`, name: s.name }),
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": (s) => ({ id: `${text(s.inputs["role"])}-${s.hex(8)}` }),
  "aws:autoscaling/group:Group": named((s) =>
    s.arn("autoscaling", `autoScalingGroup:${s.hex(8)}:autoScalingGroupName/${s.name}`),
  ),
  "aws:autoscaling/policy:Policy": named((s) =>
    s.arn(
      "autoscaling",
      `scalingPolicy:${s.hex(8)}:autoScalingGroupName/${text(s.inputs["autoscalingGroupName"])}:policyName/${s.name}`,
    ),
  ),
  "aws:cloudwatch/metricAlarm:MetricAlarm": named((s) => s.arn("cloudwatch", `alarm:${s.name}`)),
  "aws:cloudwatch/eventRule:EventRule": named((s) => s.arn("events", `rule/${s.name}`)),
  "aws:cloudwatch/eventTarget:EventTarget": (s) => ({ id: `${text(s.inputs["rule"])}-${s.hex(8)}` }),
  "aws:cloudwatch/logGroup:LogGroup": named((s) => s.arn("logs", `log-group:${s.name}`)),
  "aws:lambda/function:Function": (s) => ({
    id: s.name,
    name: s.name,
    arn: s.arn("lambda", `function:${s.name}`),
    qualifiedArn: s.arn("lambda", `function:${s.name}:$LATEST`),
  }),
  "aws:lambda/permission:Permission": (s) => ({ id: s.name, statementId: s.name }),
  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": idOnly("eic"),
  "aws:lb/loadBalancer:LoadBalancer": (s) => {
    const suffix = `app/${s.name}/${s.hex(16)}`;
    const arn = s.arn("elasticloadbalancing", `loadbalancer/${suffix}`);
    const dnsName = `${s.name}-${Number.parseInt(s.hex(7), 16)}.${s.account.region}.elb.amazonaws.com`;
    return { id: arn, arn, arnSuffix: suffix, name: s.name, dnsName, zoneId: "Z32O12XQLNTSW2" };
  },
  "aws:lb/targetGroup:TargetGroup": (s) => {
    const suffix = `targetgroup/${s.name}/${s.hex(16)}`;
    const arn = s.arn("elasticloadbalancing", suffix);
    return { id: arn, arn, arnSuffix: suffix, name: s.name };
  },
  "aws:lb/listener:Listener": (s) => {
    const balancer = text(s.inputs["loadBalancerArn"]).split(":loadbalancer/")[1] ?? "";
    const arn = s.arn("elasticloadbalancing", `listener/${balancer}/${s.hex(16)}`);
    return { id: arn, arn };
  },
  "aws:efs/fileSystem:FileSystem": (s) => {
    const id = `fs-${s.hex(17)}`;
    const dnsName = `${id}.efs.${s.account.region}.amazonaws.com`;
    return { id, arn: s.arn("elasticfilesystem", `file-system/${id}`), dnsName };
  },
  "aws:efs/mountTarget:MountTarget": idOnly("fsmt"),
  "aws:efs/accessPoint:AccessPoint": (s) => {
    const id = `fsap-${s.hex(17)}`;
    const fileSystemArn = s.arn("elasticfilesystem", `file-system/${text(s.inputs["fileSystemId"])}`);
    return { id, arn: s.arn("elasticfilesystem", `access-point/${id}`), fileSystemArn };
  },
  "aws:efs/fileSystemPolicy:FileSystemPolicy": (s) => ({ id: text(s.inputs["fileSystemId"]) }),
  "aws:efs/backupPolicy:BackupPolicy": (s) => ({ id: text(s.inputs["fileSystemId"]) }),
  "aws:secretsmanager/secret:Secret": (s) => {
    const arn = s.arn("secretsmanager", `secret:${s.name}-${s.hex(6)}`);
    return { id: arn, arn, name: s.name };
  },
  "aws:secretsmanager/secretVersion:SecretVersion": (s) => ({
    id: `${text(s.inputs["secretId"])}|${s.hex(32)}`,
    arn: s.inputs["secretId"],
    versionId: s.hex(32),
  }),
  "aws:s3/bucketObjectv2:BucketObjectv2": (s) => ({
    id: text(s.inputs["key"]),
    arn: `arn:aws:s3:::${text(s.inputs["bucket"])}/${text(s.inputs["key"])}`,
  }),
  "random:index/randomPassword:RandomPassword": (s) => ({
    id: "none",
    // Letters, digits, "-" and "_": special characters are not needed to be a good password.
    result: randomText(Number(s.inputs["length"])),
  }),
  "random:index/randomBytes:RandomBytes": (s) => {
    const bytes = randomBytes(Number(s.inputs["length"]));
    return { id: "none", hex: bytes.toString("hex"), base64: bytes.toString("base64") };
  },
  "random:index/randomId:RandomId": (s) => {
    const hex = s.hex(2 * Number(s.inputs["byteLength"]));
    return { id: hex, hex, dec: String(BigInt(`0x${hex}`)) };
  },
};

/** S3 buckets go by several tokens over the provider's versions; settings of a bucket have its name as their id. */
function bucketOutputs(type: string, s: Subject): Computed | undefined {
  if (type === "aws:s3/bucket:Bucket" || type === "aws:s3/bucketV2:BucketV2") {
    const bucket = text(s.inputs["bucket"]) || s.name;
    const bucketRegionalDomainName = `${bucket}.s3.${s.account.region}.amazonaws.com`;
    return { id: bucket, bucket, arn: `arn:aws:s3:::${bucket}`, bucketRegionalDomainName };
  }
  return type.startsWith("aws:s3/bucket") && type !== "aws:s3/bucketObjectv2:BucketObjectv2"
    ? { id: text(s.inputs["bucket"]) }
    : undefined;
}

/** The outputs AWS would add to a resource's inputs. Throws UserError for a type the twin does not know. */
export function computedOutputs(type: string, logicalName: string, inputs: Values, account: Account): Computed {
  const subject = subjectOf(type, logicalName, inputs, account);
  const bucket = bucketOutputs(type, subject);
  if (bucket !== undefined) return bucket;
  if (type.startsWith("pulumi:providers:")) return { id: `provider-${logicalName}` };
  // Component resources (`cloudy:network:Network`) have no provider: they compute nothing.
  if (!/^(aws|awsx|random|tls|docker)[:]/.test(type)) return { id: "" };
  const compute = COMPUTED[type];
  if (compute === undefined) {
    throw new UserError(
      `The twin does not know the resource type ${type} (resource "${logicalName}"): it cannot tell what AWS would do with it.`,
    );
  }
  return compute(subject);
}

function subjectOf(type: string, logicalName: string, inputs: Values, account: Account): Subject {
  const digest = createHash("sha512").update(`${type} ${logicalName}`).digest("hex");
  const hex = (length: number) => digest.slice(0, length);
  const name = text(inputs["name"]) || `${logicalName}-${hex(7)}`;
  const arn = (service: string, path: string) => `arn:aws:${service}:${account.region}:${account.accountId}:${path}`;
  return { name, inputs, hex, arn, account };
}

function randomText(length: number): string {
  return randomBytes(length).toString("base64url").slice(0, length);
}

/** Types that take the provider's default tags; Auto Scaling groups carry a list of their own instead. */
export function isTaggable(type: string): boolean {
  return TAGGABLE.has(type);
}

const TAGGABLE: ReadonlySet<string> = new Set([
  "aws:ec2/vpc:Vpc",
  "aws:ec2/subnet:Subnet",
  "aws:ec2/internetGateway:InternetGateway",
  "aws:ec2/routeTable:RouteTable",
  "aws:ec2/networkInterface:NetworkInterface",
  "aws:ec2/eip:Eip",
  "aws:ec2/natGateway:NatGateway",
  "aws:ec2/vpcEndpoint:VpcEndpoint",
  "aws:ec2/securityGroup:SecurityGroup",
  "aws:ec2/launchTemplate:LaunchTemplate",
  "aws:iam/role:Role",
  "aws:iam/instanceProfile:InstanceProfile",
  "aws:lb/loadBalancer:LoadBalancer",
  "aws:lb/targetGroup:TargetGroup",
  "aws:lambda/function:Function",
  "aws:cloudwatch/metricAlarm:MetricAlarm",
  "aws:cloudwatch/logGroup:LogGroup",
  "aws:cloudwatch/eventRule:EventRule",
  "aws:efs/fileSystem:FileSystem",
  "aws:efs/accessPoint:AccessPoint",
  "aws:secretsmanager/secret:Secret",
  "aws:s3/bucket:Bucket",
  "aws:s3/bucketObjectv2:BucketObjectv2",
]);

/** Data sources of the program. */
export function functionResult(token: string, inputs: Values, account: Account): Record<string, unknown> {
  const { accountId, region } = account;
  switch (token) {
    case "aws:index/getCallerIdentity:getCallerIdentity":
      return { accountId, arn: `arn:aws:iam::${accountId}:root`, userId: accountId, id: accountId };
    case "aws:index/getRegion:getRegion":
      return { id: region, name: region, region };
    case "aws:index/getPartition:getPartition":
      return { id: "aws", partition: "aws", dnsSuffix: "amazonaws.com" };
    case "aws:index/getAvailabilityZones:getAvailabilityZones":
      return { id: region, names: ["a", "b", "c"].map((zone) => `${region}${zone}`) };
    case "aws:ssm/getParameter:getParameter":
      return { ...inputs, id: inputs["name"], value: imageOf(text(inputs["name"])), type: "String", version: 1 };
    case "aws:ec2/getPrefixList:getPrefixList":
      return { id: "pl-6da54004", name: text(inputs["name"]), prefixListId: "pl-6da54004", cidrBlocks: [] };
    default:
      throw new UserError(`The twin does not know the data source ${token}.`);
  }
}

/** Public AMI parameters name an Amazon Linux 2023 image; anything else is not known here. */
function imageOf(parameter: string): string {
  if (!parameter.startsWith("/aws/service/ami-amazon-linux-latest/al2023-")) {
    throw new UserError(
      `The twin has no value for the SSM parameter ${parameter}: only Amazon Linux 2023 images are known.`,
    );
  }
  return `ami-${createHash("sha1").update(parameter).digest("hex").slice(0, 17)}`;
}
