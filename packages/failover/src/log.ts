export type Log = (
  level: "info" | "warn" | "error",
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** One JSON line an event; `message` carries the sentence. */
export const log: Log = (level, message, fields = {}) => {
  console.log(JSON.stringify({ level, message, ...fields }));
};
