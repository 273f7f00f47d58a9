import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createRig, type Rig } from "./network-rig.ts";
import { interfaceOf, route, VIP } from "./network-world.ts";

let rig: Rig;
afterEach(() => rig.close());

/** A line server that names its machine, and says who asked. */
const SERVER = `
  import net from "node:net"; import os from "node:os";
  net.createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => socket.write(os.hostname() + " to " + socket.remoteAddress + "\\n"));
  }).listen(5432, "0.0.0.0", () => console.log("listening"));`;

/** Connects, asks once, then keeps the connection and reports how it ends. */
const CLIENT = `
  import net from "node:net";
  const socket = net.connect({ port: 5432, host: "${VIP}" }, () => socket.write("who\\n"));
  socket.on("data", (text) => console.log(String(text).trim() + " from " + socket.remoteAddress));
  socket.on("error", (error) => console.log(error.message));
  socket.on("timeout", () => { console.log("silence"); socket.destroy(); });`;

test("F4: connections to the virtual IP follow the route, open ones are reset when it moves", async () => {
  rig = await createRig();
  for (const id of ["i-db1", "i-db2"]) expect(await (await rig.run(id, SERVER)).line()).toBe("listening");
  const client = await rig.run("i-web", CLIENT);
  expect(await client.line()).toBe(`ip-10-0-1-11 to 10.0.0.10 from ${VIP}`);

  rig.state.routes["public"] = [route(`${VIP}/32`, { kind: "network-interface", id: "eni-db2", instanceId: "i-db2" })];
  rig.changed();

  expect(await client.line()).toMatch(/ECONNRESET/);
  expect(rig.sentences.join("\n")).toMatch(/10\.10\.10\.10:5432 by i-db1 is reset: the way now goes by i-db2/);
  expect(await (await rig.run("i-web", CLIENT)).line()).toBe(`ip-10-0-1-12 to 10.0.0.10 from ${VIP}`);
});

test("D3: a dropped packet is met with silence, a port where nobody listens with a refusal", async () => {
  rig = await createRig();
  expect(await (await rig.run("i-web", CLIENT)).line()).toBe(`connect ECONNREFUSED ${VIP}:5432`);
  rig.state.rules["sg-db"]?.shift();
  const impatient = CLIENT.replace("socket.on(", "socket.setTimeout(150); socket.on(");
  expect(await (await rig.run("i-web", impatient)).line()).toBe("silence");
  expect(rig.sentences.join("\n")).toMatch(/no ingress rule of sg-db/);
});

test("D3: a connection attempt goes on until the rule is there, and ends as Linux ends it otherwise", async () => {
  rig = await createRig({ speed: 50 });
  await (await rig.run("i-db1", SERVER)).line();
  const rule = rig.state.rules["sg-db"]?.shift();
  const patient = await rig.run("i-web", CLIENT);
  await expect.poll(() => rig.sentences).toHaveLength(1);
  if (rule !== undefined) rig.state.rules["sg-db"]?.push(rule);
  rig.changed();
  expect(await patient.line()).toMatch(/^ip-10-0-1-11/);

  rig.state.rules["sg-db"]?.pop();
  expect(await (await rig.run("i-web", CLIENT)).line()).toBe(`connect ETIMEDOUT ${VIP}:5432`);
});

test("D3: changed security groups do not cut an open connection, a dead machine does", async () => {
  rig = await createRig();
  await (await rig.run("i-db1", SERVER)).line();
  // It asks when it is told to.
  const client = await rig.run("i-web", `${CLIENT} process.on("SIGUSR2", () => socket.write("who\\n"));`);
  await client.line();
  rig.state.rules["sg-db"] = [];
  rig.changed();
  rig.fabric.bringDown("i-nat");
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  client.child.kill("SIGUSR2");
  expect(await client.line()).toMatch(/^ip-10-0-1-11/);
  expect(rig.sentences).toEqual([]);

  rig.fabric.bringDown("i-db1");
  expect(await client.line()).toMatch(/ECONNRESET/);
});

test("D4: after a power-off the address is silent until the route moves", async () => {
  rig = await createRig();
  await (await rig.run("i-db2", SERVER)).line();
  rig.fabric.bringDown("i-db1");
  const client = await rig.run("i-web", CLIENT);
  await expect.poll(() => rig.sentences).toHaveLength(1);
  expect(rig.sentences[0]).toMatch(/i-db1 is not up: nobody answers/);
  rig.state.routes["public"] = [route(`${VIP}/32`, { kind: "network-interface", id: "eni-db2", instanceId: "i-db2" })];
  rig.changed();
  expect(await client.line()).toMatch(/^ip-10-0-1-12/);
});

