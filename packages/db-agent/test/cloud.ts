import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { ServerSecret } from "@cloudy/contracts/secrets.ts";
import { type Authority, createAuthority } from "./authority.ts";

/** The parts of AWS the agent talks to, over HTTP as it is on the wire: instance metadata by version 2, and three secrets. */
export interface Cloud {
  /** Endpoint of IMDS for one instance. */
  metadataEndpoint(instanceId: string): string;
  readonly awsEndpoint: string;
  readonly grantKey: string;
  readonly database: { username: string; password: string; dbname: string };
  /** Signs the server's certificates; clients trust it alone. */
  readonly authority: Authority;
  server: ServerSecret;
  /** Instances that the group does not choose when it shrinks. */
  readonly protectedInstances: Set<string>;
  /** Instances that wait for the launch hook, and the completions that came. */
  readonly waitingInstances: Set<string>;
  readonly completions: string[];
  /** While true, Secrets Manager answers 500. */
  secretsFail: boolean;
  close(): Promise<void>;
}

export async function startCloud(): Promise<Cloud> {
  const authority = await createAuthority();
  const server = createServer((request, response) => {
    answer(cloud, request).then(({ code, body }) => {
      response.writeHead(code, { "content-type": "application/x-amz-json-1.1" });
      response.end(body);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cloud: Cloud = {
    metadataEndpoint: (instanceId) => `${origin}/imds/${instanceId}`,
    awsEndpoint: origin,
    grantKey: "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    database: { username: "cloudy", password: 'it\'s a "secret"', dbname: "cloudy" },
    authority,
    server: await authority.issue(),
    protectedInstances: new Set(),
    waitingInstances: new Set(),
    completions: [],
    secretsFail: false,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return cloud;
}

async function answer(cloud: Cloud, request: IncomingMessage): Promise<{ code: number; body: string }> {
  const [, service, instanceId, ...path] = (request.url ?? "").split("/");
  if (service === "imds") {
    if (request.method === "PUT" && path.join("/") === "latest/api/token") return { code: 200, body: "token-of-imds" };
    if (request.headers["x-aws-ec2-metadata-token"] !== "token-of-imds") return { code: 401, body: "" };
    return { code: 200, body: instanceId ?? "" };
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString("utf8");
  if (request.headers["content-type"]?.includes("form-urlencoded") === true) {
    return { code: 200, body: answerScaling(cloud, new URLSearchParams(text)) };
  }
  const { SecretId } = JSON.parse(text) as { SecretId: string };
  if (cloud.secretsFail)
    return { code: 500, body: JSON.stringify({ __type: "InternalServiceError", message: "down" }) };
  const secrets: Readonly<Record<string, unknown>> = {
    CloudyDB: cloud.database,
    CloudyDBServer: cloud.server,
    CloudyFailover: { grantKey: cloud.grantKey },
  };
  const secret = secrets[SecretId];
  return { code: 200, body: JSON.stringify({ Name: SecretId, SecretString: JSON.stringify(secret) }) };
}

/** Auto Scaling's query protocol; every instance is of one group. */
function answerScaling(cloud: Cloud, query: URLSearchParams): string {
  const id = query.get("InstanceIds.member.1") ?? "";
  const action = query.get("Action");
  if (action === "SetInstanceProtection") {
    if (query.get("AutoScalingGroupName") !== "databases") throw new Error(`of group databases is ${id}`);
    if (query.get("ProtectedFromScaleIn") === "true") cloud.protectedInstances.add(id);
    else cloud.protectedInstances.delete(id);
    return "<SetInstanceProtectionResponse><SetInstanceProtectionResult/></SetInstanceProtectionResponse>";
  }
  if (action === "CompleteLifecycleAction") {
    const asked = ["AutoScalingGroupName", "LifecycleHookName", "LifecycleActionResult", "InstanceId"];
    cloud.completions.push(asked.map((name) => query.get(name)).join(" "));
    cloud.waitingInstances.delete(query.get("InstanceId") ?? "");
    return "<CompleteLifecycleActionResponse><CompleteLifecycleActionResult/></CompleteLifecycleActionResponse>";
  }
  const fields = `<InstanceId>${id}</InstanceId><AutoScalingGroupName>databases</AutoScalingGroupName>`;
  const guarded = `<ProtectedFromScaleIn>${cloud.protectedInstances.has(id)}</ProtectedFromScaleIn>`;
  const state = `<LifecycleState>${cloud.waitingInstances.has(id) ? "Pending:Wait" : "InService"}</LifecycleState>`;
  const list = `<AutoScalingInstances><member>${fields}${guarded}${state}</member></AutoScalingInstances>`;
  return `<${action}Response><${action}Result>${list}</${action}Result></${action}Response>`;
}
