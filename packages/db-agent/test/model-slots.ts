/** What is known of one instance besides its own state: bit n-1 stands for epoch n. */
export interface Slot {
  /** Number of the instance's state in the model's list. */
  readonly id: number;
  readonly held: number;
  /** Links and releases that were sent by somebody who no longer waits for them. */
  readonly lateLinks: number;
  readonly lateReleases: number;
}

export interface World {
  readonly slots: readonly Slot[];
  /** The highest epoch that was made. */
  readonly newest: number;
  readonly released: number;
}

/** The bit of an epoch; epoch 0, which no one made, has none. */
export const bit = (epoch: number) => (1 << epoch) >> 1;

export function slotOf(world: World, slot: number): Slot {
  return world.slots[slot] as Slot;
}

export function change(world: World, slot: number, to: Slot): World {
  return { ...world, slots: world.slots.map((other, index) => (index === slot ? to : other)) };
}
