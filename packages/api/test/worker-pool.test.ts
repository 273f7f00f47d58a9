import { describe, expect, onTestFinished, test } from "vitest";
import { PoolClosed, QueueFull, WorkerPool } from "../src/load/worker-pool.ts";

const SCRIPT = new URL("unsteady-worker.ts", import.meta.url);
const never = new AbortController().signal;

function pool(workers: number, queueLimit: number): WorkerPool<string, string> {
  const instance = new WorkerPool<string, string>({ script: SCRIPT, workers, queueLimit });
  onTestFinished(() => instance.close());
  return instance;
}

describe("WorkerPool", () => {
  test("A4: a thread that dies fails its own task only and is replaced", async () => {
    const workers = pool(1, 10);
    const tasks = ["a", "exit", "b", "throw", "c"].map((task) => workers.run(task, never));
    const results = (await Promise.allSettled(tasks)).map((result) =>
      result.status === "fulfilled" ? result.value : (result.reason as Error).message,
    );
    expect(results).toEqual(["a done", "The worker thread exited with code 3.", "b done", "worker at fault", "c done"]);
  });

  test("A4: takes as many tasks as it has threads and places in the queue", async () => {
    const workers = pool(2, 1);
    const tasks = [1, 2, 3].map((n) => workers.run(`t${n}`, never));
    await expect(workers.run("t4", never)).rejects.toThrow(QueueFull);
    expect(await Promise.all(tasks)).toEqual(["t1 done", "t2 done", "t3 done"]);
    expect(await workers.run("t5", never)).toBe("t5 done");
  });

  test("A4: an aborted task leaves its place to others, whether it waited or ran", async () => {
    const workers = pool(1, 2);
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = workers.run("first", running.signal);
    const second = workers.run("second", waiting.signal);
    const third = workers.run("third", never);
    waiting.abort(new Error("second left"));
    running.abort(new Error("first left"));
    await expect(first).rejects.toThrow("first left");
    await expect(second).rejects.toThrow("second left");
    expect(await third).toBe("third done");
  });

  test("A4: closing gives up what waits and runs, and takes nothing more", async () => {
    const workers = pool(1, 5);
    const given = ["a", "b"].map((task) => workers.run(task, never));
    const closed = workers.close();
    for (const task of given) await expect(task).rejects.toThrow(PoolClosed);
    await closed;
    await expect(workers.run("late", never)).rejects.toThrow(PoolClosed);
  });
});
