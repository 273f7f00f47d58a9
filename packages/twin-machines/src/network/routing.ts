import { cidrContains, parseCidr } from "@cloudy/twin-model/cidr.ts";
import type { NetworkView, Route } from "@cloudy/twin-model/network.ts";

/** The route with the longest matching prefix; a prefix list counts with its longest matching range. */
export function longestPrefixRoute(view: NetworkView, subnetId: string, ip: string): Route | undefined {
  let best: { readonly route: Route; readonly length: number } | undefined;
  for (const route of view.routes(subnetId)) {
    const length = matchLength(view, route.destinationCidr, ip);
    if (length !== undefined && (best === undefined || length > best.length)) best = { route, length };
  }
  return best?.route;
}

function matchLength(view: NetworkView, destination: string, ip: string): number | undefined {
  const ranges = destination.startsWith("pl-") ? view.prefixList(destination) : [destination];
  const lengths = ranges.filter((range) => cidrContains(range, ip)).map((range) => parseCidr(range)?.prefixLength ?? 0);
  return lengths.length === 0 ? undefined : Math.max(...lengths);
}
