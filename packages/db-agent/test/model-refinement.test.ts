import { expect, test } from "vitest";
import { RandomWorld } from "./model-random-world.ts";
import { REAL } from "./model-variants.ts";
import { Model } from "./model-world.ts";

const RUNS = 350;
const STEPS = 400;

/** The exhaustive check leaves out parts of the agent's state; runs of the whole of it must stay within what was checked. */
test("D4: random runs of the real agent take only steps that the model check explored", () => {
  const model = new Model(REAL, "whole");
  const counts = { steps: 0, visible: 0, served: 0 };
  for (let seed = 1; seed <= RUNS; seed += 1) {
    const world = new RandomWorld(seed);
    let before = world.abstract(model);
    for (let step = 0; step < STEPS && !world.isFull(); step += 1) {
      const action = world.step();
      if (world.isFull()) break;
      const after = world.abstract(model);
      counts.steps += 1;
      if (model.key(after) === model.key(before)) continue;
      counts.visible += 1;
      const direct = model.successors(before).map(({ to }) => to);
      const reaches = (worlds: typeof direct) => worlds.some((to) => model.key(to) === model.key(after));
      const isExplored = reaches(direct) || direct.some((to) => reaches(model.successors(to).map((next) => next.to)));
      if (!isExplored) expect.fail(`seed ${seed}, step ${step}: the model check knows no way for "${action}"`);
      expect(model.writers(after), `seed ${seed}, step ${step}`).toBeLessThanOrEqual(1);
      counts.served = Math.max(counts.served, ...model.instances(after).map(({ alive }) => alive));
      before = after;
    }
  }
  process.stdout.write(`${counts.steps} steps of the real agent, ${counts.visible} of them visible in the model\n`);
  expect(counts.visible).toBeGreaterThan(10_000);
  expect(counts.served).toBeGreaterThan(2);
});
