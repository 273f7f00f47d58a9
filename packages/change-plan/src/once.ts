import type { Resource } from "./resource.ts";

type Inputs = Resource["inputs"];

/**
 * What AWS gives to one resource at a time, as a text that two of them must not share: a second one is refused while the first
 * holds it, or writes over it and is lost when the first one goes.
 */
const ONCE: Readonly<Record<string, (inputs: Inputs) => readonly string[]>> = {
  "aws:ec2/routeTableAssociation:RouteTableAssociation": ({ subnetId }) => [`the route table of ${subnetId}`],
  "aws:ec2/route:Route": ({ routeTableId, destinationCidrBlock }) => [
    `the route to ${destinationCidrBlock} in ${routeTableId}`,
  ],
  "aws:ec2/subnet:Subnet": ({ vpcId, cidrBlock }) => [`the range ${cidrBlock} of ${vpcId}`],
  "aws:ec2/internetGateway:InternetGateway": ({ vpcId }) => [`the internet gateway of ${vpcId}`],
  "aws:ec2/natGateway:NatGateway": ({ allocationId }) => [`the use of address ${allocationId}`],
  "aws:ec2/eip:Eip": ({ networkInterface }) =>
    networkInterface === undefined ? [] : [`the public address of ${networkInterface}`],
  "aws:ec2/vpcEndpoint:VpcEndpoint": ({ vpcId, serviceName, privateDnsEnabled, routeTableIds }) => [
    ...(privateDnsEnabled === true ? [`the private name of ${serviceName} in ${vpcId}`] : []),
    ...listOf(routeTableIds).map((table) => `the route to ${serviceName} in ${table}`),
  ],
  "aws:ec2/securityGroup:SecurityGroup": named("security group", "name"),
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": firewallRule("into"),
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": firewallRule("out of"),
  "aws:efs/mountTarget:MountTarget": ({ fileSystemId, subnetId }) => [
    `the mount target of ${fileSystemId} in ${subnetId}`,
  ],
  "aws:efs/fileSystemPolicy:FileSystemPolicy": ({ fileSystemId }) => [`the policy of ${fileSystemId}`],
  "aws:efs/backupPolicy:BackupPolicy": ({ fileSystemId }) => [`the backup policy of ${fileSystemId}`],
  "aws:lb/listener:Listener": ({ loadBalancerArn, port }) => [`port ${port} of ${loadBalancerArn}`],
  "aws:lb/loadBalancer:LoadBalancer": named("load balancer", "name"),
  "aws:lb/targetGroup:TargetGroup": named("target group", "name"),
  "aws:lambda/function:Function": named("function", "name"),
  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": ({ functionName, qualifier }) => [
    `the configuration of invocations of ${functionName} ${qualifier}`,
  ],
  "aws:lambda/permission:Permission": named("statement of a function", "statementId"),
  "aws:autoscaling/group:Group": named("auto-scaling group", "name"),
  "aws:autoscaling/lifecycleHook:LifecycleHook": ({ autoscalingGroupName, name }) =>
    name === undefined ? [] : [`the hook ${name} of ${autoscalingGroupName}`],
  "aws:autoscaling/policy:Policy": ({ autoscalingGroupName, name }) =>
    name === undefined ? [] : [`the policy ${name} of ${autoscalingGroupName}`],
  "aws:ec2/launchTemplate:LaunchTemplate": named("launch template", "name"),
  "aws:cloudwatch/dashboard:Dashboard": named("dashboard", "dashboardName"),
  "aws:cloudwatch/eventRule:EventRule": named("event rule", "name"),
  "aws:cloudwatch/logGroup:LogGroup": named("log group", "name"),
  "aws:cloudwatch/metricAlarm:MetricAlarm": named("alarm", "name"),
  "aws:iam/instanceProfile:InstanceProfile": named("instance profile", "name"),
  "aws:iam/role:Role": named("role", "name"),
  "aws:iam/rolePolicy:RolePolicy": ({ role, name }) => (name === undefined ? [] : [`the policy ${name} of ${role}`]),
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ({ role, policyArn }) => [`${policyArn} at ${role}`],
  "aws:route53/record:Record": ({ zoneId, name, type }) => [`the ${type} record ${name} in ${zoneId}`],
  "aws:s3/bucket:Bucket": named("bucket", "bucket"),
  "aws:s3/bucketObjectv2:BucketObjectv2": ({ bucket, key }) => [`the object ${key} in ${bucket}`],
  "aws:s3/bucketPolicy:BucketPolicy": ofBucket("policy"),
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ofBucket("public access block"),
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": ofBucket("encryption"),
  "aws:s3/bucketVersioning:BucketVersioning": ofBucket("versioning"),
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": ofBucket("lifecycle"),
  "aws:secretsmanager/secret:Secret": named("secret", "name"),
  "aws:sns/topic:Topic": named("topic", "name"),
  "aws:sns/topicPolicy:TopicPolicy": ({ arn }) => [`the policy of ${arn}`],
};

/** What `resource` holds; `inputs` are its own, or these as they will read when what they name is made anew. */
export function heldBy(resource: Resource, inputs: Inputs = resource.inputs): readonly string[] {
  return ONCE[resource.type]?.(inputs) ?? [];
}

function named(kind: string, property: string) {
  return (inputs: Inputs): readonly string[] =>
    inputs[property] === undefined ? [] : [`the ${kind} name ${inputs[property]}`];
}

function ofBucket(what: string) {
  return ({ bucket }: Inputs): readonly string[] => [`the ${what} of ${bucket}`];
}

function firewallRule(direction: string) {
  return (inputs: Inputs): readonly string[] => {
    const { securityGroupId, ipProtocol, fromPort, toPort, cidrIpv4, referencedSecurityGroupId } = inputs;
    const peer = cidrIpv4 ?? referencedSecurityGroupId;
    return [`the rule ${direction} ${securityGroupId}: ${ipProtocol} ${fromPort}-${toPort} ${peer}`];
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
