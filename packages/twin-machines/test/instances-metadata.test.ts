import type { Clock } from "@cloudy/twin-model/clock.ts";
import { manualClock } from "@cloudy/twin-model/clock.ts";
import type { Instance } from "@cloudy/twin-model/instance.ts";
import type { NetworkInterface } from "@cloudy/twin-model/network.ts";
import { Iam } from "@cloudy/twin-services/iam/iam.ts";
import { graphOf, role, roleArn } from "@cloudy/twin-services/test/wire-graph.ts";
import { afterEach, describe, expect, test } from "vitest";
import { MetadataService } from "../src/instances/metadata-service.ts";
import { createRig, type Rig } from "./network-rig.ts";
import { nic } from "./network-world.ts";

const HOUR_MS = 3_600_000;

const web: Instance = {
  id: "i-web",
  instanceType: "t2.nano",
  imageId: "ami-1",
  launchTemplateId: "lt-1",
  launchTemplateVersion: "1",
  subnetId: "public",
  availabilityZone: "eu-west-1a",
  userData: "#cloud-config\n",
  roleArn: roleArn("Web"),
  instanceProfileArn: undefined,
  tags: { Name: "Web" },
  detailedMonitoring: true,
  metadata: { tokensRequired: true, hopLimit: 1, tagsEnabled: false },
  launchTime_ms: 0,
  state: "running",
  stateReason: "",
  status: "initializing",
};

const open: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface Given {
  readonly instance?: Partial<Instance>;
  readonly primary?: NetworkInterface;
  readonly clock?: Clock;
}

/** A process of the instance with the real preload, which prints what it reads from the service. */
async function guest(script: string, { instance, primary, clock = manualClock() }: Given = {}, env = {}) {
  const identity = new Iam({ graph: graphOf(...role("Web", [])), clock });
  const service = new MetadataService({
    isAway: () => false,
    instance: { ...web, ...instance },
    primary: primary ?? { ...nic("eni-web", "public", "10.0.0.10", "sg-web", "i-web"), publicIp: "203.0.113.10" },
    hostName: "ip-10-0-0-10",
    region: "eu-west-1",
    clock,
    identity,
  });
  open.push(() => service.close());
  const rig: Rig = await createRig({ serveMetadata: service.serve });
  open.push(() => rig.close());
  const { line, child } = await rig.run("i-web", `${CLIENT}\n${script}`, env);
  return { line, child, identity, service };
}

const CLIENT = `
  const url = (path) => "http://169.254.169.254/latest/" + path;
  const put = (headers) => fetch(url("api/token"), { method: "PUT", headers });
  const token = async (ttl = 21600) => (await put({ "x-aws-ec2-metadata-token-ttl-seconds": String(ttl) })).text();
  const get = async (path, token) =>
    fetch(url(path), token === undefined ? {} : { headers: { "x-aws-ec2-metadata-token": token } });
  const read = async (path) => (await get(path, await token())).text();
  const print = (value) => console.log(JSON.stringify(value));
`;

async function printed<T>(script: string, given?: Given): Promise<T> {
  const { line } = await guest(script, given);
  return JSON.parse(await line()) as T;
}

