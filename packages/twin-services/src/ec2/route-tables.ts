import type { Graph } from "@cloudy/twin-model/graph.ts";
import type { Identifiers } from "@cloudy/twin-model/identifiers.ts";
import type { Route } from "@cloudy/twin-model/network.ts";
import { type Properties, propertiesOf } from "@cloudy/twin-model/properties.ts";
import { AwsError } from "@cloudy/twin-wire/operation.ts";
import { canonicalCidr } from "./address-pool.ts";
import { notFound } from "./errors.ts";
import { type PrefixLists, prefixListsOf } from "./prefix-lists.ts";
import type { Subnets, Vpc } from "./subnets.ts";

export type RouteTarget =
  | { readonly kind: "local" }
  | { readonly kind: "internet-gateway"; readonly id: string }
  | { readonly kind: "nat-gateway"; readonly id: string }
  | { readonly kind: "network-interface"; readonly id: string }
  | { readonly kind: "vpc-endpoint"; readonly id: string };

export interface RouteRecord {
  /** A CIDR block, or the id of a prefix list (gateway endpoints). */
  readonly destination: string;
  target: RouteTarget;
  readonly origin: "CreateRouteTable" | "CreateRoute";
}

export interface RouteTable {
  readonly id: string;
  readonly vpcId: string;
  readonly tags: Record<string, string>;
  readonly main: boolean;
  readonly associations: readonly { readonly id: string; readonly subnetId: string | undefined }[];
  readonly routes: RouteRecord[];
}

/** What a route's target is worth right now; EC2's interfaces and instances know. */
export interface TargetState {
  /** The instance behind an interface; `alive` is false once that instance is stopped or gone, or there is none. */
  behind(interfaceId: string): { readonly instanceId: string | undefined; readonly alive: boolean };
}

export class RouteTables {
  readonly #tables = new Map<string, RouteTable>();
  readonly #prefixLists: PrefixLists;
  readonly #subnets: Subnets;
  readonly #targets: TargetState;
  readonly #changed: () => void;

