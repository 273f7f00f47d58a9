import type { Graph } from "@cloudy/twin-model/graph.ts";
import type { Identifiers } from "@cloudy/twin-model/identifiers.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";
import type { Interfaces } from "./interfaces.ts";

/** Interfaces that AWS makes for NAT gateways and interface endpoints; other services ask for theirs themselves. */
export function placeServiceInterfaces(graph: Graph, interfaces: Interfaces, ids: Identifiers): void {
  for (const resource of graph.ofType("aws:ec2/natGateway:NatGateway")) {
    const properties = propertiesOf(resource);
    const created = interfaces.create({
      subnetId: properties.text("subnetId"),
      securityGroupIds: [],
      description: `Interface for NAT Gateway ${resource.id}`,
      sourceDestCheck: false,
    });
    const allocationId = properties.optionalText("allocationId");
    if (allocationId !== undefined) interfaces.associate(allocationId, created.id, ids.resource("eipassoc"));
  }
  for (const resource of graph.ofType("aws:ec2/vpcEndpoint:VpcEndpoint")) {
    const properties = propertiesOf(resource);
    if (properties.optionalText("vpcEndpointType") !== "Interface") continue;
    for (const subnetId of properties.texts("subnetIds")) {
      interfaces.create({
        subnetId,
        securityGroupIds: properties.texts("securityGroupIds"),
        description: `VPC Endpoint Interface ${resource.id}`,
      });
    }
  }
}
