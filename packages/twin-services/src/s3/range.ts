import { AwsError } from "@cloudy/twin-wire/operation.ts";

/** `bytes=0-9`, `bytes=10-`, `bytes=-5`. */
export function rangeOf(range: string, size: number): { readonly start: number; readonly end: number } {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
  const start = from === "" ? Math.max(size - Number(to), 0) : Number(from);
  const end = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if ((from === "" && to === "") || start > end)
    throw new AwsError("InvalidRange", `The requested range ${range} is not satisfiable for ${size} bytes.`, 416);
  return { start, end };
}
