import { planChange } from "@cloudy/change-plan/change-plan.ts";
import { unknownProperties } from "@cloudy/change-plan/facts.ts";
import { describe, expect, test } from "vitest";
import { SETTINGS } from "../settings/settings.ts";
import { type Recording, record, stackConfig } from "./record.ts";
import { changesOf } from "./setting-changes.ts";

const STACKS = ["dev", "prod"] as const;
/** Graphs by their configuration: most changes start from one of two. */
const recordings = new Map<string, Promise<Recording>>();

function recorded(config: Readonly<Record<string, string>>): Promise<Recording> {
  const key = JSON.stringify(Object.entries(config).sort());
  const known = recordings.get(key) ?? record(config);
  recordings.set(key, known);
  return known;
}

async function refusalsOf(stack: (typeof STACKS)[number], before: Record<string, string>, now: Record<string, string>) {
  const old = await recorded(await stackConfig(stack, before));
  const next = await recorded(await stackConfig(stack, now));
  return planChange(old.graph(), next.graph()).refusals;
}

describe.each(STACKS)("a change of a setting on a living %s stack", (stack) => {
  const [birthOnly, others] = [true, false].map((wanted) =>
    Object.keys(SETTINGS).filter((key) => (SETTINGS[key]?.birthOnly !== undefined) === wanted),
  );

  test.each(others ?? [])("R3: [%s] is carried out without a refusal", async (key) => {
    for (const { before, now } of await changesOf(stack, key)) {
      const refusals = (await refusalsOf(stack, before, now)).map(({ what }) => what);
      expect(refusals, `${JSON.stringify(before)} -> ${JSON.stringify(now)}`).toEqual([]);
    }
  });

  test.each(birthOnly ?? [])(
    "R3: [%s], which is for new stacks only, is refused before anything happens",
    async (key) => {
      for (const { before, now } of await changesOf(stack, key)) {
        const [first] = await refusalsOf(stack, before, now);
        expect(first?.rule, `${JSON.stringify(before)} -> ${JSON.stringify(now)}`).toBe("birth");
      }
    },
  );

  test("R3: the table of what the provider replaces has every property that the program gives", () => {
    const graphs = [...recordings.values()];
    expect(graphs.length).toBeGreaterThan(20);
    return Promise.all(graphs).then((all) => {
      const unknown = all.flatMap(({ resources }) =>
        resources.flatMap(({ type, inputs }) => unknownProperties(type, inputs)),
      );
      expect([...new Set(unknown)]).toEqual([]);
    });
  });
});

test("R3: from dev to prod and back", async () => {
  const [dev, prod] = await Promise.all(
    ["dev" as const, "prod" as const].map(async (stack) => {
      // A living stack keeps its name.
      const config = await stackConfig(stack, { "cloudy:name": "Cloudy" });
      return (await recorded(config)).graph();
    }),
  );
  expect(planChange(dev ?? [], prod ?? []).refusals.map(({ what }) => what)).toEqual([]);
  expect(planChange(prod ?? [], dev ?? []).refusals.map(({ what }) => what)).toEqual([]);
});
