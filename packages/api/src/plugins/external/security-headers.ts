import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from "node:http";
import { Socket } from "node:net";
import fp from "fastify-plugin";
import helmet from "helmet";

/** What a browser shall not do with our answers. Headers that say nothing about JSON are left out. */
const writeHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { "default-src": ["'none'"], "frame-ancestors": ["'none'"] },
  },
  xFrameOptions: { action: "deny" },
  // TLS ends at the load balancer, whose plain port has the same name: a browser must not turn that one into HTTPS.
  strictTransportSecurity: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
  crossOriginOpenerPolicy: false,
});

/**
 * They are the same for all answers, so helmet is asked once. @fastify/helmet checks and writes the whole policy anew for
 * each request, a quarter of all that `GET /` costs.
 */
export const securityHeaders = fp(
  async (app) => {
    const headers = headersOnce();
    app.addHook("onRequest", (_request, reply, done) => {
      reply.headers(headers);
      done();
    });
  },
  { name: "cloudy-security-headers", fastify: "5.x" },
);

function headersOnce(): OutgoingHttpHeaders {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  writeHeaders(request, response, (error) => {
    if (error !== undefined) throw error;
  });
  return { ...response.getHeaders() };
}
