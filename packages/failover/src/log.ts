/** One JSON line an event; `message` carries the sentence. */
export function log(level: "info" | "warn" | "error", message: string, fields: Readonly<Record<string, unknown>> = {}) {
  console.log(JSON.stringify({ level, message, ...fields }));
}
