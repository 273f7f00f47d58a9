import { FromStringShapeDeserializer, ToStringShapeSerializer } from "@smithy/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";
import type { WireReply, WireRequest } from "./exchange.ts";
import { type OperationModel, type SchemaRef, structure } from "./model.ts";

/** What differs between REST services: how a structure is written in a body. */
export interface BodyCodec {
  readonly contentType: string;
  readonly timestampFormat: 5 | 7;
  read(schema: NormalizedSchema, body: Uint8Array): unknown;
  write(schema: NormalizedSchema, value: unknown): Uint8Array | string;
}

/** The input of a REST operation, put together from labels, query, headers and body by the model's bindings. */
export async function readBindings(
  operation: OperationModel,
  request: WireRequest,
  labels: Readonly<Record<string, string>>,
  codec: BodyCodec,
): Promise<Record<string, unknown>> {
  const value: Record<string, unknown> = {};
  if (!operation.input.isStructSchema()) return value;
  const query = new URLSearchParams(request.query);
  const inBody: Record<string, NormalizedSchema> = {};
  for (const [name, member] of operation.input.structIterator()) {
    const { httpLabel, httpQuery, httpHeader, httpPrefixHeaders, httpPayload } = member.getMergedTraits();
    if (httpLabel) value[name] = readText(member, labels[name], codec);
    else if (httpQuery) value[name] = readQuery(member, query.getAll(httpQuery), codec);
    else if (httpHeader) value[name] = readText(member, request.headers[httpHeader.toLowerCase()], codec);
    else if (httpPrefixHeaders !== undefined) value[name] = prefixed(request.headers, httpPrefixHeaders);
    else if (httpPayload) value[name] = await readPayload(member, request.body, codec);
    else inBody[name] = member;
    if (value[name] === undefined) delete value[name];
  }
  if (Object.keys(inBody).length === 0 || request.body.byteLength === 0) return value;
  const body = await codec.read(structure(operation.input.getName() ?? "Input", inBody), request.body);
  return { ...value, ...Object(body) };
}

function readText(member: NormalizedSchema, text: string | undefined, codec: BodyCodec): unknown {
  if (text === undefined) return undefined;
  const settings = { httpBindings: true, timestampFormat: { useTrait: true, default: codec.timestampFormat } } as const;
  return new FromStringShapeDeserializer(settings).read(member, text);
}

function readQuery(member: NormalizedSchema, texts: readonly string[], codec: BodyCodec): unknown {
  if (!member.isListSchema()) return readText(member, texts[0], codec);
  return texts.length > 0 ? texts.map((text) => readText(member.getValueSchema(), text, codec)) : undefined;
}

function prefixed(headers: WireRequest["headers"], prefix: string): Record<string, string> {
  const start = prefix.toLowerCase();
  const found = Object.entries(headers).filter(([name]) => name.startsWith(start));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(start.length), value]));
}

async function readPayload(member: NormalizedSchema, body: Uint8Array, codec: BodyCodec): Promise<unknown> {
  if (member.isBlobSchema()) return body;
  if (member.isStringSchema()) return new TextDecoder().decode(body);
  return body.byteLength > 0 ? codec.read(member, body) : undefined;
}

/** The reply of a REST operation: status, headers, and as body the payload member or all that is bound to nothing else. */
export function writeBindings(operation: OperationModel, output: unknown, codec: BodyCodec): WireReply {
  const value = Object(output ?? {}) as Record<string, unknown>;
  const headers: Record<string, string> = {};
  const inBody: Record<string, SchemaRef> = {};
  let status = operation.http?.status ?? 200;
  let body: Uint8Array | string | undefined;
  for (const [name, member] of operation.output.isStructSchema() ? operation.output.structIterator() : []) {
    const { httpHeader, httpPrefixHeaders, httpPayload, httpResponseCode } = member.getMergedTraits();
    const content = value[name];
    if (!httpHeader && httpPrefixHeaders === undefined && !httpPayload && !httpResponseCode) inBody[name] = member;
    if (content === undefined || content === null) continue;
    if (httpHeader) headers[httpHeader.toLowerCase()] = writeText(member, content, codec);
    else if (httpPrefixHeaders !== undefined)
      for (const [key, text] of Object.entries(content)) headers[`${httpPrefixHeaders}${key}`] = String(text);
    else if (httpResponseCode) status = Number(content);
    else if (httpPayload) body = writePayload(member, content, codec);
  }
  if (Object.keys(inBody).length > 0) body = codec.write(bodySchema(operation.output, inBody), value);
  if (body !== undefined) headers["content-type"] ??= codec.contentType;
  return { status, headers, body: body ?? "" };
}

/** The output's own name (`ListBucketResult` for ListObjectsV2), without the members bound to headers. */
function bodySchema(output: NormalizedSchema, members: Readonly<Record<string, SchemaRef>>): NormalizedSchema {
  return structure(output.getMergedTraits().xmlName ?? output.getName() ?? "Output", members);
}

function writeText(member: NormalizedSchema, content: unknown, codec: BodyCodec): string {
  const settings = { httpBindings: true, timestampFormat: { useTrait: true, default: codec.timestampFormat } } as const;
  const serializer = new ToStringShapeSerializer(settings);
  serializer.write(member, content);
  return serializer.flush();
}

function writePayload(member: NormalizedSchema, content: unknown, codec: BodyCodec): Uint8Array | string {
  if (content instanceof Uint8Array || typeof content === "string") return content;
  return codec.write(member, content);
}
