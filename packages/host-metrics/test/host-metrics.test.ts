import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import os from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

const PACKAGE = join(import.meta.dirname, "..");
const MEMINFO = "MemTotal:  512000 kB\nMemFree:  102400 kB\nMemAvailable:  256000 kB\n";

interface Datum {
  readonly MetricName: string;
  readonly Value: number;
  readonly Unit: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
}

/** CloudWatch and the instance metadata service on loopback; the metadata service gives out nothing without a token. */
async function createEndpoint() {
  const puts: { Namespace: string; MetricData: Datum[] }[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const path = `${request.method} ${request.url}`;
    if (path === "PUT /latest/api/token") return response.end("token-1");
    if (path === "GET /latest/meta-data/instance-id") {
      const isKnown = request.headers["x-aws-ec2-metadata-token"] === "token-1";
      return response.writeHead(isKnown ? 200 : 401).end("i-0123456789abcdef0");
    }
    if (request.headers["x-amz-target"] === "GraniteServiceVersion20100801.PutMetricData" && endpoint.isUp) {
      puts.push(JSON.parse(body));
      return response.writeHead(200, { "content-type": "application/x-amz-json-1.0" }).end("{}");
    }
    return response.writeHead(403).end('{"__type":"AccessDenied","message":"not allowed"}');
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No address.");
  const endpoint = {
    url: `http://127.0.0.1:${address.port}`,
    isUp: true,
    puts,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return endpoint;
}

describe("host-metrics as a bundle under plain node", () => {
  let directory: string;
  let endpoint: Awaited<ReturnType<typeof createEndpoint>>;

  beforeAll(async () => {
    directory = await mkdtemp(join(os.tmpdir(), "cloudy-host-metrics-"));
    const manifest = JSON.parse(await readFile(join(PACKAGE, "package.json"), "utf8"));
    await build({
      absWorkingDir: PACKAGE,
      entryPoints: manifest.cloudy.bundle,
      outdir: directory,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      platform: "node",
      target: "node24",
      format: "esm",
      banner: {
        js: [
          'import { createRequire as cloudyRequire } from "node:module";',
          "const require = cloudyRequire(import.meta.url);",
          "const __dirname = import.meta.dirname;",
        ].join(" "),
      },
      logLevel: "error",
    });
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));
  beforeEach(async () => {
    endpoint = await createEndpoint();
    for (const name of ["state", "proc"]) await mkdir(join(directory, name), { recursive: true });
    await writeFile(join(directory, "proc", "meminfo"), MEMINFO);
    await rm(join(directory, "state", "cpu.json"), { force: true });
  });
  afterEach(() => endpoint.close());

  const run = (environment: Record<string, string> = {}) =>
    new Promise<{ code: unknown; stderr: string }>((resolve) => {
      const env = {
        AWS_REGION: "eu-west-1",
        AWS_ACCESS_KEY_ID: "AKIAINSTANCE",
        AWS_SECRET_ACCESS_KEY: "secret",
        AWS_ENDPOINT_URL: endpoint.url,
        AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint.url,
        METRICS_NAMESPACE: "WebServers",
        STACK: "cloudy/dev",
        PROCFS_PATH: join(directory, "proc"),
        DISK_PATH: directory,
        STATE_DIRECTORY: join(directory, "state"),
        ...environment,
      };
      execFile(process.execPath, ["host-metrics.mjs"], { cwd: directory, env }, (error, _stdout, stderr) =>
        resolve({ code: error === null ? 0 : error.code, stderr }),
      );
    });
  const setCpu = (user: number, idle: number, ioWait: number) =>
    writeFile(join(directory, "proc", "stat"), `cpu  ${user} 0 0 ${idle} ${ioWait} 0 0 0 0 0\nbtime 1700000000\n`);
  const values = (index: number) =>
    Object.fromEntries(endpoint.puts[index]?.MetricData.map((datum) => [datum.MetricName, datum.Value]) ?? []);

  test("W7: puts the five metrics of this instance, CPU since the previous run", async () => {
    await writeFile(
      join(directory, "state", "cpu.json"),
      JSON.stringify({ total: 1000, idle: 800, ioWait: 0, bootTime_s: 1_700_000_000 }),
    );
    await setCpu(260, 920, 20);
    expect(await run()).toEqual({ code: 0, stderr: "" });
    expect(endpoint.puts).toHaveLength(1);
    expect(endpoint.puts[0]?.Namespace).toBe("WebServers");
    const ofInstance = endpoint.puts[0]?.MetricData.filter(({ Dimensions }) => Dimensions[0]?.Name === "Instance");
    expect(ofInstance?.map((datum) => [datum.MetricName, datum.Unit, datum.Dimensions])).toEqual(
      [
        ["cpu-usage-percent", "Percent"],
        ["free-memory-mb", "Megabytes"],
        ["io-wait", "Percent"],
        ["memory-used-percent", "Percent"],
        ["disk-used-percent", "Percent"],
      ].map(([name, unit]) => [name, unit, [{ Name: "Instance", Value: "i-0123456789abcdef0" }]]),
    );
    const first = values(0);
    expect(first).toMatchObject({ "cpu-usage-percent": 30, "io-wait": 10, "free-memory-mb": 100 });
    expect(first["memory-used-percent"]).toBe(50);
    expect(first["disk-used-percent"]).toBeGreaterThan(0);
    expect(first["disk-used-percent"]).toBeLessThanOrEqual(100);
    // The next run goes on from this one.
    await setCpu(360, 920, 20);
    await run();
    expect(values(1)).toMatchObject({ "cpu-usage-percent": 100, "io-wait": 0 });
  });

  test("R4: the disk's use is put for the whole stack as well, for an alarm knows no instance", async () => {
    await run({ PROCFS_PATH: "/proc" });
    const ofStack = endpoint.puts[0]?.MetricData.filter(({ Dimensions }) => Dimensions[0]?.Name !== "Instance");
    expect(ofStack).toEqual([
      {
        MetricName: "disk-used-percent",
        Unit: "Percent",
        Value: values(0)["disk-used-percent"],
        Dimensions: [{ Name: "Stack", Value: "cloudy/dev" }],
      },
    ]);
  });

  test("W7: the first run, and a run without a state directory, measure this machine over a second", async () => {
    for (const environment of [{ PROCFS_PATH: "/proc" }, { PROCFS_PATH: "/proc", STATE_DIRECTORY: "" }]) {
      expect(await run(environment)).toEqual({ code: 0, stderr: "" });
    }
    for (const index of [0, 1]) {
      expect(values(index)["cpu-usage-percent"]).toBeGreaterThanOrEqual(0);
      expect(values(index)["cpu-usage-percent"]).toBeLessThanOrEqual(100);
      expect(values(index)["free-memory-mb"]).toBeGreaterThan(0);
    }
    expect(JSON.parse(await readFile(join(directory, "state", "cpu.json"), "utf8")).total).toBeGreaterThan(0);
  });

  test("W7: what fails is said in one line, with exit code 1", async () => {
    await setCpu(1, 1, 1);
    endpoint.isUp = false;
    expect(await run({ PROCFS_PATH: "/proc" })).toEqual({ code: 1, stderr: "No metrics this time: not allowed\n" });
    const unset = await run({ METRICS_NAMESPACE: "", AWS_REGION: "" });
    expect(unset.code).toBe(1);
    expect(unset.stderr).toBe(
      "METRICS_NAMESPACE is not set: give WebServers or DatabaseServers.\n" +
        "AWS_REGION is not set: give the region of the instance.\n",
    );
    const nowhere = await run({ AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:1" });
    expect(nowhere.stderr).toMatch(/^No metrics this time: The instance metadata service does not answer at http:/);
  });
});
