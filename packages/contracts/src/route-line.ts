/**
 * The two sentences by which the failover function tells of a route. They are the reference system's own (rows F3 and F4 of the
 * requirements), so these stay as they are, to the letter, and any client may read them.
 */
export interface RouteLine {
  readonly route: "kept" | "updated";
  readonly routeTableId: string;
  readonly virtualIpCidr: string;
  readonly instanceId: string;
}

const KEPT = /Route on (rtb-\S+) already pointing to (\S+) via (i-[0-9a-z]+)/;
const UPDATED = /Updated route on (rtb-\S+) to (\S+) via (i-[0-9a-z]+)/;

export function formatRouteLine({ route, routeTableId, virtualIpCidr, instanceId }: RouteLine): string {
  switch (route) {
    case "kept":
      return `Route on ${routeTableId} already pointing to ${virtualIpCidr} via ${instanceId}`;
    case "updated":
      return `Updated route on ${routeTableId} to ${virtualIpCidr} via ${instanceId}`;
  }
}

/** What a line of the function's log says of a route, wherever in the line that stands; `undefined`: nothing. */
export function parseRouteLine(line: string): RouteLine | undefined {
  return matched(line, KEPT, "kept") ?? matched(line, UPDATED, "updated");
}

function matched(line: string, pattern: RegExp, route: RouteLine["route"]): RouteLine | undefined {
  const match = pattern.exec(line);
  if (match === null) return undefined;
  const [, routeTableId = "", virtualIpCidr = "", instanceId = ""] = match;
  return { route, routeTableId, virtualIpCidr, instanceId };
}
