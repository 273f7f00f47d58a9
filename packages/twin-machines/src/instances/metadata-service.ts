import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Identity } from "@cloudy/twin-model/identity.ts";
import type { Instance } from "@cloudy/twin-model/instance.ts";
import type { NetworkInterface } from "@cloudy/twin-model/network.ts";
import type { ServeMetadata } from "../network/ask-server.ts";

interface MetadataSettings {
  readonly instance: Instance;
  /** Its public address may change while the instance runs. */
  readonly primary: NetworkInterface;
  /** Short, for example `ip-10-0-0-12`. */
  readonly hostName: string;
  readonly region: string;
  readonly clock: Clock;
  readonly identity: Identity;
  /** Whether nobody answers at its address now. */
  readonly isAway: () => boolean;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const TOKEN_PATH = "/latest/api/token";
const TOKEN_HEADER = "x-aws-ec2-metadata-token";
const TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds";
/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html */
const TTL_SECONDS_MAX = 21_600;
const CREDENTIALS_PATH = "/latest/meta-data/iam/security-credentials/";

/**
 * The instance metadata service (IMDSv2, and v1 where the instance allows it) of one instance. Times are told in the
 * asking process's own time, or else an SDK on the wall clock would take its credentials for expired or everlasting.
 */
export class MetadataService {
  readonly #settings: MetadataSettings;
  readonly #server: Server;
  /** Token -> cloud time at which it expires. */
  readonly #tokens = new Map<string, number>();
  readonly #timeScaled = new WeakSet<Socket>();

  constructor(settings: MetadataSettings) {
    this.#settings = settings;
    this.#server = createServer((request, response) => this.#respond(request, response));
  }

  /** Takes over a connection to 169.254.169.254. */
  readonly serve: ServeMetadata = (socket, isTimeScaled) => {
    if (this.#settings.isAway()) {
      socket.destroy();
      return;
    }
    if (isTimeScaled) this.#timeScaled.add(socket);
    this.#server.emit("connection", socket);
  };

  close(): void {
    this.#server.closeAllConnections();
  }

  #respond(request: IncomingMessage, response: ServerResponse): void {
    const { status, text, headers = {} } = this.#answer(request, this.#timeScaled.has(request.socket));
    request.resume();
    response.writeHead(status, { "content-type": "text/plain", server: "EC2ws", ...headers }).end(text);
  }

  #answer(request: IncomingMessage, isTimeScaled: boolean): Answer {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    if (request.method === "PUT" && path === TOKEN_PATH) return this.#issueToken(request, isTimeScaled);
    if (request.method !== "GET") return { status: 405, text: "Method Not Allowed" };
    const token = request.headers[TOKEN_HEADER];
    const isAuthorized =
      token === undefined ? !this.#settings.instance.metadata.tokensRequired : this.#isValid(String(token));
    if (!isAuthorized) return { status: 401, text: "Unauthorized" };
    const text = valueAt(path, this.#tree(path, isTimeScaled));
    return text === undefined ? { status: 404, text: "Not Found" } : { status: 200, text };
  }

  #issueToken({ headers }: IncomingMessage, isTimeScaled: boolean): Answer {
    // A request that a proxy passed on is not the instance's own.
    if (headers["x-forwarded-for"] !== undefined) return { status: 403, text: "Forbidden" };
    const ttl_s = Number(headers[TTL_HEADER]);
    if (!Number.isInteger(ttl_s) || ttl_s < 1 || ttl_s > TTL_SECONDS_MAX) return { status: 400, text: "Bad Request" };
    const { clock } = this.#settings;
    const now_ms = clock.now();
    for (const [token, expiry_ms] of this.#tokens) if (expiry_ms <= now_ms) this.#tokens.delete(token);
    const token = randomBytes(40).toString("base64url");
    this.#tokens.set(token, now_ms + ttl_s * 1000 * (isTimeScaled ? 1 : clock.speed));
    return { status: 200, text: token, headers: { [TTL_HEADER]: String(ttl_s) } };
  }

  #isValid(token: string): boolean {
    return (this.#tokens.get(token) ?? 0) > this.#settings.clock.now();
  }

  /** Everything there is to read, by its path. */
  #tree(path: string, isTimeScaled: boolean): Readonly<Record<string, string>> {
    const { instance, primary, region, hostName } = this.#settings;
    const at = (values: Readonly<Record<string, string | undefined>>, prefix: string) =>
      Object.fromEntries(
        Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[prefix + key, value]])),
      );
    const fullName = `${hostName}.${region === "us-east-1" ? "ec2" : `${region}.compute`}.internal`;
    const values = {
      "ami-id": instance.imageId,
      hostname: fullName,
      "instance-id": instance.id,
      "instance-type": instance.instanceType,
      "local-hostname": fullName,
      "local-ipv4": primary.privateIp,
      "placement/availability-zone": instance.availabilityZone,
      "placement/region": region,
      "public-ipv4": primary.publicIp,
      "services/domain": "amazonaws.com",
      "services/partition": "aws",
    };
    return {
      ...at(values, "/latest/meta-data/"),
      ...at(instance.metadata.tagsEnabled ? instance.tags : {}, "/latest/meta-data/tags/instance/"),
      "/latest/dynamic/instance-identity/document": this.#identityDocument(),
      ...(instance.userData === "" ? {} : { "/latest/user-data": instance.userData }),
      ...this.#credentials(path, isTimeScaled),
    };
  }

  #identityDocument(): string {
    const { instance, primary, region } = this.#settings;
    const document = {
      // The account is known from the role's ARN only.
      accountId: instance.roleArn?.split(":")[4] ?? null,
      availabilityZone: instance.availabilityZone,
      imageId: instance.imageId,
      instanceId: instance.id,
      instanceType: instance.instanceType,
      pendingTime: seconds(instance.launchTime_ms),
      privateIp: primary.privateIp,
      region,
      version: "2017-09-30",
    };
    return JSON.stringify(document, null, 2);
  }

  #credentials(path: string, isTimeScaled: boolean): Readonly<Record<string, string>> {
    const { instance, identity, clock } = this.#settings;
    const name = instance.roleArn?.split("/").at(-1);
    if (instance.roleArn === undefined || name === undefined) return {};
    // Asking for the list alone opens no session.
    if (path !== CREDENTIALS_PATH + name) return { [CREDENTIALS_PATH + name]: "" };
    const credentials = identity.credentialsFor(instance.roleArn, "ec2.amazonaws.com", instance.id);
    const left_ms = credentials.expiration_ms - clock.now();
    const document = {
      Code: "Success",
      LastUpdated: seconds(isTimeScaled ? clock.now() : Date.now()),
      Type: "AWS-HMAC",
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      Token: credentials.sessionToken,
      Expiration: seconds(isTimeScaled ? credentials.expiration_ms : Date.now() + left_ms / clock.speed),
    };
    return { [CREDENTIALS_PATH + name]: JSON.stringify(document, null, 2) };
  }
}

/** The value at a path, or the names below it, a line each, folders with a slash. */
function valueAt(path: string, tree: Readonly<Record<string, string>>): string | undefined {
  const folder = path.endsWith("/") ? path : `${path}/`;
  const exact = tree[path];
  if (exact !== undefined) return exact;
  const names = Object.keys(tree)
    .filter((key) => key.startsWith(folder))
    .map((key) => key.slice(folder.length).replace(/\/.*$/, "/"));
  return names.length === 0 ? undefined : [...new Set(names)].sort().join("\n");
}

function seconds(time_ms: number): string {
  return new Date(time_ms).toISOString().replace(/\.\d+Z$/, "Z");
}
