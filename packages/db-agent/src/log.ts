import type { AgentLogCode } from "@cloudy/contracts/agent-log.ts";

/** One JSON line an event on stdout, where journald and the twin pick it up: a sentence for people, a code for programs. */
export function log(
  level: "info" | "warn" | "error",
  message: string,
  fields: { readonly code: AgentLogCode } & Readonly<Record<string, unknown>>,
): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
}
