import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { traceOf } from "./trace-of.ts";

/** Chosen so that every kind of fault comes up in one of them. */
const HOURS = 8;

// These hashes hold the histories still while the simulator is rebuilt: whoever moves its parts about must not change what happens.
// A change of the agent, of the failover function, of a model, of a constant or of the kinds of fault does change histories, and
// then it is meant to: compare `pnpm sim --seed 127 --hours 8 --trace` before and after the change, see that every line that
// differs is one that you wanted, and write the new hashes here in the same commit.
test.each([
  [127, "eb19ea044b02309e958e491f0038366164d1bb7367f08b9f4ab965c077d2ad2e"],
  [76, "e419ca11227294efff46324a637ce3666ce6e8fc5bd7c9e33d132c23d9f6076b"],
  [78, "5bf67a35de7ceaf48e2f45e8520d317b98be3ddee27f5da55b265ff8d86b92d9"],
  [190, "15f986d82a0d258a1df6fb902670846010bc8114d44c858ce285145b93ad191c"],
  [212, "0cb93640497e722c6c9b492fd2f6ccb3810bde98967267b7e152fc257ec22e2c"],
  [143, "905248c7d9a8174579f2b52d46df5537525ab224b816ef5d982b52770579d872"],
  [14, "faaedc3944646e62b69d7612d0b9217e4cb3fb4381e1831e99af8d09d6b642bd"],
  [189, "78a40b9609484d4bef3101ff4adf9c2e6d208a04a80707beefb14923b8f7ca51"],
] as const)("the history of seed %i is the one that it has always been", async (seed, hash) => {
  const lines = await traceOf(seed, HOURS, true);
  expect(createHash("sha256").update(lines.join("\n")).digest("hex")).toBe(hash);
});
