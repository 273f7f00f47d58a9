import os from "node:os";
import type { Settings } from "../settings.ts";

/** The numbers that pino writes. */
const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60, silent: Number.POSITIVE_INFINITY };

export interface JsonLog {
  info(message: string): void;
  error(message: unknown): void;
}

/** The same lines as the service's, for a process that does not load it. */
export function jsonLog(logLevel: Settings["logLevel"]): JsonLog {
  const hostname = os.hostname();
  const write = (level: number, message: unknown) => {
    if (level < LEVELS[logLevel]) return;
    const msg = message instanceof Error ? (message.stack ?? message.message) : String(message);
    process.stdout.write(`${JSON.stringify({ level, time: Date.now(), pid: process.pid, hostname, msg })}\n`);
  };
  return {
    info: (message) => write(LEVELS.info, message),
    error: (message) => write(LEVELS.error, message),
  };
}
