import { POSTGRES_PORT, STATUS_PORT } from "./shared-variables.ts";
import type { Variables } from "./variable.ts";

/** Environment of the probe function. Lambda itself sets AWS_REGION. */
export const PROBE_ENVIRONMENT = {
  POSTGRES_PORT,
  STATUS_PORT,
  PROBE_TIMEOUT_SECONDS: {
    type: "positive number",
    // The other agent's own question to a peer takes up to 2 s of it.
    default: 3,
    // As long as the failover function waits for the probe.
    max: 10,
    unit: "seconds",
    description: "limit of one connection of the probe",
  },
} as const satisfies Variables;
