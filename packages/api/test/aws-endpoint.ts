import { once } from "node:events";
import { createServer } from "node:http";
import { onTestFinished, vi } from "vitest";

/** What one request to the endpoint was, and who signed it. */
interface Call {
  readonly action: string;
  readonly input: Readonly<Record<string, string>>;
  readonly accessKeyId: string | undefined;
}

/** Secrets Manager and STS on loopback, as far as the real SDK clients of this service use them. */
export interface AwsEndpoint {
  readonly url: string;
  readonly calls: readonly Call[];
  /** The secret's text; undefined is an outage of the service. */
  secret: string | undefined;
  close(): Promise<void>;
}

/** Credentials that AssumeRole hands out. */
export const ASSUMED_KEY = "ASIAASSUMED";

/** An endpoint that the SDK's clients of this test use, signed as an instance; gone when the test ends. */
export async function useAwsEndpoint(): Promise<AwsEndpoint> {
  const aws = await createAwsEndpoint();
  vi.stubEnv("AWS_ENDPOINT_URL", aws.url);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIAINSTANCE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await aws.close();
  });
  return aws;
}

async function createAwsEndpoint(): Promise<AwsEndpoint> {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const accessKeyId = /Credential=([^/]+)\//.exec(request.headers.authorization ?? "")?.[1];
    const target = String(request.headers["x-amz-target"] ?? "");
    if (target === "secretsmanager.GetSecretValue") {
      calls.push({ action: "GetSecretValue", input: JSON.parse(body), accessKeyId });
      const isUp = endpoint.secret !== undefined;
      response.writeHead(isUp ? 200 : 500, { "content-type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify(isUp ? { SecretString: endpoint.secret } : { __type: "InternalServiceError" }));
      return;
    }
    const input = Object.fromEntries(new URLSearchParams(body));
    calls.push({ action: input.Action ?? "unknown", input, accessKeyId });
    response.writeHead(input.Action === "AssumeRole" ? 200 : 400, { "content-type": "text/xml" });
    response.end(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
      <AccessKeyId>${ASSUMED_KEY}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
      <SessionToken>token</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>
      </Credentials></AssumeRoleResult></AssumeRoleResponse>`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No address.");
  const endpoint: AwsEndpoint = {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    secret: undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return endpoint;
}
