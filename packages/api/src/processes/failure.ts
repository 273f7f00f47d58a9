import type { Settings } from "../settings.ts";

/** The operator's mistakes (settings, a port in use) are one message on stderr and exit code 1. */
export function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

export function cannotListen({ host, port }: Pick<Settings, "host" | "port">, error: unknown): string {
  return `Cannot start on HOST=${host} PORT=${port}: ${reasonOf(error)}.`;
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
