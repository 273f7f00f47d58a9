import { createHash } from "node:crypto";
import type { CompletedPart } from "@aws-sdk/client-s3";
import { AwsError } from "@cloudy/twin-wire/operation.ts";
import { entityTag } from "./objects.ts";

/** What a client said of the object when it began. */
export interface UploadStart {
  readonly bucket: string;
  readonly key: string;
  readonly contentType: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

interface Upload extends UploadStart {
  readonly parts: Map<number, Uint8Array>;
}

/** S3 takes parts of at least this size, but for the last one. */
const PART_BYTES_LEAST = 5 * 1024 * 1024;

/** Multipart uploads under way. */
export class Uploads {
  readonly #uploads = new Map<string, Upload>();
  #count = 0;

  begin(start: UploadStart): string {
    this.#count += 1;
    const id = `upload-${this.#count}`;
    this.#uploads.set(id, { ...start, parts: new Map() });
    return id;
  }

  put(id: string | undefined, part: number, bytes: Uint8Array): string {
    this.#find(id).parts.set(part, bytes);
    return entityTag(bytes);
  }

  abort(id: string | undefined): void {
    this.#find(id);
    this.#uploads.delete(id ?? "");
  }

  /** The whole object, from the parts that the client lists; its tag is S3's MD5 of their MD5s. */
  complete(id: string | undefined, listed: readonly CompletedPart[]): UploadStart & Completed {
    const { parts: put, ...start } = this.#find(id);
    const parts = listed.map(({ PartNumber = 0, ETag }) => {
      const bytes = put.get(PartNumber);
      if (bytes !== undefined && (ETag === undefined || unquoted(ETag) === unquoted(entityTag(bytes)))) return bytes;
      throw new AwsError("InvalidPart", `Part ${PartNumber} with ETag ${ETag} was not uploaded.`);
    });
    if (parts.length === 0) throw new AwsError("MalformedXML", "An upload is completed by at least one part.");
    const small = parts.slice(0, -1).findIndex((bytes) => bytes.byteLength < PART_BYTES_LEAST);
    if (small >= 0)
      throw new AwsError("EntityTooSmall", `Part ${small + 1} is smaller than ${PART_BYTES_LEAST} bytes.`);
    const sums = parts.map((bytes) => createHash("md5").update(bytes).digest());
    const sum = createHash("md5").update(Buffer.concat(sums)).digest("hex");
    this.#uploads.delete(id ?? "");
    return { ...start, bytes: Buffer.concat(parts), etag: `"${sum}-${parts.length}"` };
  }

  #find(id: string | undefined): Upload {
    const upload = this.#uploads.get(id ?? "");
    if (upload !== undefined) return upload;
    throw new AwsError("NoSuchUpload", `The specified multipart upload does not exist: ${id}`, 404);
  }
}

interface Completed {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

function unquoted(tag: string): string {
  return tag.replaceAll('"', "");
}

/** Refuses a body that is not what its sender says it is. */
export function checkSum(bytes: Uint8Array, sha256: string | undefined): void {
  if (sha256 === undefined) return;
  const found = createHash("sha256").update(bytes).digest("base64");
  if (found !== sha256) throw new AwsError("BadDigest", `The body's SHA-256 is ${found}, not ${sha256} as was said.`);
}
