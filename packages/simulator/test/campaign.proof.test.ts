import { describe, expect, test } from "vitest";
import { runCampaign } from "../src/campaign/campaign.ts";

describe("the real decisions and the real protocol", () => {
  test("D4: two thousand histories: never two writers, nothing acknowledged lost, and it always comes back", async () => {
    const tally = await runCampaign({
      from: 1,
      seeds: 2_000,
      hours: 1,
      workers: 2,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    expect(tally.histories).toBe(2_000);
    expect(tally.violations).toEqual([]);
    expect([...tally.faults.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(2_000);
    expect(tally.acknowledged).toBeGreaterThan(100_000);
  });
});
