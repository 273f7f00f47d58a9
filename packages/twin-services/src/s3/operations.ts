import type {
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
} from "@aws-sdk/client-s3";
import { AwsError, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import { listPage } from "./listing.ts";
import { entityTag, type StoredObject, storedBytes, tagOf } from "./objects.ts";
import { rangeOf } from "./range.ts";
import { bodyOf, tagsIn } from "./request.ts";
import type { Bucket, ObjectName, S3 } from "./s3.ts";
import { uploadOperations } from "./upload-operations.ts";
import { checkSum } from "./uploads.ts";

interface Preconditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
}

/** The API of S3. */
export function s3Operations(s3: S3): Operations {
  return {
    GetObject: operation<GetObjectRequest, GetObjectOutput>({
      access: (input) => [s3.onObject("s3:GetObject", input)],
      run: (input) => get(s3, input),
    }),
    HeadObject: operation<HeadObjectRequest, HeadObjectOutput>({
      access: (input) => [s3.onObject("s3:GetObject", input)],
      run: (input) => head(s3, input),
    }),
    GetBucketTagging: operation<GetBucketTaggingRequest, GetBucketTaggingOutput>({
      access: ({ Bucket }) => [{ action: "s3:GetBucketTagging", resource: `arn:aws:s3:::${Bucket}` }],
      run: ({ Bucket }) => ({ TagSet: tagSet(s3.bucket(Bucket).tags) }),
    }),
    GetObjectTagging: operation<GetObjectTaggingRequest, GetObjectTaggingOutput>({
      access: (input) => [s3.onObject("s3:GetObjectTagging", input)],
      run: async (input) => ({ TagSet: tagSet((await open(s3, input)).object.tags) }),
    }),
    ListBuckets: operation<ListBucketsRequest, ListBucketsOutput>({
      access: () => [{ action: "s3:ListAllMyBuckets", resource: "*" }],
      run: () => ({
        Buckets: s3.all().map(({ name, created_ms }) => ({
          Name: name,
          CreationDate: new Date(created_ms),
        })),
        Owner: { ID: s3.accountId },
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
      run: (input) => list(s3, input),
    }),
    PutObject: operation<PutObjectRequest, PutObjectOutput>({
      access: (input) => [s3.onObject("s3:PutObject", input)],
      run: (input) => put(s3, input),
    }),
    DeleteObject: operation<DeleteObjectRequest, DeleteObjectOutput>({
      access: (input) => [s3.onObject("s3:DeleteObject", input)],
      run: ({ Bucket, Key = "" }) => {
        s3.bucket(Bucket).objects.delete(Key);
        return {};
      },
    }),
    ...uploadOperations(s3),
  };
}

async function get(s3: S3, input: GetObjectRequest): Promise<GetObjectOutput> {
  const { bucket, object, bytes } = await open(s3, input);
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

async function head(s3: S3, input: HeadObjectRequest): Promise<HeadObjectOutput> {
  const { bucket, object, bytes } = await open(s3, input);
  return described(bucket, object, bytes);
}

async function open(s3: S3, { Bucket: name, Key = "", IfMatch, IfNoneMatch }: ObjectName & Preconditions) {
  const bucket = s3.bucket(name);
  const object = bucket.objects.get(Key);
  if (!object) throw new AwsError("NoSuchKey", `The specified key does not exist: ${Key}`, 404);
  const bytes = await object.read();
  const tag = tagOf(object, bytes);
  if (IfMatch !== undefined && IfMatch !== tag)
    throw new AwsError("PreconditionFailed", `The object's ETag is ${tag}, not ${IfMatch}.`, 412);
  if (IfNoneMatch === tag) throw new AwsError("NotModified", "Not Modified", 304);
  return { bucket, object, bytes };
}

async function list(s3: S3, input: ListObjectsV2Request): Promise<ListObjectsV2Output> {
  const bucket = s3.bucket(input.Bucket);
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
    Contents: await Promise.all(page.keys.map((key) => entry(bucket, key, shown(key)))),
    CommonPrefixes: page.commonPrefixes.map((name) => ({ Prefix: shown(name) })),
  };
}

async function entry(bucket: Bucket, key: string, shownKey: string) {
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

function put(s3: S3, input: PutObjectRequest): PutObjectOutput {
  const bucket = s3.bucket(input.Bucket);
  const key = input.Key ?? "";
  if (input.IfNoneMatch === "*" && bucket.objects.has(key))
    throw new AwsError("PreconditionFailed", `The key ${key} exists already.`, 412);
  const bytes = bodyOf(input.Body);
  checkSum(bytes, input.ChecksumSHA256);
  const about = {
    contentType: input.ContentType,
    modified_ms: s3.clock.now(),
    metadata: input.Metadata ?? {},
    tags: tagsIn(input.Tagging),
  };
  bucket.objects.set(key, storedBytes(key, bytes, about));
  return { ETag: entityTag(bytes), ServerSideEncryption: bucket.encryption };
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

function tagSet(tags: Readonly<Record<string, string>>) {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
