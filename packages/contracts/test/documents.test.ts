import { describe, expect, test } from "vitest";
import { parse } from "../src/document.ts";
import { SAMPLES, type Sample } from "./samples.ts";

/** Paths of all fields below `value`: `epoch`, `epoch.number`, `results[0]`, … */
function pathsOf(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const below = Array.isArray(value) ? `${path}[${name}]` : path === "" ? name : `${path}.${name}`;
    return [below, ...pathsOf(child, below)];
  });
}

/** The document with another value at `path`; `undefined`: it lacks the field. */
function changed(full: object, path: string, value: unknown): unknown {
  const copy = structuredClone(full);
  const steps = path.split(/[.[\]]+/).filter((step) => step !== "");
  const last = steps.pop() ?? "";
  const parent = steps.reduce<Record<string, unknown>>(
    (at, step) => at[step] as Record<string, unknown>,
    copy as Record<string, unknown>,
  );
  parent[last] = value;
  return JSON.parse(JSON.stringify(copy));
}

const isBelow = (path: string, ...above: readonly string[]) =>
  above.some((other) => path === other || path.startsWith(`${other}.`) || path.startsWith(`${other}[`));

const valueAt = (full: object, path: string): unknown =>
  path
    .split(/[.[\]]+/)
    .filter((step) => step !== "")
    .reduce<unknown>((at, step) => Reflect.get(Object(at), step), full);

/** No field of any document is a list of lists, and none an object where it is not in the sample. */
const wrongFor = (value: unknown) => (typeof value === "object" && value !== null ? 7 : [[]]);

interface Row {
  readonly called: string;
  readonly path: string;
  readonly sample: Sample;
}

function rows(isMeant: (sample: Sample, path: string) => boolean): readonly Row[] {
  return SAMPLES.flatMap((sample) =>
    pathsOf(sample.full)
      .filter((path) => isMeant(sample, path))
      .map((path) => ({ called: sample.schema.called, path, sample })),
  );
}

const read = ({ schema }: Sample, given: unknown) => parse(schema, given, "what came");

describe("each document", () => {
  test.each(SAMPLES)("$schema.called, complete, is read as it is", (sample) => {
    const { schema, full } = sample;
    expect(read(sample, full)).toEqual(full);
    expect(read(sample, JSON.parse(JSON.stringify({ ...full, ofTomorrow: { a: 1 } })))).toEqual(full);
    expect(() => parse(schema, null, "what came")).toThrow(`what came is no ${schema.called}: it must be an object`);
    expect(() => parse(schema, "text", "what came")).toThrow('must be an object, got "text"');
  });

  test.each(rows(({ optional = [], informal = [] }, path) => !isBelow(path, ...informal) && !optional.includes(path)))(
    "$called without [$path]: the error names it",
    ({ called, path, sample }) => {
      const without = changed(sample.full, path, undefined);
      // A list has no holes in JSON.
      const words = path.endsWith("]") ? [`[${path}] must`] : [`it lacks [${path}]`, `[${path}] must`];
      const message = messageOf(() => read(sample, without));
      expect(message).toContain(`what came is no ${called}: `);
      expect(words.some((word) => message.includes(word))).toBe(true);
    },
  );

  test.each(rows(({ informal = [] }, path) => !isBelow(path, ...informal)))(
    "$called with a wrong [$path]: the error names it and what it got",
    ({ path, sample }) => {
      const wrong = wrongFor(valueAt(sample.full, path));
      const message = messageOf(() => read(sample, changed(sample.full, path, wrong)));
      expect(message).toContain(`[${path}] must `);
      expect(message).toContain(`, got ${JSON.stringify(wrong)}`);
    },
  );

  test.each(rows(({ optional = [] }, path) => optional.includes(path)))(
    "$called may lack [$path]",
    ({ path, sample }) => {
      const without = changed(sample.full, path, undefined);
      expect(read(sample, without)).toEqual(without);
    },
  );

  test.each(rows(({ informal = [] }, path) => informal.includes(path)))(
    "$called without [$path], or with a wrong one, is read all the same",
    ({ path, sample }) => {
      const { [path]: _, ...others } = sample.full as Record<string, unknown>;
      for (const value of [undefined, wrongFor(valueAt(sample.full, path))]) {
        expect(read(sample, changed(sample.full, path, value))).toMatchObject(path in sample.full ? others : {});
      }
    },
  );
});

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was read");
}
