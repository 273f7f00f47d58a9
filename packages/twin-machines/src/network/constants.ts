/** The twin's AWS endpoint as instances and functions know it; every name below it leads there. */
export const ENDPOINT_HOST = "aws.twin.internal";
/** S3's own name: with a gateway endpoint its route is another one than that of the other services. */
export const S3_ENDPOINT_HOST = `s3.${ENDPOINT_HOST}`;
/** Whatever port the endpoint has on this machine, rules and routes see HTTPS. */
export const ENDPOINT_RULE_PORT = 443;
/** The public address that stands for AWS in rules and routes (TEST-NET-2, RFC 5737). */
export const AWS_PUBLIC_IP = "198.51.100.10";
export const METADATA_IP = "169.254.169.254";
/** Linux gives up an unanswered connect after 6 SYN retries: 1 + 2 + 4 + ... + 64 = 127 s, of cloud time. */
export const CONNECT_TIMEOUT_MS = 127_000;
/** A process that does not redeem its ticket is gone or stopped for good; wall time. */
export const TICKET_EXPIRY_MS = 10_000;
