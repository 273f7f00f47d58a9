import fp from "fastify-plugin";
import { TokenList } from "../../access/token-list.ts";
import { Problem } from "../../problem.ts";
import { fetchSecretText } from "../../secret.ts";
import type { SecretSource } from "../../settings.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answers without a token and without a limit: what checks the instance's health has neither. */
    isOpen?: boolean;
  }
}

/** RFC 6750: the scheme in any case, one space, the token. */
const BEARER = /^Bearer +([\w.~+/-]+=*)$/i;

/** Asks for a bearer token (RFC 6750) wherever a route is not open. */
export const access = fp<{ source: SecretSource }>(
  async (app, { source }) => {
    const tokens = new TokenList({
      fetch: () => fetchSecretText(source),
      now_ms: () => performance.now(),
      log: app.log,
    });
    app.addHook("onRequest", async (request) => {
      if (request.routeOptions.config.isOpen === true) return;
      const token = BEARER.exec(request.headers.authorization ?? "")?.[1];
      if (token === undefined) throw refusal('Bearer realm="cloudy"', "Send a token as Authorization: Bearer <token>.");
      if (await tokens.has(token)) return;
      throw refusal('Bearer realm="cloudy", error="invalid_token"', "This token is not known, or not any more.");
    });
  },
  { name: "cloudy-access", fastify: "5.x", dependencies: ["cloudy-problems"] },
);

function refusal(challenge: string, detail: string): Problem {
  return new Problem(401, detail, { headers: { "www-authenticate": challenge } });
}
