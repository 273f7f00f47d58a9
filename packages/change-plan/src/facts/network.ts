import type { TypeFacts } from "./type-facts.ts";

/** The peers of a rule: another address is an update, another kind of peer a new rule (`ModifyPlan` of the provider). */
const FIREWALL_RULE: TypeFacts = {
  replaces: ["securityGroupId"],
  updates: ["cidrIpv4", "description", "fromPort", "ipProtocol", "referencedSecurityGroupId", "tags", "toPort"],
  alternatives: ["cidrIpv4", "referencedSecurityGroupId"],
};

export const NETWORK_FACTS: Readonly<Record<string, TypeFacts>> = {
  "aws:ec2/vpc:Vpc": { replaces: ["cidrBlock"], updates: ["enableDnsHostnames", "enableDnsSupport", "tags"] },
  "aws:ec2/subnet:Subnet": {
    replaces: ["availabilityZone", "cidrBlock", "vpcId"],
    updates: ["mapPublicIpOnLaunch", "tags"],
  },
  "aws:ec2/internetGateway:InternetGateway": { replaces: [], updates: ["tags", "vpcId"] },
  "aws:ec2/routeTable:RouteTable": { replaces: ["vpcId"], updates: ["tags"] },
  // ReplaceRouteTableAssociation gives a subnet another table in place.
  "aws:ec2/routeTableAssociation:RouteTableAssociation": { replaces: ["subnetId"], updates: ["routeTableId"] },
  "aws:ec2/route:Route": {
    replaces: ["destinationCidrBlock", "routeTableId"],
    updates: ["gatewayId", "natGatewayId", "networkInterfaceId"],
  },
  // Another private DNS replaces gateway endpoints only, which have none.
  "aws:ec2/vpcEndpoint:VpcEndpoint": {
    replaces: ["serviceName", "vpcEndpointType", "vpcId"],
    updates: ["policy", "privateDnsEnabled", "routeTableIds", "securityGroupIds", "subnetIds", "tags"],
  },
  "aws:ec2/natGateway:NatGateway": { replaces: ["allocationId", "subnetId"], updates: ["tags"] },
  // It is taken from the old interface and given to the new one.
  "aws:ec2/eip:Eip": { replaces: ["domain"], updates: ["networkInterface", "tags"] },
  "aws:ec2/networkInterface:NetworkInterface": {
    replaces: ["subnetId"],
    updates: ["description", "securityGroups", "sourceDestCheck", "tags"],
  },
  "aws:ec2/securityGroup:SecurityGroup": {
    replaces: ["description", "name", "vpcId"],
    updates: ["tags"],
    autoNamed: "name",
  },
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": FIREWALL_RULE,
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": FIREWALL_RULE,
};
