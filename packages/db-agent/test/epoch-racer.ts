import { makeEpoch } from "../src/files/epochs.ts";
import { runFileSteps } from "../src/files/run-file-steps.ts";

// One of several processes that try to make the same epochs; reports which of them it made.
const [sharedDir = "", holder = "", count = "0"] = process.argv.slice(2);
const won: number[] = [];
for (let number = 1; number <= Number(count); number += 1) {
  const record = { number, holder, token: `${holder}-${number}`, createdAt: new Date().toISOString() };
  if (runFileSteps(makeEpoch(sharedDir, record))) won.push(number);
}
process.send?.(won, () => process.disconnect());
