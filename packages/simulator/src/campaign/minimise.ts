import type { Fault, Plan } from "../plan/fault-plan.ts";

/**
 * Delta debugging (Zeller's ddmin): leaves out halves, then quarters ... of the faults for as long as the violation stays,
 * until none of those that are left can be spared.
 */
export async function minimise(plan: Plan, stillFails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let faults = plan.faults;
  let parts = 2;
  while (faults.length > 0) {
    const smaller = await firstThatFails(candidates(faults, parts), (rest) => stillFails({ ...plan, faults: rest }));
    if (smaller !== undefined) {
      faults = smaller;
      parts = Math.max(2, parts - 1);
    } else if (parts >= faults.length) break;
    else parts = Math.min(faults.length, parts * 2);
  }
  return { ...plan, faults };
}

/** The list without each of so many parts of it. */
function candidates(faults: readonly Fault[], parts: number): readonly (readonly Fault[])[] {
  const size = Math.ceil(faults.length / parts);
  return Array.from({ length: Math.ceil(faults.length / size) }, (_, part) =>
    faults.filter((_fault, index) => Math.floor(index / size) !== part),
  );
}

async function firstThatFails<Item>(
  items: readonly Item[],
  fails: (item: Item) => Promise<boolean>,
): Promise<Item | undefined> {
  for (const item of items) if (await fails(item)) return item;
  return undefined;
}
