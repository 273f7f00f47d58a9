import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { AgentError } from "../errors.ts";
import { ATTEMPTS_MAX, CONNECT_TIMEOUT_MS, PART_BYTES, SILENCE_TIMEOUT_MS } from "./constants.ts";

type Metadata = Readonly<Record<string, string>>;

interface Opened {
  readonly body: Readable;
  readonly metadata: Metadata;
}

interface StoredItem {
  readonly key: string;
  readonly bytes: number;
  readonly modified_ms: number;
}

/** The bucket of backups. Region and credentials are those of the process. */
export class BackupStore {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(bucket: string) {
    this.#bucket = bucket;
    this.#client = new S3Client({
      maxAttempts: ATTEMPTS_MAX,
      requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, socketTimeout: SILENCE_TIMEOUT_MS },
    });
  }

  /** S3 itself refuses bytes that do not have this SHA-256. `false`: there is an object of that name already. */
  async putNew(key: string, body: Uint8Array, metadata: Metadata): Promise<boolean> {
    try {
      await this.#client.send(
        new PutObjectCommand({
          Bucket: this.#bucket,
          Key: key,
          Body: body,
          Metadata: { ...metadata },
          IfNoneMatch: "*",
          ChecksumSHA256: createHash("sha256").update(body).digest("base64"),
        }),
      );
      return true;
    } catch (error) {
      if (hasStatus(error, 412)) return false;
      throw error;
    }
  }

  /** Uploads a stream of any length in parts, one at a time: a small machine keeps two parts in memory. */
  async upload(key: string, body: Readable): Promise<void> {
    const upload = new Upload({
      client: this.#client,
      params: { Bucket: this.#bucket, Key: key, Body: body, ChecksumAlgorithm: "SHA256" },
      partSize: PART_BYTES,
      queueSize: 1,
    });
    await upload.done();
  }

  /** `undefined`: there is no such object. */
  async open(key: string): Promise<Opened | undefined> {
    try {
      const { Body, Metadata } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }));
      if (!(Body instanceof Readable)) throw new AgentError(`${key} came without a body`);
      return { body: Body, metadata: Metadata ?? {} };
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  async read(key: string): Promise<{ readonly content: Buffer; readonly metadata: Metadata } | undefined> {
    const opened = await this.open(key);
    if (opened === undefined) return undefined;
    const chunks: Buffer[] = [];
    for await (const chunk of opened.body) chunks.push(Buffer.from(chunk));
    return { content: Buffer.concat(chunks), metadata: opened.metadata };
  }

  async metadata(key: string): Promise<Metadata | undefined> {
    try {
      return (await this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: key }))).Metadata ?? {};
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  async list(prefix: string): Promise<readonly StoredItem[]> {
    const items: StoredItem[] = [];
    let token: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: prefix, ContinuationToken: token }),
      );
      for (const { Key = "", Size = 0, LastModified } of page.Contents ?? []) {
        items.push({ key: Key, bytes: Size, modified_ms: LastModified?.getTime() ?? 0 });
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
    return items;
  }

  /** The bucket is versioned: this hides the object, and the bucket's lifecycle deletes it later. */
  async remove(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }));
  }

  close(): void {
    this.#client.destroy();
  }
}

function hasStatus(error: unknown, status: number): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === status;
}
