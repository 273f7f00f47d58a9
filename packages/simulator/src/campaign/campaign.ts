import { Worker } from "node:worker_threads";
import type { Batch } from "./batch.ts";
import { addTally, emptyTally, type Tally } from "./tally.ts";

export interface CampaignOptions {
  readonly from: number;
  readonly seeds: number;
  readonly hours: number;
  readonly workers: number;
  readonly signal: AbortSignal;
  readonly onProgress: (tally: Tally) => void;
}

/** Long enough that the messages cost nothing, short enough for the progress to move. */
const BATCH_SEEDS = 10;

/** Carries out so many histories over all threads; ends early, with what was done so far, when `signal` is aborted. */
export async function runCampaign(options: CampaignOptions): Promise<Tally> {
  const { from, seeds, hours, signal, onProgress } = options;
  const end = from + seeds;
  let next = from;
  let tally = emptyTally();
  const threads = Math.min(options.workers, Math.ceil(seeds / BATCH_SEEDS));
  const carryOut = async () => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url));
    try {
      while (next < end && !signal.aborted) {
        const batch: Batch = { from: next, to: Math.min(end, next + BATCH_SEEDS), hours };
        next = batch.to;
        const answer = await ask(worker, batch, signal);
        if (answer === undefined) break;
        tally = addTally(tally, answer);
        onProgress(tally);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: threads }, carryOut));
  return tally;
}

/** `undefined` when the campaign ends before the answer. */
function ask(worker: Worker, batch: Batch, signal: AbortSignal): Promise<Tally | undefined> {
  return new Promise((resolve, reject) => {
    const done = (answer: Tally | undefined) => {
      worker.off("message", done);
      worker.off("error", reject);
      signal.removeEventListener("abort", giveUp);
      resolve(answer);
    };
    const giveUp = () => done(undefined);
    worker.on("message", done);
    worker.on("error", reject);
    signal.addEventListener("abort", giveUp);
    worker.postMessage(batch);
  });
}
