import type {
  AbortMultipartUploadOutput,
  AbortMultipartUploadRequest,
  CompleteMultipartUploadOutput,
  CompleteMultipartUploadRequest,
  CreateMultipartUploadOutput,
  CreateMultipartUploadRequest,
  DeleteObjectOutput,
  DeleteObjectRequest,
  GetBucketTaggingOutput,
  GetBucketTaggingRequest,
  GetObjectOutput,
  GetObjectRequest,
  GetObjectTaggingOutput,
  GetObjectTaggingRequest,
  HeadObjectOutput,
  HeadObjectRequest,
  ListBucketsOutput,
  ListBucketsRequest,
  ListObjectsV2Output,
  ListObjectsV2Request,
  PutObjectOutput,
  PutObjectRequest,
  UploadPartOutput,
  UploadPartRequest,
} from "@aws-sdk/client-s3";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";
import { type Access, AwsError, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import { type Encryption, encryptionOf } from "./encryption.ts";
import { listPage } from "./listing.ts";
import { entityTag, programObject, type StoredObject, storedBytes, tagOf } from "./objects.ts";
import { rangeOf } from "./range.ts";
import { checkSum, Uploads } from "./uploads.ts";

interface Location {
  readonly Bucket?: string | undefined;
  readonly Key?: string | undefined;
}

interface Preconditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
}

interface Bucket {
  readonly name: string;
  readonly encryption: Encryption;
  readonly created_ms: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly objects: Map<string, StoredObject>;
}

/** S3 with the program's buckets; uploaded files stay where they are on disk, what clients put is kept in memory. */
export class S3 {
  readonly operations: Operations;
  readonly #accountId: string;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();
  readonly #uploads = new Uploads();

