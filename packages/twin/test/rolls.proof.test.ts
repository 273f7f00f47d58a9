import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LivingStack } from "./living-stack.ts";
import { type RunningTwin, startTwin } from "./running-twin.ts";

/** The demo's own speed: faster, and a machine that runs other tests besides no longer keeps the declared timeouts. */
const SPEED = 10;

/** Deadlines of wall time. */
const COMES_UP_MS = 90_000;
const ROLLS_MS = 240_000;

/** Cloud seconds: what a boot takes here in the worst case, and how long a new web instance is watched. */
const BOOT_S = 240;
const WARMUP_S = 30;

describe("a living stack", () => {
  let twin: RunningTwin;
  let stack: LivingStack;

  beforeAll(async () => {
    twin = await startTwin(SPEED);
    stack = new LivingStack(twin);
  }, COMES_UP_MS);

  afterAll(async () => {
    if (twin?.process.exitCode === null) {
      twin.process.kill("SIGINT");
      await once(twin.process, "exit");
    }
  });

  const roll = () => stack.roll("--warmup", String(WARMUP_S));
  const tiersIn = (output: string) => output.split("\n").flatMap((line) => /^(\w+): every/.exec(line)?.[1] ?? []);

  /** Adds users until it is told to end; how many were acknowledged, and for how long none was. */
  async function writeDuring<T>(
    work: () => Promise<T>,
  ): Promise<{ result: T; lost: readonly string[]; gap_ms: number }> {
    const acknowledged: string[] = [];
    let [last_ms, gap_ms, isOver] = [performance.now(), 0, false];
    const writing = (async () => {
      for (let number = 0; !isOver; number += 1) {
        const username = `roll-${process.hrtime.bigint()}-${number}`;
        const body = JSON.stringify({ username, email: `${username}@example.com` });
        const headers = { "content-type": "application/json" };
        const url = `${twin.announcement.loadBalancerUrl}/users`;
        const answer = await fetch(url, { method: "POST", headers, body }).catch(() => undefined);
        await answer?.body?.cancel();
        if (answer?.status !== 201) continue;
        acknowledged.push(username);
        gap_ms = Math.max(gap_ms, performance.now() - last_ms);
        last_ms = performance.now();
      }
    })();
    const result = await work().finally(() => {
      isOver = true;
    });
    await writing;
    const present = await allUsers();
    return { result, lost: acknowledged.filter((username) => !present.has(username)), gap_ms };
  }

  async function allUsers(): Promise<ReadonlySet<string>> {
    const names = new Set<string>();
    let next: string | undefined = `${twin.announcement.loadBalancerUrl}/users?limit=1000`;
    while (next !== undefined) {
      const answer: Response = await fetch(next);
      for (const { username } of (await answer.json()) as { username: string }[]) names.add(username);
      const path = /<([^>]+)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
      next = path === undefined ? undefined : new URL(path, next).href;
    }
    return names;
  }

  test("R3: nothing to roll is said, and is a success", { timeout: ROLLS_MS }, async () => {
    const { code, stdout } = await roll();
    expect({ code, tiers: tiersIn(stdout) }).toEqual({ code: 0, tiers: ["nat", "web", "database"] });
    expect(stdout).toContain("database: every instance runs version 1 already.");
  });

  test("D6, R3: a good version rolls NAT, web and database in this order, by one switchover, and loses no write", {
    timeout: ROLLS_MS,
  }, async () => {
    for (const tier of ["nat", "web", "database"] as const) await stack.newVersion(tier, (data) => `${data}# two\n`);
    const { result, lost, gap_ms } = await writeDuring(roll);
    expect(result.stderr).not.toContain("Error");
    expect({ code: result.code, tiers: tiersIn(result.stdout) }).toEqual({
      code: 0,
      tiers: ["nat", "web", "database"],
    });
    for (const tier of ["nat", "web", "database"] as const) {
      const { group, instances } = await stack.versions(tier);
      expect({ group, versions: [...new Set(Object.values(instances))] }).toEqual({ group: "2", versions: ["2"] });
    }
    expect(result.stderr.match(/serves in epoch \d+ instead of/g)).toHaveLength(1);
    expect(lost).toEqual([]);
    // What a switchover takes on a busy machine, and far from a boot of a database.
    expect(gap_ms).toBeLessThan(20_000);
  });

  test("D6, R3: a bad agent never becomes ready: it goes back, the command says why, and the active database was not touched", {
    timeout: ROLLS_MS,
  }, async () => {
    const before = await stack.versions("database");
    await stack.bootWithin("database", BOOT_S);
    await stack.badVersion("database", "db-agent", "agent.mjs");
    const { result, lost, gap_ms } = await writeDuring(roll);
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/database: version 3 was not rolled out: i-\w+ was given up: .*Heartbeat Timeout/);
    const after = await stack.versions("database");
    expect(after.protectedOnes).toEqual(before.protectedOnes);
    // The standby in its place was launched from the version before, whose bundle is still there.
    expect({ group: after.group, versions: Object.values(after.instances) }).toEqual({
      group: "2",
      versions: ["2", "2"],
    });
    expect(lost).toEqual([]);
    expect(gap_ms).toBeLessThan(10_000);
  });

  test("R3: a bad API is never healthy: it goes back, the command says why, and the old instances served all the time", {
    timeout: ROLLS_MS,
  }, async () => {
    const before = await stack.versions("web");
    await stack.bootWithin("web", BOOT_S);
    await stack.badVersion("web", "api", "server.mjs");
    const { result, gap_ms } = await writeDuring(roll);
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/web: version 3 was not rolled out: i-\w+ was given up: .*health check/);
    // The database's bad version, which is later in the order, was not even tried.
    expect(result.stderr).not.toContain("database:");
    const after = await stack.versions("web");
    expect(after).toMatchObject({ group: "2" });
    expect(Object.keys(after.instances)).toEqual(expect.arrayContaining(Object.keys(before.instances)));
    expect(gap_ms).toBeLessThan(10_000);
  });
});
