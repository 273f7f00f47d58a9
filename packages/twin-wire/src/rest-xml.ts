import { XmlCodec } from "@aws-sdk/core/protocols";
import type { Protocol, WireRequest } from "./exchange.ts";
import { type BodyCodec, readBindings, writeBindings } from "./http-bindings.ts";
import { STRING, structure } from "./model.ts";
import { restRoute } from "./rest-route.ts";

const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const errorSchema = structure("Error", { Code: STRING, Message: STRING, RequestId: STRING });

function xmlBody(xmlNamespace: string): BodyCodec {
  const codec = new XmlCodec({
    httpBindings: true,
    timestampFormat: { useTrait: true, default: 5 },
    xmlNamespace,
    serviceNamespace: "twin",
  });
  return {
    contentType: "application/xml",
    timestampFormat: 5,
    read: (schema, body) => codec.createDeserializer().read(schema, body),
    write: (schema, value) => {
      const serializer = codec.createSerializer();
      serializer.write(schema, value);
      return `${XML_DECLARATION}${serializer.flush()}`;
    },
  };
}

/** Takes the bucket out of the host (`bucket.localhost`, `bucket.s3.localhost`) or of the path's first segment. */
function locate(request: WireRequest): { readonly request: WireRequest; readonly bucket: string | undefined } {
  const host = (request.headers["host"] ?? "").replace(/:\d+$/, "");
  const virtual = /^(?!\d+\.\d+\.\d+\.\d+$)(.+?)\.(?:s3[.-].*|localhost)$/.exec(host)?.[1];
  if (virtual && virtual !== "s3") return { request, bucket: virtual };
  const [, bucket = "", rest = ""] = /^\/([^/]*)(.*)$/.exec(request.path) ?? [];
  if (bucket === "") return { request, bucket: undefined };
  return { request: { ...request, path: rest === "" ? "/" : rest }, bucket: decodeURIComponent(bucket) };
}

function route(request: WireRequest, model: Parameters<typeof restRoute>[1]) {
  const located = locate(request);
  const found = restRoute(located.request, model, located.bucket === undefined ? [] : ["Bucket"]);
  return found && { ...found, located };
}

/** restXml as S3 speaks it, addressed by path or by virtual host. */
export const restXmlProtocol: Protocol = {
  action: (request, model) => route(request, model)?.operation.name,
  input: (request, operation, model) => {
    const found = route(request, model);
    const bucket = found?.located.bucket;
    const labels = { ...found?.labels, ...(bucket === undefined ? {} : { Bucket: bucket }) };
    return readBindings(operation, found?.located.request ?? request, labels, xmlBody(model.traits.xmlNamespace));
  },
  output: (value, operation, model, requestId) => {
    const reply = writeBindings(operation, value, xmlBody(model.traits.xmlNamespace));
    return { ...reply, headers: { ...reply.headers, "x-amz-request-id": requestId } };
  },
  error: (error, _model, requestId) => ({
    status: error.status,
    headers: { "content-type": "application/xml", "x-amz-request-id": requestId },
    body: xmlBody("").write(errorSchema, { Code: error.code, Message: error.message, RequestId: requestId }),
  }),
};
