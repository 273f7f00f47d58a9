import { JsonCodec2 } from "@smithy/core/protocols";
import type { Protocol } from "./exchange.ts";
import type { AwsError } from "./operation.ts";

const codec = new JsonCodec2({ timestampFormat: { useTrait: true, default: 7 }, jsonName: false });

/** The header by which services that once spoke the query protocol still tell its error codes. */
export function queryCompatibility(error: AwsError): Readonly<Record<string, string>> {
  return { "x-amzn-query-error": `${error.code};${error.status < 500 ? "Sender" : "Receiver"}` };
}

function jsonRpc(version: "1.0" | "1.1"): Protocol {
  const headers = { "content-type": `application/x-amz-json-${version}` };
  return {
    // `Logs_20140328.PutLogEvents`
    action: (request) => request.headers["x-amz-target"]?.split(".").at(-1),
    input: (request, operation) =>
      operation.input.isUnitSchema()
        ? {}
        : codec.createDeserializer().read(operation.input, new TextDecoder().decode(request.body)),
    output: (value, operation) => {
      if (operation.output.isUnitSchema()) return { status: 200, headers, body: "{}" };
      const serializer = codec.createSerializer();
      serializer.write(operation.output, value ?? {});
      return { status: 200, headers, body: serializer.flush() };
    },
    error: (error) => ({
      status: error.status,
      headers: { ...headers, "x-amzn-errortype": error.code, ...(version === "1.0" ? queryCompatibility(error) : {}) },
      body: JSON.stringify({ __type: error.code, message: error.message }),
    }),
  };
}

/** awsJson 1.0 (CloudWatch) and 1.1 (Secrets Manager, CloudWatch Logs). */
export const json10Protocol = jsonRpc("1.0");
export const json11Protocol = jsonRpc("1.1");
