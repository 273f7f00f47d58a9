import { cborProtocol } from "./cbor.ts";
import type { Protocol, WireRequest } from "./exchange.ts";
import { json10Protocol, json11Protocol } from "./json.ts";
import { ec2Protocol, queryProtocol } from "./query.ts";
import { restJsonProtocol } from "./rest-json.ts";
import { restXmlProtocol } from "./rest-xml.ts";
import type { ServiceTraits } from "./services.ts";

const byDefault: Readonly<Record<ServiceTraits["defaultProtocol"], Protocol>> = {
  "ec2-query": ec2Protocol,
  query: queryProtocol,
  json: json11Protocol,
  "rest-json": restJsonProtocol,
  "rest-xml": restXmlProtocol,
};

/** The protocol a request is written in: CloudWatch's clients alone speak three of them. */
export function protocolOf(request: WireRequest, traits: ServiceTraits): Protocol {
  if (request.headers["smithy-protocol"] === "rpc-v2-cbor") return cborProtocol;
  if (request.headers["x-amz-target"] === undefined) return byDefault[traits.defaultProtocol];
  return request.headers["content-type"]?.startsWith("application/x-amz-json-1.0") ? json10Protocol : json11Protocol;
}