  constructor({ graph, clock }: { readonly graph: Graph; readonly clock: Clock }) {
    this.#accountId = graph.accountId;
    this.#clock = clock;
    const encryption = encryptionOf(graph);
    for (const resource of graph.ofType("aws:s3/bucket:Bucket")) {
      const properties = propertiesOf(resource);
      const name = properties.optionalText("bucket") ?? resource.id;
      this.#buckets.set(name, {
        name,
        encryption: encryption(name),
        created_ms: clock.now(),
        tags: properties.textMap("tags"),
        objects: new Map(),
      });
    }
    for (const resource of graph.ofType("aws:s3/bucketObjectv2:BucketObjectv2")) {
      const name = propertiesOf(resource).text("bucket");
      const object = programObject(resource, clock.now());
      this.#bucket(name).objects.set(object.key, object);
    }
    this.operations = this.#operations();
  }

  #operations(): Operations {
    return {
      GetObject: operation<GetObjectRequest, GetObjectOutput>({
        access: (input) => [this.#onObject("s3:GetObject", input)],
        run: (input) => this.#get(input),
      }),
      HeadObject: operation<HeadObjectRequest, HeadObjectOutput>({
        access: (input) => [this.#onObject("s3:GetObject", input)],
        run: (input) => this.#head(input),
      }),
      GetBucketTagging: operation<GetBucketTaggingRequest, GetBucketTaggingOutput>({
        access: ({ Bucket }) => [{ action: "s3:GetBucketTagging", resource: `arn:aws:s3:::${Bucket}` }],
        run: ({ Bucket }) => ({ TagSet: tagSet(this.#bucket(Bucket).tags) }),
      }),
      GetObjectTagging: operation<GetObjectTaggingRequest, GetObjectTaggingOutput>({
        access: (input) => [this.#onObject("s3:GetObjectTagging", input)],
        run: async (input) => ({ TagSet: tagSet((await this.#open(input)).object.tags) }),
      }),
      ListBuckets: operation<ListBucketsRequest, ListBucketsOutput>({
        access: () => [{ action: "s3:ListAllMyBuckets", resource: "*" }],
        run: () => ({
          Buckets: [...this.#buckets.values()].map(({ name, created_ms }) => ({
            Name: name,
            CreationDate: new Date(created_ms),
          })),
          Owner: { ID: this.#accountId },
        }),
      }),
      ListObjectsV2: operation<ListObjectsV2Request, ListObjectsV2Output>({
        access: (input) => [
          {
            action: "s3:ListBucket",
            resource: `arn:aws:s3:::${input.Bucket}`,
            context: {
              "s3:prefix": input.Prefix ?? "",
              ...(input.Delimiter === undefined ? {} : { "s3:delimiter": input.Delimiter }),
            },
          },
        ],
        run: (input) => this.#list(input),
      }),
      PutObject: operation<PutObjectRequest, PutObjectOutput>({
        access: (input) => [this.#onObject("s3:PutObject", input)],
        run: (input) => this.#put(input),
      }),
      DeleteObject: operation<DeleteObjectRequest, DeleteObjectOutput>({
        access: (input) => [this.#onObject("s3:DeleteObject", input)],
        run: ({ Bucket, Key = "" }) => {
          this.#bucket(Bucket).objects.delete(Key);
          return {};
        },
      }),
      ...this.#uploadOperations(),
    };
  }

  #uploadOperations(): Operations {
    return {
      CreateMultipartUpload: operation<CreateMultipartUploadRequest, CreateMultipartUploadOutput>({
        access: (input) => [this.#onObject("s3:PutObject", input)],
        run: (input) => {
          const { name: bucket, encryption } = this.#bucket(input.Bucket);
          const { Key: key = "", ContentType: contentType, Metadata: metadata = {} } = input;
          const UploadId = this.#uploads.begin({ bucket, key, contentType, metadata, tags: tagsIn(input.Tagging) });
          return { Bucket: bucket, Key: key, UploadId, ServerSideEncryption: encryption };
        },
      }),
      UploadPart: operation<UploadPartRequest, UploadPartOutput>({
        access: (input) => [this.#onObject("s3:PutObject", input)],
        run: (input) => {
          const bytes = bodyOf(input.Body);
          checkSum(bytes, input.ChecksumSHA256);
          return { ETag: this.#uploads.put(input.UploadId, input.PartNumber ?? 0, bytes) };
        },
      }),
      CompleteMultipartUpload: operation<CompleteMultipartUploadRequest, CompleteMultipartUploadOutput>({
        access: (input) => [this.#onObject("s3:PutObject", input)],
        run: (input) => {
          const bucket = this.#bucket(input.Bucket);
          const { key, bytes, ...about } = this.#uploads.complete(input.UploadId, input.MultipartUpload?.Parts ?? []);
          bucket.objects.set(key, storedBytes(key, bytes, { ...about, modified_ms: this.#clock.now() }));
          return { Bucket: bucket.name, Key: key, ETag: about.etag, ServerSideEncryption: bucket.encryption };
        },
      }),
      AbortMultipartUpload: operation<AbortMultipartUploadRequest, AbortMultipartUploadOutput>({
        access: (input) => [this.#onObject("s3:AbortMultipartUpload", input)],
        run: (input) => {
          this.#uploads.abort(input.UploadId);
          return {};
        },
      }),
    };
  }

  #bucket(name: string | undefined): Bucket {
    const bucket = this.#buckets.get(name ?? "");
    if (bucket) return bucket;
    throw new AwsError("NoSuchBucket", `The specified bucket does not exist: ${name}`, 404);
  }

  #onObject(action: string, { Bucket = "", Key = "" }: Location): Access {
    const tags = Object.entries(this.#buckets.get(Bucket)?.objects.get(Key)?.tags ?? {});
    return {
      action,
      resource: `arn:aws:s3:::${Bucket}/${Key}`,
      context: Object.fromEntries(tags.map(([key, value]) => [`s3:existingobjecttag/${key}`, value])),
    };
  }

  async #get(input: GetObjectRequest): Promise<GetObjectOutput> {
    const { bucket, object, bytes } = await this.#open(input);
    const range = input.Range === undefined ? undefined : rangeOf(input.Range, bytes.byteLength);
    const body = range ? bytes.subarray(range.start, range.end + 1) : bytes;
    const output = {
      ...described(bucket, object, bytes),
      ContentLength: body.byteLength,
      ...(range ? { ContentRange: `bytes ${range.start}-${range.end}/${bytes.byteLength}` } : {}),
      // The wire writes bytes; clients turn them into their own stream.
      Body: body,
    };
    return output as unknown as GetObjectOutput;
  }

  async #head(input: HeadObjectRequest): Promise<HeadObjectOutput> {
    const { bucket, object, bytes } = await this.#open(input);
    return described(bucket, object, bytes);
  }

  async #open({ Bucket: name, Key = "", IfMatch, IfNoneMatch }: Location & Preconditions) {
    const bucket = this.#bucket(name);
    const object = bucket.objects.get(Key);
    if (!object) throw new AwsError("NoSuchKey", `The specified key does not exist: ${Key}`, 404);
    const bytes = await object.read();
    const tag = tagOf(object, bytes);
    if (IfMatch !== undefined && IfMatch !== tag)
      throw new AwsError("PreconditionFailed", `The object's ETag is ${tag}, not ${IfMatch}.`, 412);
    if (IfNoneMatch === tag) throw new AwsError("NotModified", "Not Modified", 304);
    return { bucket, object, bytes };
  }

  async #list(input: ListObjectsV2Request): Promise<ListObjectsV2Output> {
    const bucket = this.#bucket(input.Bucket);
    const keys_max = Math.min(input.MaxKeys ?? 1000, 1000);
    const after = input.ContinuationToken
      ? Buffer.from(input.ContinuationToken, "base64url").toString()
      : (input.StartAfter ?? "");
    const { Prefix: prefix = "", Delimiter: delimiter = "" } = input;
    const page = listPage([...bucket.objects.keys()], { prefix, delimiter, after, keys_max });
    const shown = (text: string) => (input.EncodingType === "url" ? encodeURIComponent(text) : text);
    return {
      Name: bucket.name,
      Prefix: shown(prefix),
      ...(input.Delimiter === undefined ? {} : { Delimiter: shown(delimiter) }),
      ...(input.StartAfter === undefined ? {} : { StartAfter: shown(input.StartAfter) }),
      ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
      ...(input.ContinuationToken === undefined ? {} : { ContinuationToken: input.ContinuationToken }),
      MaxKeys: keys_max,
      KeyCount: page.keys.length + page.commonPrefixes.length,
      IsTruncated: page.next !== undefined,
      ...(page.next === undefined ? {} : { NextContinuationToken: Buffer.from(page.next).toString("base64url") }),
      Contents: await Promise.all(page.keys.map((key) => this.#entry(bucket, key, shown(key)))),
      CommonPrefixes: page.commonPrefixes.map((name) => ({ Prefix: shown(name) })),
    };
  }

  async #entry(bucket: Bucket, key: string, shownKey: string) {
    const object = bucket.objects.get(key);
    const bytes = (await object?.read()) ?? new Uint8Array();
    return {
      Key: shownKey,
      LastModified: new Date(object?.modified_ms ?? 0),
      ETag: object === undefined ? entityTag(bytes) : tagOf(object, bytes),
      Size: bytes.byteLength,
      StorageClass: "STANDARD" as const,
    };
  }

  #put(input: PutObjectRequest): PutObjectOutput {
    const bucket = this.#bucket(input.Bucket);
    const key = input.Key ?? "";
    if (input.IfNoneMatch === "*" && bucket.objects.has(key))
      throw new AwsError("PreconditionFailed", `The key ${key} exists already.`, 412);
    const bytes = bodyOf(input.Body);
    checkSum(bytes, input.ChecksumSHA256);
    const about = {
      contentType: input.ContentType,
      modified_ms: this.#clock.now(),
      metadata: input.Metadata ?? {},
      tags: tagsIn(input.Tagging),
    };
    bucket.objects.set(key, storedBytes(key, bytes, about));
    return { ETag: entityTag(bytes), ServerSideEncryption: bucket.encryption };
  }
}

function described(bucket: Bucket, object: StoredObject, bytes: Uint8Array): HeadObjectOutput {
  return {
    AcceptRanges: "bytes",
    ContentLength: bytes.byteLength,
    ContentType: object.contentType,
    ETag: tagOf(object, bytes),
    LastModified: new Date(object.modified_ms),
    Metadata: { ...object.metadata },
    ServerSideEncryption: bucket.encryption,
  };
}

/** The wire hands over the body as it came. */
function bodyOf(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array();
}

function tagsIn(header: string | undefined): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(header ?? ""));
}

function tagSet(tags: Readonly<Record<string, string>>) {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
