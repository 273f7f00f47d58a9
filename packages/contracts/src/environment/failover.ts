import { STACK } from "./shared-variables.ts";
import type { Variables } from "./variable.ts";

/** The database's address: inside no VPC's range, and carried by whichever instance its route leads to. */
export const VIRTUAL_IP = "10.10.10.10";

/** Environment of the failover function. Lambda itself sets AWS_REGION. */
export const FAILOVER_ENVIRONMENT = {
  VIRTUAL_IP_CIDR: { type: "text", default: `${VIRTUAL_IP}/32`, description: "destination of the route that it moves" },
  STACK: {
    ...STACK,
    shape: { pattern: /^[^/]+\/[^/]+$/, words: "<project>/<stack>" },
    description: "this stack as <project>/<stack>: its tags Project and Stack, and the dimension of its metrics",
  },
  DATABASE_TAG: {
    type: "text",
    default: "database",
    description: "instances and route tables of this stack with this tag at `true` are the database's",
  },
  DATABASE_GROUP: { type: "text", description: "the auto-scaling group whose events count" },
  PROBE_FUNCTION: { type: "text", description: "name of the probe function" },
  ROUND_SECONDS: {
    type: "positive number",
    // Two misses then are at least six seconds of silence (docs/decisions/0008).
    default: 3,
    // An invocation goes on for a minute.
    max: 60,
    unit: "seconds",
    description: "time between two checks inside one invocation",
  },
  GRANT_SECRET_ID: { type: "text", description: "secret of the key that signs grants and orders" },
  METRICS_NAMESPACE: { type: "text", default: "Cloudy/Database", description: "namespace of its metrics" },
} as const satisfies Variables;
