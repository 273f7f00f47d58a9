import { FENCE_MEMORY_MS } from "../constants.ts";

/**
 * Fences are written down in a tag of each database route table, before they are done: the limit of fences an hour must
 * survive a cold start, and a terminated instance loses its own tags sooner or later. Value: `<epoch>@<time>`, space-separated.
 */
interface FenceRecord {
  readonly epoch: number;
  readonly at_ms: number;
}

/** Epochs fenced within the last hour, each once, from the tags of all tables. */
export function recentFences(tags: readonly string[], now_ms: number): readonly number[] {
  const recent = tags.flatMap(parse).filter(({ at_ms }) => now_ms - at_ms < FENCE_MEMORY_MS);
  return [...new Set(recent.map(({ epoch }) => epoch))].toSorted((a, b) => a - b);
}

/** The tags' next value: what is still recent, and this one. Well below the 256 characters that a tag may have. */
export function recordFence(tags: readonly string[], epoch: number, now_ms: number): string {
  const recent = tags.flatMap(parse).filter(({ at_ms }) => now_ms - at_ms < FENCE_MEMORY_MS);
  const times = new Map([...recent, { epoch, at_ms: now_ms }].map((record) => [record.epoch, record.at_ms]));
  return [...times].map(([fenced, at_ms]) => `${fenced}@${new Date(at_ms).toISOString()}`).join(" ");
}

function parse(tag: string): readonly FenceRecord[] {
  return tag.split(" ").flatMap((entry) => {
    const [epoch = "", time = ""] = entry.split("@");
    const record = { epoch: Number(epoch), at_ms: Date.parse(time) };
    return epoch !== "" && Number.isSafeInteger(record.epoch) && Number.isFinite(record.at_ms) ? [record] : [];
  });
}
