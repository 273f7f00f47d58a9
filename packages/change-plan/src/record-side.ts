/** Records one side of a plan in a process of its own, since a process can record one program only. */
import { fileURLToPath } from "node:url";
import { messageOf } from "@cloudy/command-line";
import { recordProgram } from "@cloudy/twin/record.ts";
import type { Side } from "./command-line.ts";
import { plainInputs } from "./plain-inputs.ts";
import type { Resource } from "./resource.ts";

/** What the child sends: the graph, or the sentence of a user's mistake. */
export type Recorded = { readonly resources: readonly Resource[] } | { readonly failure: string };

/** Both sides are one stack. */
const STACK_NAME = "plan";
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

async function recordSide({ stack, set }: Side): Promise<Recorded> {
  try {
    const program = await recordProgram(ROOT, stack, set, STACK_NAME);
    const plain = plainInputs(program.resources);
    const resources = program.resources.map(async ({ type, name, urn, id, inputs }): Promise<Resource> => {
      const options = program.options.get(urn);
      if (options === undefined) throw new Error(`no options of ${urn} were seen`);
      return { type, name, urn, id, inputs: await plain(inputs), options };
    });
    return { resources: await Promise.all(resources) };
  } catch (error) {
    return { failure: messageOf(error) };
  }
}

process.once("message", (side: Side) => {
  recordSide(side).then((recorded) => process.send?.(recorded, () => process.exit(0)));
});
