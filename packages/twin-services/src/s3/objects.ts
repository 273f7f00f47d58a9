import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { GraphResource } from "@cloudy/twin-model/graph.ts";
import { type Properties, propertiesOf } from "@cloudy/twin-model/properties.ts";

export interface StoredObject {
  readonly key: string;
  readonly contentType: string;
  readonly modified_ms: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Only an object that was uploaded in parts has one of its own; the others' follows from their content. */
  readonly etag?: string | undefined;
  /** Read when asked for: bundles stay on disk. */
  read(): Promise<Uint8Array>;
}

const CONTENT_TYPE = "application/octet-stream";

/** An object the program uploads: a file (`source`), text (`content`) or base64 (`contentBase64`). */
export function programObject(resource: GraphResource, modified_ms: number): StoredObject {
  const properties = propertiesOf(resource);
  return {
    key: properties.text("key"),
    contentType: properties.optionalText("contentType") ?? CONTENT_TYPE,
    modified_ms,
    metadata: properties.textMap("metadata"),
    tags: properties.textMap("tags"),
    read: contentOf(properties),
  };
}

function contentOf(properties: Properties): () => Promise<Uint8Array> {
  const text = properties.optionalText("content");
  if (text !== undefined) return async () => Buffer.from(text);
  const base64 = properties.optionalText("contentBase64");
  if (base64 !== undefined) return async () => Buffer.from(base64, "base64");
  const path = properties.child("source")?.optionalText("path");
  if (path === undefined)
    throw new Error(`${properties.where}: give it one of [source] (a FileAsset), [content] or [contentBase64].`);
  return () => readFile(path);
}

export function storedBytes(
  key: string,
  bytes: Uint8Array,
  about: Pick<StoredObject, "modified_ms" | "metadata" | "tags" | "etag"> & {
    readonly contentType: string | undefined;
  },
): StoredObject {
  return { ...about, key, contentType: about.contentType ?? CONTENT_TYPE, read: async () => bytes };
}

export function tagOf(object: StoredObject, bytes: Uint8Array): string {
  return object.etag ?? entityTag(bytes);
}

/** For objects of one part the entity tag is the MD5 of the content. */
export function entityTag(bytes: Uint8Array): string {
  return `"${createHash("md5").update(bytes).digest("hex")}"`;
}