describe("instance metadata", () => {
  test("W3: without a token, or with a wrong one, nothing is told; with one it is", async () => {
    const statuses = await printed(`
      const id = "meta-data/instance-id";
      print([(await get(id)).status, (await get(id, "guess")).status, (await get(id, await token())).status]);`);
    expect(statuses).toEqual([401, 401, 200]);
  });

  test("an instance that does not demand tokens answers without, but still refuses a wrong one", async () => {
    const metadata = { ...web.metadata, tokensRequired: false };
    const id = "meta-data/instance-id";
    const statuses = await printed(`print([(await get("${id}")).status, (await get("${id}", "guess")).status]);`, {
      instance: { metadata },
    });
    expect(statuses).toEqual([200, 401]);
  });

  test("a token needs a lifetime of at most six hours and no proxy", async () => {
    const statuses = await printed(`
      const ttl = "x-aws-ec2-metadata-token-ttl-seconds";
      const asks = [{}, { [ttl]: "0" }, { [ttl]: "21601" }, { [ttl]: "60", "x-forwarded-for": "10.0.0.99" }, { [ttl]: "60" }];
      print(await Promise.all(asks.map(async (headers) => (await put(headers)).status)));`);
    expect(statuses).toEqual([400, 400, 400, 403, 200]);
  });

  test("a token ends with its lifetime", async () => {
    const clock = manualClock();
    const { line, child } = await guest(
      `const short = await token(60);
       const status = async () => print((await get("meta-data/instance-id", short)).status);
       process.on("SIGUSR2", status);
       setInterval(() => {}, 1000);
       await status();`,
      { clock },
    );
    expect(await line()).toBe("200");
    await clock.advance(60_000);
    child.kill("SIGUSR2");
    expect(await line()).toBe("401");
  });

  test("it tells what the instance is and where", async () => {
    const values = await printed(`
      const paths = ["instance-id", "local-ipv4", "public-ipv4", "hostname", "placement/availability-zone", "placement/region"];
      print(await Promise.all(paths.map((path) => read("meta-data/" + path))));`);
    const hostName = "ip-10-0-0-10.eu-west-1.compute.internal";
    expect(values).toEqual(["i-web", "10.0.0.10", "203.0.113.10", hostName, "eu-west-1a", "eu-west-1"]);
  });

  test("folders list their names; what is not there is not found", async () => {
    const primary = nic("eni-web", "public", "10.0.0.10", "sg-web", "i-web");
    const answers = await printed(
      `print([await read("meta-data/placement"), await read("meta-data/iam/security-credentials/"),
              (await get("meta-data/public-ipv4", await token())).status,
              (await get("meta-data/tags/instance/Name", await token())).status]);`,
      { primary },
    );
    expect(answers).toEqual(["availability-zone\nregion", "Web", 404, 404]);
  });

  test("tags are told where the instance allows it", async () => {
    const metadata = { ...web.metadata, tagsEnabled: true };
    expect(await printed(`print(await read("meta-data/tags/instance/Name"));`, { instance: { metadata } })).toBe("Web");
  });

  test("the identity document names region and instance", async () => {
    const document = await printed(`print(JSON.parse(await read("dynamic/instance-identity/document")));`);
    expect(document).toMatchObject({ region: "eu-west-1", instanceId: "i-web", accountId: "123456789012" });
  });

  test("an instance without a role has no credentials", async () => {
    const status = `print((await get("meta-data/iam/security-credentials/", await token())).status);`;
    expect(await printed(status, { instance: { roleArn: undefined } })).toBe(404);
  });
});

describe("credentials of the instance's role", () => {
  const sdk = import.meta.resolve("@aws-sdk/client-s3");
  const SDK_READ = `
    const { S3Client } = await import(${JSON.stringify(sdk)});
    const { accessKeyId, sessionToken, expiration } = await new S3Client({ region: "eu-west-1" }).config.credentials();
    print({ accessKeyId, sessionToken, left_ms: expiration.getTime() - Date.now() });`;
  interface Read {
    readonly accessKeyId: string;
    readonly sessionToken: string;
    readonly left_ms: number;
  }

  test("the SDK's own provider gets a session named after the instance", async () => {
    const { line, identity } = await guest(SDK_READ);
    const { accessKeyId, sessionToken } = JSON.parse(await line()) as Read;
    const known = identity.callerOf(accessKeyId, sessionToken);
    if (known.kind !== "known") throw new Error(known.because);
    expect(known.caller.arn).toBe("arn:aws:sts::123456789012:assumed-role/Web/i-web");
  });

  test("a process on the wall clock sees the time that is really left", async () => {
    const { line } = await guest(SDK_READ, { clock: { ...manualClock(), speed: 10 } });
    const { left_ms } = JSON.parse(await line()) as Read;
    expect(left_ms / HOUR_MS).toBeCloseTo(0.6, 1);
  });

  test("a process in cloud time sees the cloud's expiration", async () => {
    const cloudEpoch_ms = Date.now() + 1000 * HOUR_MS;
    const clock = { ...manualClock(cloudEpoch_ms), speed: 10 };
    const env = {
      TWIN_SPEED: "10",
      TWIN_CLOUD_EPOCH_MS: String(cloudEpoch_ms),
      TWIN_REAL_EPOCH_MS: String(Date.now()),
    };
    const { line } = await guest(SDK_READ, { clock }, env);
    const { left_ms } = JSON.parse(await line()) as Read;
    expect(left_ms / HOUR_MS).toBeCloseTo(6, 1);
  });
});
