import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SETTINGS_DOCUMENTS } from "../settings/documents.ts";

describe("what is written from the declarations of settings is fresh", () => {
  test.each(SETTINGS_DOCUMENTS)("$path: else run `pnpm docs:settings`", ({ path, refresh }) => {
    const text = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
    expect(text).toBe(refresh(text));
  });

  test.each(SETTINGS_DOCUMENTS)("$path: a file without the place for it is refused", ({ refresh }) => {
    expect(() => refresh("nothing of ours\n")).toThrow(/^The line ".*docs:settings.*" must stand in the file once\.$/);
  });
});
