import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { STALLED_MS } from "../src/constants.ts";
import { recoveryMark } from "../src/postgres/recovery-progress.ts";
import { RecoveryWatch } from "../src/postgres/recovery-watch.ts";
import { statusOf } from "../src/protocol/status.ts";
import { after, held, read, running } from "./step-events.ts";

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

test("D4: a recovery that moves, however slowly, never counts as stalled; one in which nothing moves does after 30 s", () => {
  const watch = new RecoveryWatch();
  // A page of the log every 29 s, for a day.
  for (let now_s = 0; now_s < 86_400; now_s += 1) {
    expect(watch.look(`page ${Math.floor(now_s / 29)}`, false, now_s * 1_000)).toBe(false);
  }
  let stalled_ms = 0;
  for (let now_ms = 0; now_ms < 2 * STALLED_MS && stalled_ms === 0; now_ms += 1_000)
    if (watch.look("the last page", false, 86_400_000 + now_ms)) stalled_ms = now_ms;
  expect(stalled_ms).toBe(STALLED_MS);
  expect(watch.look("one page more", false, 86_500_000)).toBe(false);
});

test("D4: time in which the file system is silent, or the agent itself stood still, is not the recovery's", () => {
  const watch = new RecoveryWatch();
  for (let now_s = 0; now_s < 600; now_s += 1) expect(watch.look("page", true, now_s * 1_000)).toBe(false);
  const other = new RecoveryWatch();
  for (let hours = 0; hours < 10; hours += 1) expect(other.look("page", false, hours * 3_600_000)).toBe(false);
  for (let now_s = 0; now_s < 600; now_s += 1) expect(other.look(undefined, false, now_s * 1_000)).toBe(false);
});

/** A process that calls itself what it is given, and reads a file now and then. */
function start(title: string, reads: boolean): ChildProcess {
  const script = `process.title = ${JSON.stringify(title)};
    setInterval(() => ${reads ? 'require("fs").readFileSync("/proc/self/status")' : "undefined"}, 5);`;
  const child = spawn(process.execPath, ["-e", script.padEnd(400)]);
  children.push(child);
  return child;
}

const replaying = "postgres: startup recovering 000000010000000000000003";

test("D4: a recovery's mark moves with what is read, and stands still with the process", async () => {
  const child = start(replaying, true);
  await expect.poll(() => recoveryMark(process.pid)).toContain(replaying);
  const first = await recoveryMark(process.pid);
  await expect.poll(() => recoveryMark(process.pid)).not.toBe(first);
  child.kill("SIGSTOP");
  await sleep(50);
  const stopped = await recoveryMark(process.pid);
  await sleep(100);
  expect(await recoveryMark(process.pid)).toBe(stopped);
});

test.each([
  ["postgres: startup waiting for 000000010000000000000003", "it waits for the archive"],
  ["postgres: checkpointer ", "an idle checkpointer says nothing"],
])("D4: there is no mark of %j: %s", async (title) => {
  start(title, true);
  await sleep(300);
  expect(await recoveryMark(process.pid)).toBeUndefined();
});

test("D4: before it replays, any work of the startup process counts", async () => {
  start("postgres: startup", false);
  await expect.poll(() => recoveryMark(process.pid)).toContain("startup");
  const first = await recoveryMark(process.pid);
  await expect.poll(() => recoveryMark(process.pid)).not.toBe(first);
});

test("D4: a stalled recovery makes its holder unfit until it moves, accepts or ends; ordered, it stops at once", () => {
  const stalled = [...running(1), { kind: "recovery-stalled", isStalled: true }] as const;
  expect(after(...stalled).wants).toEqual([]);
  expect(statusOf(after(...stalled).state).unfit).toMatchObject([{ code: "recovery-stalled" }]);
  for (const event of [
    { kind: "recovery-stalled", isStalled: false },
    { kind: "postgres-accepting", accepting: true },
    { kind: "postgres-exited", how: "SIGKILL" },
  ] as const)
    expect(statusOf(after(...stalled, event).state).unfit).toEqual([]);
  const order = { order: "step-down", epoch: 1, holder: "i-me" } as const;
  expect(after(...stalled, read(5, held(1, "i-me")), { kind: "order", order }).wants).toEqual([
    "stop-postgres immediate: it was ordered to step down",
  ]);
});
