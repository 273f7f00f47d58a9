/** One JSON line an event on stdout, where journald and the twin pick it up. */
export function log(level: "info" | "warn" | "error", message: string, fields: Readonly<Record<string, unknown>> = {}) {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
}
