import { AwsError } from "./operation.ts";
import type { ServiceTraits } from "./services.ts";

/** Why a request is turned down before its operation runs. */
export type Fault =
  | "denied"
  | "unsigned"
  | "unknown-key"
  | "wrong-signature"
  | "expired"
  | "unknown-action"
  | "internal";

type Family = "ec2" | "query" | "json" | "s3";

/** Code and HTTP status of each fault, as each family of services words it. */
const table: Readonly<Record<Fault, Readonly<Record<Family, readonly [string, number]>>>> = {
  denied: {
    ec2: ["UnauthorizedOperation", 403],
    query: ["AccessDenied", 403],
    json: ["AccessDeniedException", 403],
    s3: ["AccessDenied", 403],
  },
  unsigned: {
    ec2: ["MissingAuthenticationToken", 403],
    query: ["MissingAuthenticationToken", 403],
    json: ["MissingAuthenticationTokenException", 403],
    s3: ["AccessDenied", 403],
  },
  "unknown-key": {
    ec2: ["AuthFailure", 401],
    query: ["InvalidClientTokenId", 403],
    json: ["UnrecognizedClientException", 403],
    s3: ["InvalidAccessKeyId", 403],
  },
  "wrong-signature": {
    ec2: ["SignatureDoesNotMatch", 403],
    query: ["SignatureDoesNotMatch", 403],
    json: ["InvalidSignatureException", 403],
    s3: ["SignatureDoesNotMatch", 403],
  },
  expired: {
    ec2: ["RequestExpired", 400],
    query: ["ExpiredToken", 403],
    json: ["ExpiredTokenException", 403],
    s3: ["ExpiredToken", 400],
  },
  "unknown-action": {
    ec2: ["InvalidAction", 400],
    query: ["InvalidAction", 400],
    json: ["UnknownOperationException", 400],
    s3: ["NotImplemented", 501],
  },
  internal: {
    ec2: ["InternalError", 500],
    query: ["InternalFailure", 500],
    json: ["InternalFailure", 500],
    s3: ["InternalError", 500],
  },
};

const families: Readonly<Record<ServiceTraits["defaultProtocol"], Family>> = {
  "ec2-query": "ec2",
  query: "query",
  json: "json",
  "rest-json": "json",
  "rest-xml": "s3",
};

export function fault(kind: Fault, traits: ServiceTraits, message: string): AwsError {
  const [code, status] = table[kind][families[traits.defaultProtocol]];
  return new AwsError(code, message, status);
}
