import helmet from "@fastify/helmet";
import fp from "fastify-plugin";

/** What a browser shall not do with our answers. Headers that say nothing about JSON are left out. */
export const securityHeaders = fp(
  async (app) => {
    await app.register(helmet, {
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
  },
  { name: "cloudy-security-headers", fastify: "5.x" },
);
