import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { traceOf } from "./trace-of.ts";

/** Chosen so that every kind of fault comes up in one of them. */
const HOURS = 8;

// These hashes hold the histories still while the simulator is rebuilt: whoever moves its parts about must not change what happens.
// A change of the agent, of the failover function, of a model, of a constant or of the kinds of fault does change histories, and
// then it is meant to: compare `pnpm sim --seed 108 --hours 8 --trace` before and after the change, see that every line that
// differs is one that you wanted, and write the new hashes here in the same commit.
test.each([
  [108, "d5471bdb00b81b1c69ad89833027ae6ee97ec3cfbe6cb6ab518e8399b2c94de8"],
  [23, "d07783a9ac059a3e2671afe521ac393049c2abfe7d7a42edc580eff0053ecde5"],
  [37, "1cdd2440f54be0aba873850656d2c5869dd23c0a3cbe164dec89e3ad3fc0627e"],
  [51, "3d853df976a83c52b9bcea3701aee5ebc03a55e2436484d7933723100b3997e9"],
  [154, "d6cf15325c015456f4f5d8b3ce73fe2c71db066e3692b842c2012e1c5a47f0e8"],
  [135, "273b5e15c3743ea45d3ae18389635b7ef42618314392316346b294162c2f3dcc"],
  [205, "da26c44c32ad3a5aba1239d58b35620e7c389954fdc86cc8e6aafdc4adcb56d0"],
] as const)("the history of seed %i is the one that it has always been", async (seed, hash) => {
  const lines = await traceOf(seed, HOURS, true);
  expect(createHash("sha256").update(lines.join("\n")).digest("hex")).toBe(hash);
});
