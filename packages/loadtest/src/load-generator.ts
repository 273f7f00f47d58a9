import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { GeneratorTick, ToGenerator } from "./generator-contract.ts";

export interface LoadGenerator {
  resize(connections: number): void;
  /** Resolves when the process has ended. */
  stop(): Promise<void>;
}

/** Starts the load in a process of its own. `onEnd` tells of an end that nobody asked for. */
export function startLoad(options: {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly onTick: (tick: GeneratorTick) => void;
  readonly onEnd: (how: string) => void;
}): LoadGenerator {
  const child = fork(fileURLToPath(new URL("./generator.ts", import.meta.url)), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  let isStopping = false;
  const ended = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      if (!isStopping) options.onEnd(`The load generator ended with ${signal ?? `exit code ${code}`}.`);
      resolve();
    });
  });
  child.on("message", (message) => options.onTick(message as GeneratorTick));
  const send = (message: ToGenerator) => child.send(message);
  const { url, headers = {}, connections } = options;
  send({ kind: "start", url, headers, connections });
  return {
    resize(connections) {
      if (child.connected) send({ kind: "resize", connections });
    },
    async stop() {
      isStopping = true;
      if (child.connected) send({ kind: "stop" });
      await ended;
    },
  };
}
