import { Worker } from "node:worker_threads";
import { UserError } from "@cloudy/command-line";
import { createGraph } from "@cloudy/twin-model/graph.ts";
import type { RecordedStack, Recording, RecordingTask } from "./recording.ts";

const THREAD = new URL("./record-thread.ts", import.meta.url);

/**
 * Runs the program once a stack, each in a thread of its own and all at once: Pulumi's runtime and Node's modules are global
 * to a thread, so each stack gets fresh ones. `changesOf` a stack are other values of configuration keys than its file has. Throws UserError when a stack is named twice, and what `recordProgram` throws.
 */
export async function recordStacks(
  root: string,
  stacks: readonly string[],
  changesOf: (stack: string) => Readonly<Record<string, string>> = () => ({}),
): Promise<readonly RecordedStack[]> {
  const twice = stacks.find((stack, index) => stacks.indexOf(stack) !== index);
  if (twice !== undefined) throw new UserError(`Stack "${twice}" is named twice: a stack exists once.`);
  const threads = stacks.map((stack) => {
    const workerData: RecordingTask = { root, stack, changes: changesOf(stack) };
    return { stack, worker: new Worker(THREAD, { workerData }) };
  });
  try {
    return await Promise.all(
      threads.map(async ({ stack, worker }) => {
        const recording = await answerOf(worker);
        if ("refusal" in recording) throw new UserError(recording.refusal);
        return { stack, graph: createGraph(recording.graph) };
      }),
    );
  } finally {
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }
}

function answerOf(worker: Worker): Promise<Recording> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`The thread that records the program ended with ${code}.`)));
  });
}
