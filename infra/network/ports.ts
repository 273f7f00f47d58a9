import { API_ENVIRONMENT } from "@cloudy/contracts/environment/api.ts";
import { POSTGRES_PORT as POSTGRES, STATUS_PORT as STATUS } from "@cloudy/contracts/environment/shared-variables.ts";

/** The ports of docs/contracts.md. */
export const API_PORT = API_ENVIRONMENT.PORT.default;
/** On the instance's loopback only: no security group opens it. */
export const API_METRICS_PORT = 9464;
export const POSTGRES_PORT = POSTGRES.default;
export const STATUS_PORT = STATUS.default;
export const LISTENER_PORT = 8080;
export const NFS_PORT = 2049;
export const HTTP_PORT = 80;
export const HTTPS_PORT = 443;

export const ANYWHERE = "0.0.0.0/0";
