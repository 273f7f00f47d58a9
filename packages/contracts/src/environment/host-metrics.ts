import { METADATA_ENDPOINT, STACK } from "./shared-variables.ts";
import type { Variables } from "./variable.ts";

/** Environment of the monitoring script. */
export const HOST_METRICS_ENVIRONMENT = {
  AWS_REGION: { type: "text", description: "the region of the instance" },
  METRICS_NAMESPACE: { type: "text", description: "WebServers or DatabaseServers" },
  STACK,
  PROCFS_PATH: { type: "text", default: "/proc", description: "where the kernel's figures are" },
  DISK_PATH: { type: "text", default: "/", description: "the disk whose use is told" },
  STATE_DIRECTORY: {
    type: "text",
    otherwise: "two samples are taken a second apart",
    description: "keeps the previous CPU sample; systemd's StateDirectory sets it",
  },
  AWS_EC2_METADATA_SERVICE_ENDPOINT: METADATA_ENDPOINT,
} as const satisfies Variables;
