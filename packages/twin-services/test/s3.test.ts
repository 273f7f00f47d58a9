import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  NoSuchBucket,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { manualClock } from "@cloudy/twin-model/clock.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listPage } from "../src/s3/listing.ts";
import { s3Operations } from "../src/s3/operations.ts";
import { S3 } from "../src/s3/s3.ts";
import { testEndpoint } from "./wire-endpoint.ts";
import { graphOf, resource, role, roleArn } from "./wire-graph.ts";

const bucket = "artifacts-123";
let folder: string;
let endpoint: Awaited<ReturnType<typeof testEndpoint>>;
let client: S3Client;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "twin-s3-"));
  await writeFile(join(folder, "api.tar.gz"), "0123456789");
  const object = (key: string, content: object) =>
    resource("aws:s3/bucketObjectv2:BucketObjectv2", key, { bucket, key, ...content });
  const graph = graphOf(
    resource("aws:s3/bucket:Bucket", "artifacts", { tags: { Project: "cloudy" } }, { id: bucket, bucket }),
    object("api-1.tar.gz", { source: { path: join(folder, "api.tar.gz") }, contentType: "application/gzip" }),
    object("docs/a b+c&d.txt", { content: "hello" }),
    object("docs/deep/x.bin", { contentBase64: "AAEC" }),
  );
  const onlyArtifact = { Effect: "Allow", Action: "s3:GetObject", Resource: `arn:aws:s3:::${bucket}/api-1.tar.gz` };
  const tagged = { StringEquals: { "s3:ExistingObjectTag/Stack": "dev" } };
  const byTag = { Effect: "Allow", Action: "s3:GetObject", Resource: "*", Condition: tagged };
  const s3 = s3Operations(new S3({ graph, clock: manualClock() }));
  endpoint = await testEndpoint({ s3 }, ...role("Web", [onlyArtifact]), ...role("ByTag", [byTag]));
  client = new S3Client({ ...endpoint.tester, forcePathStyle: true });
});

afterEach(async () => {
  await endpoint.close();
  await rm(folder, { recursive: true });
});

const get = async (key: string, more: object = {}) => {
  const output = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...more }));
  return { ...output, text: await output.Body?.transformToString() };
};

test("W3: an uploaded artifact is read from its file, with type, length and MD5 tag", async () => {
  expect(await get("api-1.tar.gz")).toMatchObject({
    text: "0123456789",
    ContentLength: 10,
    ContentType: "application/gzip",
    ETag: '"781e5e245d69b566979b86e28d23f2c7"',
    ServerSideEncryption: "AES256",
    LastModified: new Date("2026-01-01T00:00:00Z"),
  });
  const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: "api-1.tar.gz" }));
  expect(head).toMatchObject({ ContentLength: 10, ETag: '"781e5e245d69b566979b86e28d23f2c7"' });
});

test("text, base64 and keys with special characters", async () => {
  expect((await get("docs/a b+c&d.txt")).text).toBe("hello");
  const binary = await client.send(new GetObjectCommand({ Bucket: bucket, Key: "docs/deep/x.bin" }));
  expect(await binary.Body?.transformToByteArray()).toEqual(Uint8Array.of(0, 1, 2));
});

test("ranges, and a range beyond the end", async () => {
  expect(await get("api-1.tar.gz", { Range: "bytes=2-4" })).toMatchObject({
    text: "234",
    ContentRange: "bytes 2-4/10",
  });
  expect((await get("api-1.tar.gz", { Range: "bytes=-3" })).text).toBe("789");
  expect((await get("api-1.tar.gz", { Range: "bytes=8-99" })).text).toBe("89");
  await expect(get("api-1.tar.gz", { Range: "bytes=10-" })).rejects.toMatchObject({ name: "InvalidRange" });
});

test("what is put is listed and read again, with its metadata", async () => {
  const put = {
    Bucket: bucket,
    Key: "new/ü.json",
    Body: '{"a":1}',
    ContentType: "application/json",
    Metadata: { run: "7" },
  };
  await client.send(new PutObjectCommand(put));
  expect(await get("new/ü.json")).toMatchObject({
    text: '{"a":1}',
    ContentType: "application/json",
    Metadata: { run: "7" },
  });
  const list = await client.send(new ListObjectsV2Command({ Bucket: bucket, Delimiter: "/" }));
  expect(list.Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([["api-1.tar.gz", 10]]);
  expect(list.CommonPrefixes).toEqual([{ Prefix: "docs/" }, { Prefix: "new/" }]);
  expect(list.KeyCount).toBe(3);
});

test("an object is put together from its parts, in the client's order, and then removed", async () => {
  const parts = [Buffer.alloc(5 * 1024 * 1024, "a"), Buffer.from("the end")];
  const Key = "base/data.tar.zst";
  const at = { Bucket: bucket, Key };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...at, Metadata: { run: "8" } }));
  const sent = await Promise.all(
    parts.map(async (Body, index) => {
      const part = { ...at, UploadId, PartNumber: index + 1 };
      const { ETag } = await client.send(new UploadPartCommand({ ...part, Body, ChecksumAlgorithm: "SHA256" }));
      return { PartNumber: index + 1, ETag };
    }),
  );
  await expect(get(Key)).rejects.toBeInstanceOf(NoSuchKey);
  const complete = (Parts: typeof sent) =>
    client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
  await expect(complete([{ PartNumber: 3, ETag: '"x"' }])).rejects.toMatchObject({ name: "InvalidPart" });
  await expect(complete([...sent].reverse())).rejects.toMatchObject({ name: "EntityTooSmall" });
  await complete(sent);
  expect(await get(Key)).toMatchObject({
    text: Buffer.concat(parts).toString(),
    ETag: expect.stringMatching(/^"[0-9a-f]{32}-2"$/),
    Metadata: { run: "8" },
  });
  await client.send(new DeleteObjectCommand(at));
  await expect(get(Key)).rejects.toBeInstanceOf(NoSuchKey);
});

