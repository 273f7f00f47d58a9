import type { Graph } from "@cloudy/twin-model/graph.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";

interface GatewayEndpoint {
  readonly id: string;
  readonly serviceName: string;
  readonly prefixListId: string;
  readonly routeTableIds: readonly string[];
}

export interface PrefixLists {
  readonly endpoints: readonly GatewayEndpoint[];
  /** The CIDRs of a prefix list, or nothing when `id` is not one. */
  cidrs(id: string): readonly string[] | undefined;
}

/**
 * S3's ranges in eu-west-1 as AWS publishes them (ip-ranges.json, service S3). Nobody is reached at these addresses in
 * the twin, but routes and rules that name the prefix list have to match something.
 */
const s3Ranges = ["52.218.0.0/17", "52.92.0.0/17", "3.5.64.0/21", "3.5.72.0/23"];

/** Gateway endpoints of the program and the AWS-managed prefix lists they route to. */
export function prefixListsOf(graph: Graph): PrefixLists {
  const ranges = new Map<string, readonly string[]>();
  const gateways = graph
    .ofType("aws:ec2/vpcEndpoint:VpcEndpoint")
    .filter((resource) => (propertiesOf(resource).optionalText("vpcEndpointType") ?? "Gateway") === "Gateway");
  const endpoints = gateways.map((resource) => {
    const properties = propertiesOf(resource);
    const serviceName = properties.text("serviceName");
    if (!serviceName.endsWith(".s3")) {
      throw new Error(`${properties.where}: the twin models the gateway endpoint of S3, but not of ${serviceName}.`);
    }
    const prefixListId = properties.optionalText("prefixListId") ?? "pl-6da54004";
    const declared = properties.texts("cidrBlocks");
    ranges.set(prefixListId, declared.length > 0 ? declared : s3Ranges);
    return { id: resource.id, serviceName, prefixListId, routeTableIds: properties.texts("routeTableIds") };
  });
  return { endpoints, cidrs: (id) => ranges.get(id) };
}
