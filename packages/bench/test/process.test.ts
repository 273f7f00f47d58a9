import { expect, test } from "vitest";
import { startProcess } from "../src/process.ts";

test("a process that dies is missed at once, though what it has started lives on and holds its output", async () => {
  const started = startProcess("It", "/bin/sh", ["-c", "sleep 2 & echo 'Error: out of luck' >&2; exit 3"]);
  const start_ms = performance.now();
  await expect(started.died).rejects.toThrow("It ended with exit code 3: Error: out of luck");
  expect(performance.now() - start_ms).toBeLessThan(1500);
  expect(started.isAlive()).toBe(false);
});

// Linux tells whose children they are.
test.runIf(process.platform === "linux")("a process that is killed takes along what it has started", async () => {
  const started = startProcess("It", "/bin/sh", ["-c", "sleep 60 & wait"]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const start_ms = performance.now();
  // Ends with the output that its child holds open.
  await started.kill();
  expect(performance.now() - start_ms).toBeLessThan(5000);
});
