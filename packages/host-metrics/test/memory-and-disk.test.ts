import { describe, expect, test } from "vitest";
import { diskUsedPercent } from "../src/disk.ts";
import { parseMemory } from "../src/memory.ts";

describe("parseMemory", () => {
  test("W7: free is unused memory, used leaves out what the kernel can give back", () => {
    const meminfo = "MemTotal:         512000 kB\nMemFree:          102400 kB\nMemAvailable:     256000 kB\n";
    expect(parseMemory(meminfo)).toEqual({ free_mb: 100, usedPercent: 50 });
  });

  test("W7: kernels without MemAvailable", () => {
    expect(parseMemory("MemTotal:  4096 kB\nMemFree:  1024 kB\n")).toEqual({ free_mb: 1, usedPercent: 75 });
  });

  test("W7: anything else is refused", () => {
    expect(() => parseMemory("nothing")).toThrow(/no MemTotal and MemFree/);
  });
});

describe("diskUsedPercent", () => {
  test("W7: is df's number: root's reserve counts as neither used nor free", () => {
    expect(diskUsedPercent({ blocks: 1000, bfree: 300, bavail: 250 })).toBeCloseTo(73.68, 2);
    expect(diskUsedPercent({ blocks: 0, bfree: 0, bavail: 0 })).toBe(0);
  });
});