test("an aborted upload is no more, and a body with another checksum than said is refused", async () => {
  const at = { Bucket: bucket, Key: "base/lost" };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(at));
  await client.send(new AbortMultipartUploadCommand({ ...at, UploadId }));
  const late = client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: "x" }));
  await expect(late).rejects.toMatchObject({ name: "NoSuchUpload" });
  const wrong = createHash("sha256").update("another").digest("base64");
  const put = client.send(new PutObjectCommand({ ...at, Body: "x", ChecksumSHA256: wrong }));
  await expect(put).rejects.toMatchObject({ name: "BadDigest" });
});

test("buckets are listed", async () => {
  const { Buckets, Owner } = await client.send(new ListBucketsCommand({}));
  expect(Buckets).toEqual([{ Name: bucket, CreationDate: new Date("2026-01-01T00:00:00Z") }]);
  expect(Owner).toEqual({ ID: "123456789012" });
});

test("tags of buckets and objects are told, and permissions may depend on them", async () => {
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: "t", Body: "x", Tagging: "Stack=dev&a=b%20c" }));
  const tags = await client.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: "t" }));
  expect(tags.TagSet).toEqual([
    { Key: "Stack", Value: "dev" },
    { Key: "a", Value: "b c" },
  ]);
  expect((await client.send(new GetBucketTaggingCommand({ Bucket: bucket }))).TagSet).toEqual([
    { Key: "Project", Value: "cloudy" },
  ]);
  const credentials = endpoint.identity.credentialsFor(roleArn("ByTag"), "ec2.amazonaws.com", "i-1");
  const byTag = new S3Client({ ...endpoint.clientOf(credentials), forcePathStyle: true });
  await byTag.send(new GetObjectCommand({ Bucket: bucket, Key: "t" }));
  const untagged = byTag.send(new GetObjectCommand({ Bucket: bucket, Key: "api-1.tar.gz" }));
  await expect(untagged).rejects.toMatchObject({ name: "AccessDenied" });
});

test("listing goes on page by page", async () => {
  const page = (ContinuationToken?: string) =>
    client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "docs/", MaxKeys: 1, ContinuationToken }));
  const first = await page();
  expect(first.IsTruncated).toBe(true);
  const second = await page(first.NextContinuationToken);
  expect([first, second].map(({ Contents }) => Contents?.[0]?.Key)).toEqual(["docs/a b+c&d.txt", "docs/deep/x.bin"]);
  expect(second.IsTruncated).toBe(false);
});

test("what is missing is named by its typed error", async () => {
  await expect(get("nothing")).rejects.toBeInstanceOf(NoSuchKey);
  const elsewhere = client.send(new ListObjectsV2Command({ Bucket: "elsewhere" }));
  await expect(elsewhere).rejects.toBeInstanceOf(NoSuchBucket);
  const head = client.send(new HeadObjectCommand({ Bucket: bucket, Key: "nothing" }));
  await expect(head).rejects.toMatchObject({ name: "NotFound" });
});

test("W3: a role reads the artifacts its policy names and nothing else", async () => {
  const web = new S3Client({
    ...endpoint.clientOf(endpoint.identity.credentialsFor(roleArn("Web"), "ec2.amazonaws.com", "i-1")),
    forcePathStyle: true,
  });
  await web.send(new GetObjectCommand({ Bucket: bucket, Key: "api-1.tar.gz" }));
  const other = web.send(new GetObjectCommand({ Bucket: bucket, Key: "docs/a b+c&d.txt" }));
  await expect(other).rejects.toMatchObject({
    name: "AccessDenied",
    message: expect.stringContaining(
      `is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::${bucket}/docs/`,
    ),
  });
});

test("virtual-hosted requests name the bucket in the host", async () => {
  const url = endpoint.url.replace("127.0.0.1", "localhost");
  const virtual = new S3Client({ ...endpoint.tester, endpoint: url, forcePathStyle: false });
  // `<bucket>.localhost` need not resolve everywhere; the connection goes to the loopback address.
  virtual.middlewareStack.add(
    (next) => (args) => {
      Object.assign(args.request as object, { hostname: "127.0.0.1" });
      return next(args);
    },
    { step: "deserialize", priority: "low" },
  );
  const list = await virtual.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "api" }));
  expect(list.Contents?.map(({ Key }) => Key)).toEqual(["api-1.tar.gz"]);
});

test("pages: prefixes count once, and a page never ends inside one", () => {
  const keys = ["a/1", "a/2", "b", "c/1"];
  const page = (after: string) => listPage(keys, { prefix: "", delimiter: "/", after, keys_max: 2 });
  expect(page("")).toEqual({ keys: ["b"], commonPrefixes: ["a/"], next: "b" });
  expect(page("b")).toEqual({ keys: [], commonPrefixes: ["c/"], next: undefined });
});