  constructor(graph: Graph, subnets: Subnets, ids: Identifiers, targets: TargetState, changed: () => void) {
    this.#targets = targets;
    this.#changed = changed;
    this.#prefixLists = prefixListsOf(graph);
    this.#subnets = subnets;
    const declared = graph.ofType("aws:ec2/routeTable:RouteTable");
    const mainIds = new Set<string>();
    for (const vpc of subnets.vpcs()) {
      const mainId = mainTableId(graph, vpc) ?? ids.resource("rtb");
      mainIds.add(mainId);
      if (declared.some((resource) => resource.id === mainId)) continue;
      const associations = [{ id: ids.resource("rtbassoc"), subnetId: undefined }];
      const main = { id: mainId, vpcId: vpc.id, tags: {}, main: true, associations, routes: [localRoute(vpc)] };
      this.#tables.set(mainId, main);
    }
    for (const resource of declared) {
      const properties = propertiesOf(resource);
      const vpc = subnets.vpc(properties.text("vpcId"));
      const inline = properties.children("routes").map((route) => declaredRoute(route, "cidrBlock"));
      this.#tables.set(resource.id, {
        id: resource.id,
        vpcId: vpc.id,
        tags: { ...properties.textMap("tags") },
        main: mainIds.has(resource.id),
        associations: associationsOf(graph, resource.id),
        routes: [localRoute(vpc), ...inline],
      });
    }
    for (const resource of graph.ofType("aws:ec2/route:Route")) {
      const properties = propertiesOf(resource);
      this.get(properties.text("routeTableId")).routes.push(declaredRoute(properties, "destinationCidrBlock"));
    }
    for (const endpoint of this.#prefixLists.endpoints) {
      for (const tableId of endpoint.routeTableIds) this.#addEndpoint(tableId, endpoint.prefixListId, endpoint.id);
    }
    for (const resource of graph.ofType("aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation")) {
      const properties = propertiesOf(resource);
      const endpointId = properties.text("vpcEndpointId");
      const endpoint = this.#prefixLists.endpoints.find((item) => item.id === endpointId);
      if (endpoint === undefined) throw new Error(`${properties.where}: there is no endpoint [${endpointId}].`);
      this.#addEndpoint(properties.text("routeTableId"), endpoint.prefixListId, endpointId);
    }
  }

  all(): readonly RouteTable[] {
    return [...this.#tables.values()];
  }

  find(id: string): RouteTable | undefined {
    return this.#tables.get(id);
  }

  get(id: string): RouteTable {
    return this.#tables.get(id) ?? notFound("InvalidRouteTableID.NotFound", "routeTable", id);
  }

  /** The table a subnet is associated with, else the VPC's main table. */
  forSubnet(subnetId: string): RouteTable | undefined {
    const tables = this.all();
    const own = tables.find((table) => table.associations.some((item) => item.subnetId === subnetId));
    const vpcId = this.#subnets.find(subnetId)?.vpcId;
    return own ?? tables.find((table) => table.main && table.vpcId === vpcId);
  }

  create(tableId: string, cidr: string, target: RouteTarget): void {
    const table = this.get(tableId);
    const destination = canonicalCidr(cidr);
    if (table.routes.some((route) => route.destination === destination)) {
      throw new AwsError("RouteAlreadyExists", `The route identified by ${destination} already exists.`);
    }
    table.routes.push({ destination, target, origin: "CreateRoute" });
    this.#changed();
  }

  replace(tableId: string, cidr: string, target: RouteTarget): void {
    this.#route(tableId, cidr).target = target;
    this.#changed();
  }

  remove(tableId: string, cidr: string): void {
    const route = this.#route(tableId, cidr);
    if (route.target.kind === "local") {
      throw new AwsError(
        "InvalidParameterValue",
        `cannot remove local route ${route.destination} in route table ${tableId}`,
      );
    }
    const table = this.get(tableId);
    table.routes.splice(table.routes.indexOf(route), 1);
    this.#changed();
  }

  /** A route as the path finder sees it; one a CIDR, so a prefix list becomes several. */
  resolve(route: RouteRecord): readonly Route[] {
    const destinations = this.#prefixLists.cidrs(route.destination) ?? [route.destination];
    const { target } = route;
    if (target.kind !== "network-interface") {
      return destinations.map((destinationCidr) => ({ destinationCidr, target, state: "active" }));
    }
    const { instanceId, alive } = this.#targets.behind(target.id);
    const state = alive ? "active" : "blackhole";
    return destinations.map((destinationCidr) => ({ destinationCidr, target: { ...target, instanceId }, state }));
  }

  prefixList(id: string): readonly string[] {
    return this.#prefixLists.cidrs(id) ?? [];
  }

  #route(tableId: string, cidr: string): RouteRecord {
    const destination = canonicalCidr(cidr);
    const route = this.get(tableId).routes.find((item) => item.destination === destination);
    if (route !== undefined) return route;
    throw new AwsError(
      "InvalidRoute.NotFound",
      `no route with destination-cidr-block ${destination} in route table ${tableId}`,
    );
  }

  #addEndpoint(tableId: string, prefixListId: string, endpointId: string): void {
    const target: RouteTarget = { kind: "vpc-endpoint", id: endpointId };
    this.get(tableId).routes.push({ destination: prefixListId, target, origin: "CreateRoute" });
  }
}

function declaredRoute(properties: Properties, cidrProperty: string): RouteRecord {
  const gateway = properties.optionalText("gatewayId");
  const nat = properties.optionalText("natGatewayId");
  const networkInterface = properties.optionalText("networkInterfaceId");
  const destination = canonicalCidr(properties.text(cidrProperty));
  if (gateway !== undefined)
    return { destination, target: { kind: "internet-gateway", id: gateway }, origin: "CreateRoute" };
  if (nat !== undefined) return { destination, target: { kind: "nat-gateway", id: nat }, origin: "CreateRoute" };
  if (networkInterface !== undefined) {
    return { destination, target: { kind: "network-interface", id: networkInterface }, origin: "CreateRoute" };
  }
  throw new Error(
    `${properties.where}: one of [gatewayId], [natGatewayId] or [networkInterfaceId] must be given as the route's target.`,
  );
}

function localRoute({ cidr }: Vpc): RouteRecord {
  return { destination: cidr, target: { kind: "local" }, origin: "CreateRouteTable" };
}

function mainTableId(graph: Graph, vpc: Vpc): string | undefined {
  const chosen = graph
    .ofType("aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation")
    .map((resource) => propertiesOf(resource))
    .find((properties) => properties.text("vpcId") === vpc.id);
  return chosen?.text("routeTableId") ?? vpc.mainRouteTableId;
}

function associationsOf(graph: Graph, tableId: string) {
  return graph
    .ofType("aws:ec2/routeTableAssociation:RouteTableAssociation")
    .map((resource) => ({ id: resource.id, properties: propertiesOf(resource) }))
    .filter(({ properties }) => properties.text("routeTableId") === tableId)
    .map(({ id, properties }) => ({ id, subnetId: properties.optionalText("subnetId") }));
}
