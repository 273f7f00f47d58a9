import { type Computed, idOnly, type ResourceTypes, type Subject } from "@cloudy/twin-model/resource-type.ts";

const RULE = [
  "securityGroupId",
  "ipProtocol",
  "fromPort",
  "toPort",
  "cidrIpv4",
  "referencedSecurityGroupId",
  "prefixListId",
  "description",
];

/** `ec2("vpc")`: an EC2 resource with an id `vpc-<17 hex>` and an ARN. */
function ec2(prefix: string, arnType = prefix): (subject: Subject) => Computed {
  return (s) => {
    const id = `${prefix}-${s.hex(17)}`;
    return { id, arn: s.arn("ec2", `${arnType}/${id}`) };
  };
}

/** The network's resource types and the launch template. */
export const ec2Resources: ResourceTypes = {
  "aws:ec2/vpc:Vpc": {
    reads: ["cidrBlock", "enableDnsHostnames", "enableDnsSupport"],
    taggable: true,
    computed: (s) => ({
      ...ec2("vpc")(s),
      mainRouteTableId: `rtb-${s.hex(16)}0`,
      defaultSecurityGroupId: `sg-${s.hex(16)}0`,
    }),
  },
  "aws:ec2/subnet:Subnet": {
    reads: ["vpcId", "cidrBlock", "availabilityZone", "mapPublicIpOnLaunch"],
    taggable: true,
    computed: ec2("subnet"),
  },
  "aws:ec2/internetGateway:InternetGateway": {
    reads: ["vpcId"],
    taggable: true,
    computed: ec2("igw", "internet-gateway"),
  },
  "aws:ec2/routeTable:RouteTable": {
    reads: ["vpcId", "routes.cidrBlock", "routes.gatewayId", "routes.natGatewayId", "routes.networkInterfaceId"],
    taggable: true,
    computed: ec2("rtb", "route-table"),
  },
  "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation": {
    reads: ["vpcId", "routeTableId"],
    computed: idOnly("rtbassoc"),
  },
  "aws:ec2/routeTableAssociation:RouteTableAssociation": {
    reads: ["routeTableId", "subnetId"],
    computed: idOnly("rtbassoc"),
  },
  "aws:ec2/route:Route": {
    reads: ["routeTableId", "destinationCidrBlock", "gatewayId", "natGatewayId", "networkInterfaceId"],
    computed: idOnly("r"),
  },
  "aws:ec2/vpcEndpoint:VpcEndpoint": {
    reads: [
      "vpcId",
      "serviceName",
      "vpcEndpointType",
      "routeTableIds",
      "subnetIds",
      "securityGroupIds",
      "privateDnsEnabled",
    ],
    taggable: true,
    computed: (s) => ({ ...ec2("vpce", "vpc-endpoint")(s), prefixListId: `pl-${s.hex(8)}` }),
  },
  "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": {
    reads: ["vpcEndpointId", "routeTableId"],
    computed: idOnly("a"),
  },
  "aws:ec2/networkInterface:NetworkInterface": {
    reads: ["subnetId", "privateIp", "privateIps", "securityGroups", "sourceDestCheck", "description"],
    taggable: true,
    computed: (s) => ({
      ...ec2("eni", "network-interface")(s),
      // Locally administered, so it is nobody's.
      macAddress: ["02", ...(s.hex(10).match(/../g) ?? [])].join(":"),
    }),
  },
  "aws:ec2/eip:Eip": {
    reads: ["domain", "networkInterface"],
    taggable: true,
    computed: (s) => ({
      ...ec2("eipalloc", "elastic-ip")(s),
      allocationId: `eipalloc-${s.hex(17)}`,
      // Of the range for benchmarks (RFC 2544), which nobody has and which is wide enough for several stacks.
      publicIp: `198.18.${Number.parseInt(s.hex(2), 16)}.${Number.parseInt(s.hex(4).slice(2), 16)}`,
    }),
  },
  "aws:ec2/eipAssociation:EipAssociation": {
    reads: ["allocationId", "networkInterfaceId"],
    computed: idOnly("eipassoc"),
  },
  "aws:ec2/natGateway:NatGateway": {
    reads: ["allocationId", "subnetId"],
    taggable: true,
    computed: ec2("nat", "natgateway"),
  },
  "aws:ec2/securityGroup:SecurityGroup": {
    reads: ["name", "description", "vpcId", "ingress", "egress"],
    taggable: true,
    uniqueName: {
      within: "vpcId",
      taken: (name, vpcId) => `InvalidGroup.Duplicate: The security group '${name}' already exists for VPC '${vpcId}'`,
    },
    computed: (s) => ({ ...ec2("sg", "security-group")(s), name: s.name }),
  },
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": { reads: RULE, computed: idOnly("sgr") },
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": { reads: RULE, computed: idOnly("sgr") },
  "aws:ec2/launchTemplate:LaunchTemplate": {
    reads: [
      "name",
      "imageId",
      "instanceType",
      "iamInstanceProfile",
      "vpcSecurityGroupIds",
      "userData",
      "metadataOptions.httpEndpoint",
      "metadataOptions.httpTokens",
      "metadataOptions.httpPutResponseHopLimit",
      "metadataOptions.instanceMetadataTags",
      "monitoring",
      "networkInterfaces.associatePublicIpAddress",
      "networkInterfaces.securityGroups",
      "tagSpecifications.resourceType",
      "tagSpecifications.tags",
      "blockDeviceMappings.deviceName",
      "blockDeviceMappings.ebs.volumeType",
      "blockDeviceMappings.ebs.volumeSize",
      "blockDeviceMappings.ebs.encrypted",
      "blockDeviceMappings.ebs.deleteOnTermination",
    ],
    taggable: true,
    uniqueName: {
      taken: () => "InvalidLaunchTemplateName.AlreadyExistsException: Launch template name already in use.",
    },
    computed: (s) => ({
      ...ec2("lt", "launch-template")(s),
      name: s.name,
      latestVersion: 1,
      defaultVersion: 1,
    }),
  },
};
