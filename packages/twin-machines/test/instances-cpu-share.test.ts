import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CpuGovernor } from "../src/host/cpu-share.ts";
import { ProcessGroup } from "../src/host/process-group.ts";
import { readProcessStat } from "../src/host/process-stat.ts";
import { killUnder } from "../src/host/processes.ts";
import { advance, BURST_MS, nextLook_ms, showBusy } from "../src/host/token-bucket.ts";

const BUSY = "for (;;) {}";
/** Once there is a file `go`, uses 0.3 s of CPU time and ends. */
const SHORT = `setInterval(() => {
  if (!require("node:fs").existsSync("go")) return;
  const before = process.cpuUsage();
  while (process.cpuUsage(before).user < 300_000);
  process.exit();
}, 5);`;
const TICKS_PER_S = 100;

describe("the token bucket", () => {
  const steps = fc.array(fc.record({ elapsed_ms: fc.nat(50), used_ms: fc.nat(60) }), { minLength: 1 });

  test("never holds more than the burst, and stops exactly in debt", () => {
    fc.assert(
      fc.property(steps, fc.double({ min: 0.05, max: 1, noNaN: true }), (looks, share) => {
        let bucket = { credit_ms: 0, isStopped: false };
        for (const { elapsed_ms, used_ms } of looks) {
          bucket = advance(bucket, share, elapsed_ms, used_ms);
          expect(bucket.credit_ms).toBeLessThanOrEqual(BURST_MS);
          expect(bucket.isStopped).toBe(bucket.credit_ms < 0);
        }
      }),
    );
  });

  test("lets a stopped instance go on at the moment its debt is earned", () => {
    const stopped = advance({ credit_ms: 0, isStopped: false }, 0.25, 10, 10);
    expect(stopped).toEqual({ credit_ms: -7.5, isStopped: true });
    const pause_ms = nextLook_ms(stopped, 0.25, 0);
    expect(pause_ms).toBe(30);
    expect(advance(stopped, 0.25, pause_ms - 1, 0).isStopped).toBe(true);
    expect(advance(stopped, 0.25, pause_ms, 0).isStopped).toBe(false);
  });

  test("spends a launch credit, which is never earned again", () => {
    const launched = { credit_ms: 2_000, isStopped: false };
    const resting = advance(launched, 0.25, 60_000, 0);
    expect(resting.credit_ms).toBe(2_000);
    const spent = advance(resting, 0.25, 60_000, 1_990);
    expect(advance(spent, 0.25, 60_000, 0).credit_ms).toBe(BURST_MS);
  });

  test("is looked at more often the more threads may spend it", () => {
    const full = { credit_ms: BURST_MS, isStopped: false };
    expect(nextLook_ms(full, 0.25, 0)).toBe(20);
    expect(nextLook_ms(full, 0.25, 5)).toBe(10);
    expect(nextLook_ms({ credit_ms: 0, isStopped: false }, 0.25, 1)).toBe(5);
  });

  test("is looked at soon when a stopped instance has gone on, though no thread was busy yet", () => {
    expect(nextLook_ms({ credit_ms: 0, isStopped: false }, 0.25, 0)).toBe(5);
  });
});

describe("busy time", () => {
  const idle = { busy_ms: 0, ahead_ms: 0 };

  test("W7: shows a burst as the time it would have taken at the share", () => {
    const burst = showBusy(idle, 0.25, 50, 40);
    expect(burst).toEqual({ busy_ms: 50, ahead_ms: 110 });
    expect(showBusy(burst, 0.25, 200, 0)).toEqual({ busy_ms: 160, ahead_ms: 0 });
  });

  test("W7: does not show a boot at full speed for longer than a burst", () => {
    const booted = showBusy(idle, 0.25, 2_000, 2_000);
    expect(booted.busy_ms).toBe(2_000);
    expect(showBusy(booted, 0.25, 10_000, 0).busy_ms).toBe(2_000 + BURST_MS / 0.25);
  });
});

