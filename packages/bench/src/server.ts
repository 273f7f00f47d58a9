import { PATIENCE_MS, POOL_CONNECTIONS } from "./constants.ts";
import { freePort } from "./free-port.ts";
import type { Command } from "./pinning.ts";
import { type Process, startProcess, untilReady } from "./process.ts";

/** A server that is measured. */
export interface Server {
  readonly url: string;
  /** Answers 200 while the server can do its work. */
  readonly readyPath: string;
  readonly process: Process;
}

interface ServerStart {
  readonly name: string;
  readonly command: Command;
  readonly readyPath: string;
  readonly endSignal: NodeJS.Signals | undefined;
  readonly databaseUrl: string;
}

/** On a port of its own each time. */
export async function startServer(
  { name, command: [file, args], readyPath, endSignal, databaseUrl }: ServerStart,
  signal: AbortSignal,
): Promise<Server> {
  const port = await freePort();
  const env = {
    HOST: "127.0.0.1",
    PORT: String(port),
    DATABASE_URL: databaseUrl,
    DATABASE_CONNECTIONS: String(POOL_CONNECTIONS),
    PYTHONDONTWRITEBYTECODE: "1",
  };
  const process = startProcess(name, file, args, { env, ...(endSignal === undefined ? {} : { endSignal }) });
  const server = { url: `http://127.0.0.1:${port}`, readyPath, process };
  try {
    await untilReady(process, () => answerOf(server, PATIENCE_MS), signal);
  } catch (error) {
    await process.stop();
    throw error;
  }
  return server;
}

/** Whether it can do its work; rejects when it says nothing in time. */
export async function answerOf({ url, readyPath }: Server, patience_ms: number): Promise<boolean> {
  const response = await fetch(`${url}${readyPath}`, { signal: AbortSignal.timeout(patience_ms) });
  await response.text();
  return response.ok;
}
