import { AwsError } from "./operation.ts";

/**
 * The content of an `aws-chunked` body: `<hex size>[;chunk-signature=...]\r\n<bytes>\r\n ... 0\r\n<trailers>`.
 * Chunk signatures are not checked: the twin's network is the loopback device.
 */
export function decodeAwsChunked(body: Uint8Array): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const chunks: Buffer[] = [];
  let offset = 0;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", offset);
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(bytes.toString("latin1", offset, lineEnd), 16);
    if (Number.isNaN(size)) throw new AwsError("IncompleteBody", `The aws-chunked body breaks off at byte ${offset}.`);
    if (size === 0) return Buffer.concat(chunks);
    const start = lineEnd + 2;
    chunks.push(bytes.subarray(start, start + size));
    offset = start + size + 2;
  }
}
