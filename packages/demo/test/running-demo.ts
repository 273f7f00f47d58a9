import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { SPEED_DEFAULT } from "@cloudy/loadtest/constants.ts";
import type { Target } from "@cloudy/loadtest/target.ts";
import { startTwin } from "@cloudy/loadtest/twin-process.ts";
import { startDelayingProxy } from "./delaying-proxy.ts";

const DEMO = fileURLToPath(new URL("../src/main.ts", import.meta.url));

export interface DemoResult {
  readonly code: number | null;
  readonly said: string;
  readonly complained: string;
  /** The promises of `--json`, by code; none when it was not written. */
  readonly held: Readonly<Record<string, boolean>>;
}

/** Runs the command to its end; `during` may disturb it. */
export async function runDemo(
  args: readonly string[],
  during: (demo: ChildProcess) => void = () => undefined,
): Promise<DemoResult> {
  const folder = await mkdtemp(join(tmpdir(), "cloudy-demo-proof-"));
  const json = join(folder, "result.json");
  const demo = spawn(process.execPath, [DEMO, "--headless", "--json", json, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  try {
    during(demo);
    const [said, complained, [code]] = await Promise.all([text(demo.stdout), text(demo.stderr), once(demo, "close")]);
    return { code, said, complained, held: await heldIn(json) };
  } finally {
    demo.kill("SIGTERM");
    await rm(folder, { recursive: true, force: true });
  }
}

/** Starts a twin, puts so much of a round trip before its load balancer, and runs the demo on it. */
export async function runDelayedDemo(stack: string, roundTrip_ms: number): Promise<DemoResult> {
  const twin = startTwin({ speed: SPEED_DEFAULT, stack, standIns: { token: undefined }, onProgress: () => undefined });
  const folder = await mkdtemp(join(tmpdir(), "cloudy-demo-proof-"));
  try {
    const { target } = await twin.ready;
    const proxy = await startDelayingProxy(new URL(target.url), roundTrip_ms);
    const file = join(folder, "twin.json");
    await writeFile(file, announcementOf(target, proxy.url));
    try {
      return await runDemo(["--twin", file]);
    } finally {
      await proxy.close();
    }
  } finally {
    await twin.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The line of `twin up --json` with another way to the load balancer. */
export function announcementOf({ connection, outputs, clock }: Target, loadBalancerUrl: string): string {
  return JSON.stringify({
    awsEndpoint: connection.endpoint,
    region: connection.region,
    accountId: "123456789012",
    ...connection.credentials,
    loadBalancerUrl,
    pageUrl: loadBalancerUrl,
    outputs,
    clock,
    pid: process.pid,
  });
}

async function heldIn(file: string): Promise<Readonly<Record<string, boolean>>> {
  const result = tryParse(await readFile(file, "utf8").catch(() => ""));
  return Object.fromEntries((result?.promises ?? []).map(({ code, held }) => [code, held]));
}

/** A command that was ended at once may have written half of it. */
function tryParse(result: string): { readonly promises: readonly { code: string; held: boolean }[] } | undefined {
  try {
    return JSON.parse(result);
  } catch {
    return undefined;
  }
}
