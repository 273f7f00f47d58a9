import type {
  AbortMultipartUploadOutput,
  AbortMultipartUploadRequest,
  CompleteMultipartUploadOutput,
  CompleteMultipartUploadRequest,
  CreateMultipartUploadOutput,
  CreateMultipartUploadRequest,
  UploadPartOutput,
  UploadPartRequest,
} from "@aws-sdk/client-s3";
import { type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import { storedBytes } from "./objects.ts";
import { bodyOf, tagsIn } from "./request.ts";
import type { S3 } from "./s3.ts";
import { checkSum } from "./uploads.ts";

/** Multipart uploads: an object sent in parts is there once it is completed. */
export function uploadOperations(s3: S3): Operations {
  return {
    CreateMultipartUpload: operation<CreateMultipartUploadRequest, CreateMultipartUploadOutput>({
      access: (input) => [s3.onObject("s3:PutObject", input)],
      run: (input) => {
        const { name: bucket, encryption } = s3.bucket(input.Bucket);
        const { Key: key = "", ContentType: contentType, Metadata: metadata = {} } = input;
        const UploadId = s3.uploads.begin({ bucket, key, contentType, metadata, tags: tagsIn(input.Tagging) });
        return { Bucket: bucket, Key: key, UploadId, ServerSideEncryption: encryption };
      },
    }),
    UploadPart: operation<UploadPartRequest, UploadPartOutput>({
      access: (input) => [s3.onObject("s3:PutObject", input)],
      run: (input) => {
        const bytes = bodyOf(input.Body);
        checkSum(bytes, input.ChecksumSHA256);
        return { ETag: s3.uploads.put(input.UploadId, input.PartNumber ?? 0, bytes) };
      },
    }),
    CompleteMultipartUpload: operation<CompleteMultipartUploadRequest, CompleteMultipartUploadOutput>({
      access: (input) => [s3.onObject("s3:PutObject", input)],
      run: (input) => {
        const bucket = s3.bucket(input.Bucket);
        const { key, bytes, ...about } = s3.uploads.complete(input.UploadId, input.MultipartUpload?.Parts ?? []);
        bucket.objects.set(key, storedBytes(key, bytes, { ...about, modified_ms: s3.clock.now() }));
        return { Bucket: bucket.name, Key: key, ETag: about.etag, ServerSideEncryption: bucket.encryption };
      },
    }),
    AbortMultipartUpload: operation<AbortMultipartUploadRequest, AbortMultipartUploadOutput>({
      access: (input) => [s3.onObject("s3:AbortMultipartUpload", input)],
      run: (input) => {
        s3.uploads.abort(input.UploadId);
        return {};
      },
    }),
  };
}
