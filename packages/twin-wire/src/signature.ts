import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { WireRequest } from "./exchange.ts";

/** The parts of a SigV4 `Authorization` header. */
export interface Signature {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly signingName: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request,\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/;

export function parseSignature(authorization: string | undefined): Signature | undefined {
  const match = AUTHORIZATION.exec(authorization ?? "");
  if (!match) return undefined;
  const [, accessKeyId = "", date = "", region = "", signingName = "", headers = "", signature = ""] = match;
  return { accessKeyId, date, region, signingName, signedHeaders: headers.split(";"), signature };
}

/**
 * Whether the request was signed with the secret: AWS Signature Version 4, computed anew from what arrived.
 * The signing time is taken as it is: callers live in cloud time, which may be far from the wall clock.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function isSignedWith(secretAccessKey: string, request: WireRequest, signature: Signature): boolean {
  const declared = request.headers["x-amz-content-sha256"];
  const actual = sha256(request.body);
  if (declared !== undefined && /^[0-9a-f]{64}$/.test(declared) && declared !== actual) return false;
  const { date, region, signingName } = signature;
  const scope = `${date}/${region}/${signingName}/aws4_request`;
  const canonical = canonicalRequest(request, signature, declared ?? actual);
  const stringToSign = ["AWS4-HMAC-SHA256", request.headers["x-amz-date"] ?? "", scope, sha256(canonical)].join("\n");
  const key = [date, region, signingName, "aws4_request"].reduce<Uint8Array>(
    (previous, part) => createHmac("sha256", previous).update(part).digest(),
    Buffer.from(`AWS4${secretAccessKey}`),
  );
  const expected = createHmac("sha256", key).update(stringToSign).digest();
  return timingSafeEqual(expected, Buffer.from(signature.signature, "hex"));
}

function canonicalRequest(request: WireRequest, signature: Signature, payloadHash: string): string {
  const headers = signature.signedHeaders.map(
    (name) => `${name}:${(request.headers[name] ?? "").trim().replace(/\s+/g, " ")}\n`,
  );
  // S3 signs the path as it is; all others encode the encoded path once more.
  const path = signature.signingName === "s3" ? request.path : request.path.split("/").map(encode).join("/");
  return [
    request.method,
    path,
    canonicalQuery(request.query),
    headers.join(""),
    signature.signedHeaders.join(";"),
    payloadHash,
  ].join("\n");
}

function canonicalQuery(query: string): string {
  if (query === "") return "";
  return query
    .split("&")
    .map((pair) => {
      const [name = "", ...value] = pair.split("=");
      return [encode(decodeURIComponent(name)), encode(decodeURIComponent(value.join("=")))] as const;
    })
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** RFC 3986: everything but unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
