import { describe, expect, test } from "vitest";
import { cpuUse, parseCpuSample } from "../src/cpu.ts";

const STAT = `cpu  100 20 30 800 40 5 5 10 7 3
cpu0 50 10 15 400 20 2 3 5 3 1
intr 12345
btime 1700000000
`;

describe("parseCpuSample", () => {
  test("W7: adds up the first eight fields; guest time is in user time already", () => {
    expect(parseCpuSample(STAT)).toEqual({ total: 1010, idle: 800, ioWait: 40, bootTime_s: 1_700_000_000 });
  });

  test.each(["", "cpu0 1 2 3 4\n", "cpu  1 2 3\n", "cpu  a b c d e\n"])("W7: %j is refused", (text) => {
    expect(() => parseCpuSample(text)).toThrow(/no usable "cpu" line/);
  });
});

describe("cpuUse", () => {
  const sample = (total: number, idle: number, ioWait: number, bootTime_s: number | undefined = 1) => ({
    total,
    idle,
    ioWait,
    bootTime_s,
  });

  test("W7: is what was neither idle nor waiting for I/O", () => {
    expect(cpuUse(sample(1000, 800, 40), sample(1200, 900, 60))).toEqual({ usedPercent: 40, ioWaitPercent: 10 });
    expect(cpuUse(sample(0, 0, 0), sample(100, 100, 0))).toEqual({ usedPercent: 0, ioWaitPercent: 0 });
    expect(cpuUse(sample(0, 0, 0), sample(100, 0, 0))).toEqual({ usedPercent: 100, ioWaitPercent: 0 });
  });

  test("W7: iowait may fall without harm", () => {
    expect(cpuUse(sample(1000, 800, 40), sample(1100, 850, 39))).toEqual({ usedPercent: 50, ioWaitPercent: 0 });
  });

  test("W7: there is none over a reboot, or when no time passed", () => {
    expect(cpuUse(sample(1000, 800, 0), sample(2000, 1500, 0, 2))).toBeUndefined();
    expect(cpuUse(sample(1000, 800, 0), sample(500, 400, 0))).toBeUndefined();
    expect(cpuUse(sample(1000, 800, 0), sample(1000, 800, 0))).toBeUndefined();
  });
});