describe("the governor", () => {
  let directory: string;
  let governor: CpuGovernor;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "twin-cpu-"));
    governor = new CpuGovernor();
  });

  afterEach(async () => {
    await governor.close();
    await killUnder(directory);
    rmSync(directory, { recursive: true });
  });

  const options = (share: number, vcpus = 1) => ({
    share,
    vcpus,
    procDir: join(directory, "proc"),
    memory_mb: 512,
    launchCredit_s: 0,
  });

  /** A process that belongs to the test's directory; resolves once it runs. */
  async function start(script: string): Promise<ChildProcess & { readonly pid: number }> {
    const child = spawn(process.execPath, ["-e", script], { cwd: directory, detached: true, stdio: "ignore" });
    await once(child, "spawn");
    if (child.pid === undefined) throw new Error("The process did not start.");
    return Object.assign(child, { pid: child.pid });
  }

  /** Cores that a process has while it uses 0.5 s of CPU time, as the kernel accounts it. */
  async function measureShare(pid: number): Promise<number> {
    const start_s = cpuTime_s(pid);
    const start_ms = performance.now();
    await expect.poll(() => cpuTime_s(pid) - start_s, { timeout: 20_000, interval: 20 }).toBeGreaterThan(0.5);
    return (cpuTime_s(pid) - start_s) / ((performance.now() - start_ms) / 1000);
  }

  test("W3: holds a busy process at its share, and accounts what the kernel does", async () => {
    governor.manage("i-1", options(0.25));
    const busy = await start(BUSY);
    governor.setProcesses("i-1", [busy.pid]);

    const share = await measureShare(busy.pid);
    expect(share).toBeLessThan(0.29);
    // Less than its share only when the machine is busy with something else.
    expect(share).toBeGreaterThan(0.1);

    // The kernel's figure is in ticks of 10 ms; the governor looks every 20 ms at the latest.
    await expect.poll(() => Math.abs(governor.usage("i-1").used_s - cpuTime_s(busy.pid))).toBeLessThan(0.05);
    expect(governor.usage("i-1").share).toBe(0.25);
    expect(governor.usage("i-1").wall_s).toBeGreaterThan(1.5);
  });

  test("W5: holds one busy thread at one vCPU of two, and two at both", async () => {
    governor.manage("i-1", options(0.5, 2));
    const busy = await start(BUSY);
    governor.setProcesses("i-1", [busy.pid]);
    const share = await measureShare(busy.pid);
    expect(share).toBeLessThan(0.29);
    // Less than its share only when the machine is busy with something else.
    expect(share).toBeGreaterThan(0.1);

    const look = () => ({
      ...cpuLine(join(directory, "proc")),
      used_s: governor.usage("i-1").used_s,
      time_ms: performance.now(),
    });
    const second = await start(BUSY);
    governor.setProcesses("i-1", [busy.pid, second.pid]);
    await expect.poll(() => cpuTime_s(second.pid), { timeout: 10_000 }).toBeGreaterThan(0.3);
    const before = look();
    await expect.poll(() => governor.usage("i-1").used_s - before.used_s, { timeout: 20_000 }).toBeGreaterThan(1);
    const after = look();
    const both = (after.used_s - before.used_s) / ((after.time_ms - before.time_ms) / 1000);
    expect(both).toBeLessThan(0.58);
    expect(both).toBeGreaterThan(0.3);
    expect(read(join(directory, "proc", "stat"))).toMatch(/^cpu .*\ncpu0 .*\ncpu1 .*\nbtime \d+\n/);
    expect((after.busy - before.busy) / (after.total - before.total)).toBeGreaterThan(0.6);
    expect(governor.usage("i-1").share).toBe(0.5);
  });

  test("W5: two threads of one process have a vCPU each", async () => {
    governor.manage("i-1", options(0.5, 2));
    const script = `const { Worker } = require("node:worker_threads"); new Worker("${BUSY}", { eval: true }); ${BUSY}`;
    const busy = await start(script);
    governor.setProcesses("i-1", [busy.pid]);
    await expect.poll(() => cpuTime_s(busy.pid), { timeout: 10_000 }).toBeGreaterThan(0.5);
    const share = await measureShare(busy.pid);
    expect(share).toBeLessThan(0.58);
    expect(share).toBeGreaterThan(0.3);
  });

  test("holds a descendant in a session of its own, also when it has lost its parent", async () => {
    governor.manage("i-1", options(0.25));
    const pidFile = join(directory, "pid");
    const root = await start(`
      const child = require("node:child_process").spawn(process.execPath, ["-e", "${BUSY}"], { detached: true, stdio: "ignore" });
      require("node:fs").writeFileSync("${pidFile}.new", String(child.pid));
      require("node:fs").renameSync("${pidFile}.new", "${pidFile}");
      process.stdin.resume();
      setInterval(() => {}, 1000);`);
    governor.setProcesses("i-1", [root.pid]);
    const child = Number(
      await expect
        .poll(() => read(pidFile), { timeout: 10_000 })
        .toMatch(/\d/)
        .then(() => read(pidFile)),
    );
    await expect.poll(() => governor.usage("i-1").used_s, { timeout: 10_000 }).toBeGreaterThan(0.5);

    root.kill("SIGKILL");
    await once(root, "exit");

    expect(readProcessStat(child)?.parent).not.toBe(root.pid);
    expect(await measureShare(child)).toBeLessThan(0.3);
  });

  test("keeps account of processes that have ended", async () => {
    governor.manage("i-1", options(1));
    for (const used_s of [0, 0.3]) {
      rmSync(join(directory, "go"), { force: true });
      const short = await start(SHORT);
      const ended = once(short, "exit");
      const known_s = governor.usage("i-1").used_s;
      governor.setProcesses("i-1", [short.pid]);
      await expect.poll(() => governor.usage("i-1").used_s, { timeout: 10_000 }).toBeGreaterThan(known_s);
      writeFileSync(join(directory, "go"), "");
      await ended;
      await expect.poll(() => governor.usage("i-1").used_s, { timeout: 10_000 }).toBeGreaterThan(used_s + 0.2);
    }
  });

  test("lets a stopped process go on when its instance is released", async () => {
    governor.manage("i-1", options(0.02));
    const busy = await start(BUSY);
    governor.setProcesses("i-1", [busy.pid]);
    await expect.poll(() => stateOf(busy.pid), { timeout: 10_000, interval: 5 }).toBe("T");

    governor.release("i-1");

    await expect.poll(() => stateOf(busy.pid), { interval: 5 }).toBe("R");
    expect(await measureShare(busy.pid)).toBeGreaterThan(0.1);
    expect(governor.usage("i-1").used_s).toBe(0);
  });

  test("never stops processes of another instance, nor one whose id was used again", async () => {
    governor.manage("i-1", options(0.02));
    const busy = await start(BUSY);
    const neighbour = await start(BUSY);
    governor.setProcesses("i-1", [busy.pid]);
    const group = new ProcessGroup();
    group.add({ pid: neighbour.pid, start: (readProcessStat(neighbour.pid)?.start ?? 0) - 1 });
    group.setStopped(true);

    expect(group.has(neighbour.pid)).toBe(false);
    expect(await measureShare(neighbour.pid)).toBeGreaterThan(0.1);
    group.release();
  });

  test("W7: gives an instance its own /proc: all of its share in use is 100 percent", async () => {
    governor.manage("i-1", options(0.25));
    const busy = await start(BUSY);
    governor.setProcesses("i-1", [busy.pid]);
    await expect.poll(() => governor.usage("i-1").used_s, { timeout: 10_000 }).toBeGreaterThan(0.2);
    const look = () => ({ ...cpuLine(join(directory, "proc")), used_s: governor.usage("i-1").used_s });
    const before = look();
    await expect
      .poll(() => cpuLine(join(directory, "proc")).total - before.total, { timeout: 10_000 })
      .toBeGreaterThan(100);
    const after = look();
    // On a machine that is busy with something else the process does not even get its share.
    const share = (after.used_s - before.used_s) / ((after.total - before.total) / TICKS_PER_S);
    const shown = (after.busy - before.busy) / (after.total - before.total);
    expect(Math.abs(shown - Math.min(1, share / 0.25))).toBeLessThan(0.25);
    expect(shown).toBeGreaterThan(0.1);

    busy.kill("SIGKILL");
    await once(busy, "exit");
    const idle = cpuLine(join(directory, "proc"));
    await expect
      .poll(() => cpuLine(join(directory, "proc")).total - idle.total, { timeout: 10_000 })
      .toBeGreaterThan(200);
    const end = cpuLine(join(directory, "proc"));
    expect((end.busy - idle.busy) / (end.total - idle.total)).toBeLessThan(0.2);

    const memory = readFileSync(join(directory, "proc", "meminfo"), "utf8");
    expect(memory).toMatch(/^MemTotal: +524288 kB$/m);
    expect(memory).toMatch(/^MemFree: +\d+ kB$/m);
    expect(memory).toMatch(/^MemAvailable: +\d+ kB$/m);
  });
});

/** User and system time by the kernel's own account. */
function cpuTime_s(pid: number): number {
  const fields = read(`/proc/${pid}/stat`).split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

function stateOf(pid: number): string | undefined {
  return read(`/proc/${pid}/stat`).split(") ")[1]?.[0];
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function cpuLine(procDir: string): { readonly busy: number; readonly total: number } {
  const [user = 0, nice = 0, system = 0, idle = 0] = (/^cpu +(.+)$/m.exec(read(join(procDir, "stat")))?.[1] ?? "")
    .split(/ +/)
    .map(Number);
  return { busy: user + nice + system, total: user + nice + system + idle };
}
