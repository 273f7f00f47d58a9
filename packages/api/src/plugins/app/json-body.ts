import { isUtf8 } from "node:buffer";
import fp from "fastify-plugin";
import { Problem } from "../../problem.ts";

/** A charset that is UTF-8, in any case and quotes. */
const UTF8_PARAMETER = /;[ \t]*charset=(["']?)utf-?8\1[ \t]*(?=;|$)/gi;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * Bodies are JSON in UTF-8 (RFC 8259, section 8.1), or refused. Fastify's own parser reads any bytes as UTF-8 and puts U+FFFD
 * for those that are none: two names of another charset would become one.
 */
export const jsonBody = fp(
  async (app) => {
    // Also takes away the one for plain text.
    app.removeAllContentTypeParsers();
    const parse = app.getDefaultJsonParser("error", "error");
    app.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, (request, body, done) => {
      const refusal = refusalOf(request.headers["content-type"] ?? "", body);
      if (refusal === undefined) parse(request, body.toString("utf8"), done);
      else done(refusal);
    });
  },
  { name: "cloudy-json-body", fastify: "5.x" },
);

function refusalOf(mediaType: string, body: Buffer): Problem | undefined {
  if (!saysUtf8(mediaType)) {
    return new Problem(415, `The body must be JSON in UTF-8; this media type says otherwise: ${mediaType}.`);
  }
  if (!isUtf8(body)) return new Problem(400, "The body is not valid UTF-8.");
  if (BYTE_ORDER_MARK.every((byte, index) => body[index] === byte)) {
    return new Problem(400, "The body begins with a byte order mark; send the JSON without it.");
  }
  if (body.includes(0))
    return new Problem(400, "The body holds NUL bytes; send JSON in UTF-8, not in UTF-16 or UTF-32.");
  return undefined;
}

/** No charset is UTF-8; each that is named must be. */
function saysUtf8(mediaType: string): boolean {
  if (!mediaType.includes(";")) return true;
  const named = mediaType.match(/charset/gi)?.length ?? 0;
  return named === (mediaType.match(UTF8_PARAMETER)?.length ?? 0);
}
