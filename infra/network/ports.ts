/** The ports of docs/contracts.md. */
export const API_PORT = 8080;
/** On the instance's loopback only: no security group opens it. */
export const API_METRICS_PORT = 9464;
export const POSTGRES_PORT = 5432;
export const STATUS_PORT = 8010;
export const LISTENER_PORT = 8080;
export const NFS_PORT = 2049;
export const HTTP_PORT = 80;
export const HTTPS_PORT = 443;

export const ANYWHERE = "0.0.0.0/0";
