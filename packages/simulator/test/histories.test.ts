import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { traceOf } from "./trace-of.ts";

/** Chosen so that every kind of fault comes up in one of them. */
const HOURS = 8;

// These hashes hold the histories still while the simulator is rebuilt: whoever moves its parts about must not change what happens.
// A change of the agent, of the failover function, of a model, of a constant or of the kinds of fault does change histories, and
// then it is meant to: compare `pnpm sim --seed 176 --hours 8 --trace` before and after the change, see that every line that
// differs is one that you wanted, and write the new hashes here in the same commit.
test.each([
  [176, "43b80d9034274b777d073aa9542b0e459af281875b83e38b2059d734cf358241"],
  [250, "a07f166713967d305aeb01c1aa3d2b1dd50dedf76b090dc29042a917751aa760"],
  [381, "f6502fb4f9144180f0edf43987060cad842c63e1f2236b710a5ecfae1bb12576"],
  [116, "bc46f852055d7235bbd0f2f85055ec8c8b90bea80f2cf1aed03f472bff638827"],
  [88, "07d02ae9ed866e8604f12246746574f8c86b8aebd7ee191b5376c28adec7ee5c"],
  [114, "3b0d31a99a09b803de4bfcca72c28318cdff951e38070b4666834da558f50fdf"],
  [344, "b3d7ede552b089929461dff7b9a3db9f192cf016018b7d8bd8088ac9419b5684"],
  [3, "4ce88ce0caed49973d31b63b9343066ef98d7d27550bec3965dd2e2daa580e8e"],
] as const)("the history of seed %i is the one that it has always been", async (seed, hash) => {
  const lines = await traceOf(seed, HOURS, true);
  expect(createHash("sha256").update(lines.join("\n")).digest("hex")).toBe(hash);
});
