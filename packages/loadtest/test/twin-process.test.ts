import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTwin } from "../src/twin-process.ts";

/** Scripts in the place of the twin: what is tested is how it is started, listened to and ended. */
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cloudy-demo-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const LINE = JSON.stringify({
  awsEndpoint: "http://127.0.0.1:1",
  region: "eu-west-1",
  accountId: "123456789012",
  accessKeyId: "AKIAEXAMPLE",
  secretAccessKey: "secret",
  loadBalancerUrl: "http://127.0.0.1:2/",
  pageUrl: "http://127.0.0.1:3/",
  outputs: { webGroupName: "web" },
  clock: { speed: 10, realEpoch_ms: 1, cloudEpoch_ms: 2 },
  pid: 1,
});

async function start(script: string) {
  const file = join(folder, "twin.mjs");
  await writeFile(file, script);
  const progress: string[] = [];
  const twin = startTwin({
    speed: 10,
    stack: "dev",
    onProgress: (line) => progress.push(line),
    command: [process.execPath, file],
  });
  return { twin, progress };
}

test("T1: the twin's line says where everything is, and its progress is passed on", async () => {
  const { twin, progress } = await start(
    `console.error("booting: " + process.argv.slice(2).join(" ")); console.log(${JSON.stringify(LINE)}); setInterval(() => {}, 1000);`,
  );
  const { target } = await twin.ready;
  expect(target).toMatchObject({
    url: "http://127.0.0.1:2",
    clock: { speed: 10 },
    connection: { endpoint: "http://127.0.0.1:1", credentials: { accessKeyId: "AKIAEXAMPLE" } },
  });
  await twin.stop();
  expect(progress).toEqual(["booting: up --json --speed 10 --stack dev"]);
});

test("a twin that cannot start is an error with how it ended", async () => {
  const { twin } = await start(`console.error("no PostgreSQL"); process.exit(3);`);
  await expect(twin.ready).rejects.toThrow("could not start (exit code 3)");
});

test("the twin is asked to clean up before it ends", async () => {
  const note = join(folder, "cleaned");
  const { twin } = await start(
    `import { writeFileSync } from "node:fs";
     process.on("SIGTERM", () => { writeFileSync(${JSON.stringify(note)}, "yes"); process.exit(0); });
     console.log(${JSON.stringify(LINE)}); setInterval(() => {}, 1000);`,
  );
  await twin.ready;
  await twin.stop();
  expect(await readFile(note, "utf8")).toBe("yes");
});

test("a twin that dies in the middle says what it said last", async () => {
  const pid = join(folder, "pid");
  const { twin } = await start(
    `import { writeFileSync } from "node:fs";
     writeFileSync(${JSON.stringify(pid)}, String(process.pid));
     process.on("SIGUSR2", () => { console.error("out of memory"); process.exit(9); });
     console.log(${JSON.stringify(LINE)}); setInterval(() => {}, 1000);`,
  );
  const { died } = await twin.ready;
  process.kill(Number(await readFile(pid, "utf8")), "SIGUSR2");
  expect(await died).toMatch(/exit code 9[\s\S]*out of memory/);
});

test("T1: other values of the configuration and the wish for stand-ins are handed on, the token out of sight", async () => {
  const file = join(folder, "twin.mjs");
  await writeFile(
    file,
    `console.error(process.argv.slice(2).join(" ") + ", token " + process.env.CLOUDY_TOKEN); console.log(${JSON.stringify(LINE)}); setInterval(() => {}, 1000);`,
  );
  const progress: string[] = [];
  const twin = startTwin({
    speed: 10,
    stack: undefined,
    config: { "cloudy:webMax": "5", "cloudy:alarmEmail": "a=b@example.com" },
    standIns: { token: "t" },
    onProgress: (line) => progress.push(line),
    command: [process.execPath, file],
  });
  await twin.ready;
  await twin.stop();
  expect(progress).toEqual([
    "up --json --speed 10 --config cloudy:webMax=5 --config cloudy:alarmEmail=a=b@example.com --stand-ins, token t",
  ]);
});