test("N4: fetch reaches AWS's API through the NAT instance, and is cut off with it", async () => {
  const endpoint = createServer((request, response) => response.end(`AWS answers ${request.headers.host}`));
  await new Promise<void>((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
  const { port } = endpoint.address() as AddressInfo;
  rig = await createRig({ endpointPort: port });
  const ask = `const answer = await fetch(process.env.AWS_ENDPOINT_URL, { signal: AbortSignal.timeout(Number(process.env.LIMIT)) })
    .then((response) => response.text(), (error) => error.name); console.log(answer);`;
  expect(await (await rig.run("i-db1", ask, { LIMIT: "5000" })).line()).toBe(`AWS answers aws.twin.internal:${port}`);
  expect(await (await rig.run("i-web", ask, { LIMIT: "5000" })).line()).toBe(`AWS answers aws.twin.internal:${port}`);
  Object.assign(interfaceOf(rig.state, "eni-nat"), { sourceDestCheck: true });
  expect(await (await rig.run("i-db1", ask, { LIMIT: "200" })).line()).toBe("TimeoutError");
  endpoint.close();
});

test("N3: of the internet there is AWS's API only; another host is refused and named", async () => {
  rig = await createRig();
  const ask = `import net from "node:net"; net.connect(443, "example.com").on("error", (error) => console.log(error.code));`;
  expect(await (await rig.run("i-web", ask)).line()).toBe("ECONNREFUSED");
  expect(rig.sentences.join("\n")).toMatch(/example\.com:443 is on the internet, of which the twin has only AWS's API/);
});

test("A1: a machine's processes reach each other on localhost, and an aborted attempt leaves nothing behind", async () => {
  rig = await createRig();
  const script = `
    import http from "node:http"; import net from "node:net"; import os from "node:os";
    const server = http.createServer((request, response) => response.end(os.hostname()));
    server.listen(8080, "0.0.0.0", async () => {
      console.log(await (await fetch("http://localhost:8080/")).text());
      console.log(await (await fetch("http://10.0.0.10:8080/")).text());
      const lost = net.connect(1, "10.0.1.99"); lost.on("close", () => { console.log("closed"); server.close(); server.closeAllConnections(); });
      lost.destroy();
    });
    process.on("exit", () => console.log("no handle left"));`;
  const guest = await rig.run("i-web", script);
  expect(await guest.line()).toBe("ip-10-0-0-10");
  expect(await guest.line()).toBe("ip-10-0-0-10");
  expect(await guest.line()).toBe("closed");
  expect(await guest.line()).toBe("no handle left");
});

test("F1: a process in cloud time sees Date, performance.now() and pauses run faster, and deadlines at most four times faster", async () => {
  rig = await createRig();
  const script = `
    import { setTimeout as sleep } from "node:timers/promises"; import { promisify } from "node:util";
    const real_ms = () => Number(process.hrtime.bigint()) / 1e6;
    const started = real_ms(), cloud = Date.now(), elapsed = performance.now();
    await sleep(1000); await promisify(setTimeout)(1000);
    await new Promise((resolve) => { const timer = setInterval(() => { clearInterval(timer); resolve(); }, 1000); });
    const paused = real_ms() - started;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const alive = setInterval(() => {}, 1000);
    await new Promise((resolve) => AbortSignal.timeout(1000).addEventListener("abort", resolve));
    clearInterval(alive);
    console.log(JSON.stringify({ paused, waited: real_ms() - started - paused, cloud: Date.now() - cloud,
      elapsed: performance.now() - elapsed, isDate: new Date() instanceof Date,
      year: new Date(2020, 0, 1).getFullYear(), skew: new Date().getTime() - Date.now() }));`;
  const env = { TWIN_SPEED: "20", TWIN_CLOUD_EPOCH_MS: "1000000000000", TWIN_REAL_EPOCH_MS: String(Date.now()) };
  const told = JSON.parse(await (await rig.run("i-web", script, env)).line());
  expect(told.paused).toBeLessThan(2000);
  expect(told.waited).toBeGreaterThanOrEqual(490);
  expect(told.cloud).toBeGreaterThanOrEqual(4900);
  expect(told.elapsed / told.cloud).toBeCloseTo(1, 1);
  expect(told).toMatchObject({ isDate: true, year: 2020 });
});
