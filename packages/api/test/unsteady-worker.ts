import { parentPort } from "node:worker_threads";

parentPort?.on("message", (task: string) => {
  if (task === "exit") process.exit(3);
  if (task === "throw") throw new Error("worker at fault");
  parentPort?.postMessage(`${task} done`);
});
