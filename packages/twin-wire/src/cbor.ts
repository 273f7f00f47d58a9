import { CborCodec } from "@smithy/core/cbor";
import type { Protocol } from "./exchange.ts";
import { queryCompatibility } from "./json.ts";
import { STRING, structure } from "./model.ts";

const codec = new CborCodec();
const headers = { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" };
const errorSchema = structure("Error", { __type: STRING, message: STRING });

/** Smithy RPC v2 CBOR, which boto3 and the AWS CLI choose for CloudWatch. */
export const cborProtocol: Protocol = {
  // `/service/GraniteServiceVersion20100801/operation/PutMetricData`
  action: (request) => /^\/service\/[^/]+\/operation\/([^/]+)$/.exec(request.path)?.[1],
  input: (request, operation) =>
    operation.input.isUnitSchema() || request.body.byteLength === 0
      ? {}
      : codec.createDeserializer().read(operation.input, request.body),
  output: (value, operation) => {
    if (operation.output.isUnitSchema()) return { status: 200, headers, body: "" };
    const serializer = codec.createSerializer();
    serializer.write(operation.output, value ?? {});
    return { status: 200, headers, body: serializer.flush() };
  },
  error: (error) => {
    const serializer = codec.createSerializer();
    serializer.write(errorSchema, { __type: error.code, message: error.message });
    return {
      status: error.status,
      headers: { ...headers, ...queryCompatibility(error) },
      body: serializer.flush(),
    };
  },
};
