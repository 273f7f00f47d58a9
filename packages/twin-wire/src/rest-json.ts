import { JsonCodec2 } from "@smithy/core/protocols";
import type { Protocol } from "./exchange.ts";
import { type BodyCodec, readBindings, writeBindings } from "./http-bindings.ts";
import { restRoute } from "./rest-route.ts";

const codec = new JsonCodec2({ timestampFormat: { useTrait: true, default: 7 }, jsonName: true });

const jsonBody: BodyCodec = {
  contentType: "application/json",
  timestampFormat: 7,
  read: (schema, body) => codec.createDeserializer().read(schema, new TextDecoder().decode(body)),
  write: (schema, value) => {
    const serializer = codec.createSerializer();
    serializer.write(schema, value);
    return serializer.flush();
  },
};

/** restJson1: actions by method and path, JSON bodies (Lambda). */
export const restJsonProtocol: Protocol = {
  action: (request, model) => restRoute(request, model, [])?.operation.name,
  input: (request, operation, model) =>
    readBindings(operation, request, restRoute(request, model, [])?.labels ?? {}, jsonBody),
  output: (value, operation) => {
    const reply = writeBindings(operation, value, jsonBody);
    // The payload of an invocation is JSON, though the model calls it a blob.
    return { ...reply, headers: { "content-type": "application/json", ...reply.headers } };
  },
  error: (error) => ({
    status: error.status,
    headers: { "content-type": "application/json", "x-amzn-errortype": error.code },
    body: JSON.stringify({
      Type: error.status < 500 ? "User" : "Server",
      message: error.message,
      Message: error.message,
    }),
  }),
};
