import { isIP } from "node:net";
import { parseCidr } from "@cloudy/twin-model/cidr.ts";
import type { NetworkView } from "@cloudy/twin-model/network.ts";
import { AWS_PUBLIC_IP, ENDPOINT_HOST, ENDPOINT_RULE_PORT, METADATA_IP, S3_ENDPOINT_HOST } from "./constants.ts";
import { type Destination, findPath, type PathOptions } from "./reachability.ts";

/** Who opens connections: a machine, a function or a load balancer node. */
export interface Origin {
  /** For sentences: an instance id, a function name, a load balancer's name. */
  readonly name: string;
  /** Undefined for functions outside of the VPC: they have the internet only. */
  readonly interfaceId: string | undefined;
}

export type Verdict =
  | { readonly kind: "delivered"; readonly to: Destination | { readonly kind: "aws" }; readonly via: readonly string[] }
  | { readonly kind: "metadata" }
  | { readonly kind: "dropped"; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string };

const PRIVATE_DNS_NAME = /^ip-(\d+)-(\d+)-(\d+)-(\d+)(\.|$)/;

/** Decides where a connection to a name or address goes. Pure. */
export function resolveDestination(
  view: NetworkView,
  origin: Origin,
  host: string,
  port: number,
  options: PathOptions = {},
): Verdict {
  if (host === METADATA_IP) return { kind: "metadata" };
  if (isIP(host) === 6)
    return { kind: "refused", reason: `${origin.name} asked for ${host}: the twin's VPC has no IPv6` };
  const isAws = host === ENDPOINT_HOST || host.endsWith(`.${ENDPOINT_HOST}`);
  const privateName = PRIVATE_DNS_NAME.exec(host);
  const literal = privateName === null ? host : privateName.slice(1, 5).join(".");
  const isAddress = isIP(literal) === 4;
  const ip = isAddress ? literal : isAws ? awsAddress(view, origin, host) : AWS_PUBLIC_IP;
  const rulePort = isAws ? ENDPOINT_RULE_PORT : port;

  if (origin.interfaceId === undefined) {
    if (isAws) return { kind: "delivered", to: { kind: "aws" }, via: ["the function's own way out"] };
    return { kind: "dropped", reason: `${origin.name} runs outside of the VPC: ${host}:${port} is out of its reach` };
  }
  const path = findPath(view, origin.interfaceId, ip, rulePort, options);
  if (path.kind === "dropped" || path.to.kind === "interface") return path;
  if (isAws) return { kind: "delivered", to: { kind: "aws" }, via: path.via };
  return { kind: "refused", reason: `${host}:${port} is on the internet, of which the twin has only AWS's API` };
}

/** S3 seen through a gateway endpoint has the addresses of its prefix list. */
function awsAddress(view: NetworkView, origin: Origin, host: string): string {
  const isS3 = host === S3_ENDPOINT_HOST || host.endsWith(`.${S3_ENDPOINT_HOST}`);
  if (!isS3) return AWS_PUBLIC_IP;
  const source = view.interfaces().find((candidate) => candidate.id === origin.interfaceId);
  const route = source && view.routes(source.subnetId).find((candidate) => candidate.target.kind === "vpc-endpoint");
  if (route === undefined) return AWS_PUBLIC_IP;
  const range = view.prefixList(route.destinationCidr)[0] ?? route.destinationCidr;
  return parseCidr(range) === undefined ? AWS_PUBLIC_IP : (range.split("/")[0] ?? AWS_PUBLIC_IP);
}
