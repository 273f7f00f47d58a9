import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { liveClock } from "@cloudy/twin-model/clock.ts";
import type { FunctionDefinition } from "@cloudy/twin-model/function.ts";
import type { Identity } from "@cloudy/twin-model/identity.ts";
import { strToU8, zipSync } from "fflate";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LiveFunctionRuntime } from "../src/functions/function-runtime.ts";
import { writeChildModules } from "../src/host/child-modules.ts";
import { createRig, type Rig } from "./network-rig.ts";
import { nic, tcp } from "./network-world.ts";

const HANDLER = `
  let calls = 0;
  export const count = async (event, context) => {
    calls += 1;
    console.log(JSON.stringify({ message: "called", by: event.by }));
    return { calls, id: context.awsRequestId, left: context.getRemainingTimeInMillis(), role: process.env.AWS_ACCESS_KEY_ID };
  };
  export const pause = (event) => new Promise((resolve) => setTimeout(resolve, event.ms, "paused"));
  export const fail = async () => { throw new RangeError("too far"); };
  export const exit = () => process.exit(3);
  export const nothing = () => {};
  export const reach = async (event) => {
    try { return await (await fetch(event.url, { signal: AbortSignal.timeout(event.ms) })).text(); } catch (error) { return error.cause?.code ?? error.name; }
  };`;

const identity: Identity = {
  credentialsFor: (roleArn, service, sessionName) => ({
    accessKeyId: `${roleArn} ${service} ${sessionName}`,
    secretAccessKey: "secret",
    sessionToken: "token",
    expiration_ms: Date.now() + 10 ** 10,
  }),
  roleMay: () => ({ allowed: true, because: "" }),
};

let rig: Rig;
let functions: LiveFunctionRuntime;
let zipPath: string;
let endpoint: Server;

beforeEach(async () => {
  endpoint = createServer((_request, response) => response.end("AWS"));
  await new Promise<void>((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
  rig = await createRig({ endpointPort: (endpoint.address() as AddressInfo).port });
  chmodSync(rig.directory, 0o711);
  rig.state.interfaces.push(nic("eni-probe", "private", "10.0.1.77", "sg-probe"));
  rig.state.rules["sg-probe"] = [tcp("egress", 8010, "sg-db")];
  rig.state.rules["sg-db"]?.push(tcp("ingress", 8010, "sg-probe"));
  zipPath = join(rig.directory, "code.zip");
  writeFileSync(zipPath, zipSync({ "failover.mjs": strToU8(HANDLER), "lib/": new Uint8Array() }));
  functions = new LiveFunctionRuntime({
    twinDirectory: rig.directory,
    node: process.execPath,
    modules: writeChildModules(join(rig.directory, "lib")),
    fabric: rig.fabric,
    clock: liveClock(10),
    identity,
    region: "eu-west-1",
  });
});
afterEach(async () => {
  functions.stop();
  await rig.close();
  endpoint.close();
});

function definition(handler: string, changes: Partial<FunctionDefinition> = {}): FunctionDefinition {
  return {
    name: "CloudyFailover",
    arn: "arn:aws:lambda:eu-west-1:123456789012:function:CloudyFailover",
    zipPath,
    handler: `failover.${handler}`,
    roleArn: "role",
    environment: {},
    timeout_s: 30,
    memory_mb: 128,
    vpc: undefined,
    ...changes,
  };
}

test("F1: a warm process serves one event after the other with its role's credentials and its own log lines", async () => {
  const first = await functions.invoke(definition("count"), { by: "schedule" }, "request-1");
  const second = await functions.invoke(definition("count"), { by: "event" }, "request-2");
  expect(first.payload).toMatchObject({ calls: 1, id: "request-1", role: "role lambda.amazonaws.com CloudyFailover" });
  expect((first.payload as { left: number }).left).toBeGreaterThan(20_000);
  expect(second.payload).toMatchObject({ calls: 2, id: "request-2" });
  expect(second.logLines).toHaveLength(4);
  expect(second.logLines[0]).toBe("START RequestId: request-2 Version: $LATEST");
  expect(second.logLines[1]).toBe('{"message":"called","by":"event"}');
  expect(second.logLines[3]).toMatch(
    /^REPORT RequestId: request-2\tDuration: [\d.]+ ms\t.*Max Memory Used: [1-9]\d+ MB$/,
  );
});

test("F1: two events at once run in two processes", async () => {
  const both = await Promise.all([1, 2].map((id) => functions.invoke(definition("pause"), { ms: 2000 }, String(id))));
  const counts = await Promise.all([3, 4].map((id) => functions.invoke(definition("count"), {}, String(id))));
  expect(both.map((result) => result.payload)).toEqual(["paused", "paused"]);
  expect(counts.map((result) => (result.payload as { calls: number }).calls)).toEqual([1, 1]);
});

test("F1: an error, an exit and a timeout are told as Lambda tells them, and the next event finds a new process", async () => {
  const thrown = await functions.invoke(definition("fail"), {}, "a");
  expect(thrown.error).toEqual({ errorType: "RangeError", errorMessage: "too far" });
  expect(thrown.logLines.join("\n")).toMatch(/RangeError: too far/);
  const exited = await functions.invoke(definition("exit"), {}, "b");
  expect(exited.error).toEqual({
    errorType: "Runtime.ExitError",
    errorMessage: "Error: Runtime exited with error: exit status 3",
  });
  const slow = await functions.invoke(definition("pause", { timeout_s: 2 }), { ms: 60_000 }, "c");
  expect(slow.error).toEqual({
    errorType: "Sandbox.Timedout",
    errorMessage: "RequestId: c Error: Task timed out after 2.00 seconds",
  });
  expect((await functions.invoke(definition("nothing"), {}, "d")).payload).toBe(null);
  const missing = await functions.invoke(definition("missing"), {}, "e");
  expect(missing.error?.errorMessage).toMatch(/exports no function "missing"/);
  const noFile = await functions.invoke({ ...definition("x"), handler: "other.handler" }, {}, "f");
  expect(noFile.error?.errorMessage).toMatch(/needs other\.mjs/);
});

test("F1: the probe inside the VPC reaches the agents and not AWS, the failover function AWS and not the VPC", async () => {
  const agent = await rig.run(
    "i-db1",
    `import http from "node:http";
    http.createServer((request, response) => response.end(request.socket.remoteAddress)).listen(8010, () => console.log("up"));`,
  );
  await agent.line();
  const vpc = { subnetIds: ["private"], securityGroupIds: ["sg-probe"], interfaceIds: ["eni-probe"] };
  const aws = rig.fabric.awsEnvironment()["AWS_ENDPOINT_URL"];
  const ask = async (url: string | undefined, place: FunctionDefinition["vpc"]) =>
    (await functions.invoke(definition("reach", { vpc: place }), { url, ms: 3000 }, "r")).payload;
  expect(await ask("http://10.0.1.11:8010/", vpc)).toBe("10.0.1.77");
  expect(await ask("http://10.0.1.11:8010/", undefined)).toBe("TimeoutError");
  expect(await ask(aws, vpc)).toBe("TimeoutError");
  expect(await ask(aws, undefined)).toBe("AWS");
});

test("F1: nothing of a stopped function is left running", async () => {
  await functions.invoke(definition("count"), {}, "1");
  functions.stop();
  const ours = () => readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(rig.directory));
  await expect.poll(ours).toEqual([]);
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
