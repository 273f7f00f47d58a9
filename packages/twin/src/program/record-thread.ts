import { parentPort, workerData } from "node:worker_threads";
import { UserError } from "@cloudy/command-line";
import { recordProgram } from "./record.ts";
import type { Recording, RecordingTask } from "./recording.ts";

/** The thread that records one stack for recordStacks. Only what is not the user's mistake ends it with an error. */
async function record({ root, stack, changes }: RecordingTask): Promise<Recording> {
  try {
    const { ofType: _, options: __, ...graph } = await recordProgram(root, stack, changes);
    return { graph };
  } catch (error) {
    if (error instanceof UserError) return { refusal: error.message };
    throw error;
  }
}

parentPort?.postMessage(await record(workerData as RecordingTask));
