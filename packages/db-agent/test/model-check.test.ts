import { describe, expect, test } from "vitest";
import { explore } from "./model-check.ts";
import { EPOCHS_MAX } from "./model-instance.ts";
import type { World } from "./model-slots.ts";
import { BROKEN, REAL } from "./model-variants.ts";
import { Model } from "./model-world.ts";

/** Everything that the model knows to happen; none of it may be left out by accident. */
const ACTIONS = [
  "the agent starts",
  "the agent is killed",
  "the agent is asked to stop",
  "the agent has rested",
  "the agent has the local lock",
  "the agent finds orphans",
  "the agent is ordered to step-down",
  "the agent is ordered to restore",
  "the restore is done",
  "the restore fails",
  "the file system does not answer",
  "the agent sees no epoch",
  ...[1, 2, 3, 4].flatMap((epoch) => [
    `the agent sees epoch ${epoch} held by itself`,
    `the agent sees epoch ${epoch} held by another`,
    `the agent sees epoch ${epoch} released by itself`,
    `the agent sees epoch ${epoch} released by another`,
    `the agent sees epoch ${epoch} granted by another`,
  ]),
  "its epoch is made",
  "its epoch is made, and it hears so",
  "its epoch is made, and it hears of an error",
  "its epoch exists already",
  "its link meets an error and is under way",
  "a late link lands",
  "its release is done",
  "its release is done, and it hears so",
  "its release is done, and it hears of an error",
  "its release meets an error and is under way",
  "a late release lands",
  "postgres comes up",
  "postgres does not come up",
  "postgres hangs",
  "the postmaster ends",
  "the last process of postgres ends",
  "the machine reboots",
  "the machine is terminated",
];

const say = (line: string) => process.stdout.write(`${line}\n`);

describe("model check: three instances, four epochs, every interleaving", () => {
  test("D4: no reachable world has two writers, and each comes back when nothing more fails", () => {
    const model = new Model(REAL, "newest");
    const isBad = (world: World) => model.writers(world) > 1 || model.breaksLemma(world);
    const verdict = explore(model, isBad, { recovers: true });
    say(`${REAL.name}: ${verdict.states} states, ${verdict.transitions} transitions`);
    say(`a writer comes back from all of ${verdict.recovering} worlds with a machine that is up`);
    expect(verdict.counterexample).toBeUndefined();
    expect([...verdict.actions.keys()].sort()).toEqual(ACTIONS.toSorted());
    expect(verdict.epochServed).toBe(EPOCHS_MAX);
    expect(verdict.recovering).toBeGreaterThan(10_000);
    expect(verdict.stuck).toBe(0);
  }, 300_000);

  test.each(BROKEN)("D4: two writers when $name", (protocol) => {
    const model = new Model(protocol, "whole");
    const { states, transitions, counterexample } = explore(model, (world) => model.writers(world) > 1, {
      recovers: false,
    });
    say(`${protocol.name}: ${states} states, ${transitions} transitions, the shortest way to two writers:`);
    for (const [index, line] of (counterexample ?? ["none"]).entries()) say(`  ${index + 1}. ${line}`);
    expect(counterexample?.at(-1)).toContain("<- postgres lives on");
  });
});
