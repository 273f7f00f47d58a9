import { createHash } from "node:crypto";
import type { FastifyPluginAsync } from "fastify";
import type { ApiDocument } from "../docs/document.ts";
import { renderPage, STYLE } from "../docs/page.ts";

/** The page brings one style of its own and nothing else. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** `GET /docs/json` is the OpenAPI document, `GET /docs` shows it to people. */
export const docsRoutes: FastifyPluginAsync = async (app) => {
  const options = { schema: { hide: true }, config: { isOpen: true } };
  // Made when first asked for: most instances never are.
  let text: string | undefined;
  const document = () => {
    text ??= JSON.stringify(app.swagger());
    return text;
  };
  app.get("/docs/json", options, async (_request, reply) =>
    reply.type("application/json; charset=utf-8").send(document()),
  );
  app.get("/docs", options, async (_request, reply) => {
    const parsed: ApiDocument = JSON.parse(document());
    return reply
      .header("content-security-policy", CONTENT_SECURITY_POLICY)
      .type("text/html; charset=utf-8")
      .send(renderPage(parsed));
  });
};
