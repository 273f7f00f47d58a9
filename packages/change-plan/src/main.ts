import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { endWith, UserError } from "@cloudy/command-line";
import { planChange } from "./change-plan.ts";
import { parseCommandLine, type Side, USAGE } from "./command-line.ts";
import type { Recorded } from "./record-side.ts";
import { render, summary } from "./render.ts";
import type { Resource } from "./resource.ts";

async function main(): Promise<number> {
  const options = parseCommandLine(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const [before, now] = await Promise.all([graphOf(options.from), graphOf(options.to)]);
  const plan = planChange(before, now);
  // A pipe takes a long text in pieces, and the process ends right after.
  const text = options.json ? JSON.stringify(summary(plan)) : render(plan);
  await new Promise<void>((written) => process.stdout.write(`${text}\n`, () => written()));
  return plan.refusals.length === 0 ? 0 : 1;
}

async function graphOf(side: Side): Promise<readonly Resource[]> {
  const child = fork(fileURLToPath(new URL("./record-side.ts", import.meta.url)));
  child.send(side);
  const ended = once(child, "exit").then((): [Recorded] => [{ failure: "its process ended early" }]);
  const [recorded]: Recorded[] = await Promise.race([once(child, "message"), ended]);
  if (recorded === undefined || "failure" in recorded) {
    throw new UserError(`The settings of ${side.stack} cannot be planned: ${recorded?.failure}`);
  }
  return recorded.resources;
}

endWith(main());
