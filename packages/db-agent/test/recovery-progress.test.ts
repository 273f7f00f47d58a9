import { expect, test } from "vitest";
import { progressOf, recoveryProgress } from "../src/postgres/recovery-progress.ts";

test.each([
  ["postgres: startup recovering 0000000100000000000000A1\0\0\0", "recovering 0000000100000000000000A1"],
  ["postgres: checkpointer performing end-of-recovery checkpoint\0", "performing end-of-recovery checkpoint"],
  ["postgres: startup \0\0", undefined],
  ["postgres: checkpointer \0", undefined],
  ["postgres: cloudy cloudy 10.0.0.7(5123) idle\0", undefined],
  ["/usr/bin/postgres\0-D\0/mnt/cloudy/pgdata\0", undefined],
])("progress is what the processes' titles say, and nothing else (%j)", (title, progress) => {
  expect(progressOf(title)).toBe(progress);
});

test("a postmaster that is gone, or that is none, says nothing", async () => {
  expect(await recoveryProgress(process.pid)).toBeUndefined();
  expect(await recoveryProgress(2 ** 22 + 1)).toBeUndefined();
});
