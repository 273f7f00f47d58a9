import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Declaration } from "./record.ts";

/** What Pulumi's own schema of a project file (sdk/go/common/workspace/project.json) asks of a declaration. */
const ATTRIBUTES = ["type", "items", "default", "description", "secret", "value"];
const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  integer: Number.isInteger,
  boolean: (value) => typeof value === "boolean",
  array: Array.isArray,
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

describe("Pulumi.yaml is a project that the Pulumi CLI opens", async () => {
  const project = parse(await readFile(new URL("../../Pulumi.yaml", import.meta.url), "utf8"));
  const declarations = Object.entries<Declaration>(project.config);

  // The schema has a property of that name, a boolean, beside the project's keys: every command would end in
  // `#/config/secret: expected boolean, but got object`.
  test("no key is called just `secret`", () => {
    expect(declarations.map(([key]) => key)).not.toContain("secret");
  });

  // A foreign namespace may not be declared with a type; the project's own may.
  test.each(declarations)(
    "%s has a type, a default of it and nothing that the schema does not know",
    (key, declared) => {
      expect(key).toMatch(/^(cloudy:)?[A-Za-z]+$/);
      expect(ATTRIBUTES).toEqual(expect.arrayContaining(Object.keys(declared)));
      expect(FITS[declared.type]?.(declared.default)).toBe(true);
      if (declared.type !== "array") return;
      const { items } = declared;
      expect((declared.default as unknown[]).every((item) => items !== undefined && FITS[items.type]?.(item))).toBe(
        true,
      );
    },
  );
});
