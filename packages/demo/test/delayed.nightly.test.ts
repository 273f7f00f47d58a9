import { expect, test } from "vitest";
import { runDelayedDemo } from "./running-demo.ts";

/** Records, boots and all phases of a production stack, whose alarm shrinks the group after 15 minutes of cloud time. */
const LIMIT_MS = 420_000;

/** Every promise of the demo. */
const ALL = {
  "scaled-out": true,
  "scaled-in": true,
  "every-instance-answered": true,
  failover: true,
  "no-write-lost": true,
  "no-write-doubled": true,
  "no-errors": true,
  "generator-free": true,
};

test.each([
  ["dev", 100],
  ["prod", 160],
])(
  "T1: the stack %s is demonstrated from %i ms away, and every promise is held",
  async (stack, roundTrip_ms) => {
    const { code, held, said } = await runDelayedDemo(stack, roundTrip_ms);
    expect(held, said).toEqual(ALL);
    expect(code).toBe(0);
    expect(said).toMatch(/The load goes on with \d+ connections/);
  },
  LIMIT_MS,
);
