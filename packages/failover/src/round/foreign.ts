import type { Surroundings } from "../surroundings.ts";
import { readInstance } from "./read-ec2.ts";
import type { Memory } from "./round.ts";

/**
 * Whether an event is about an instance that is no database of this stack: EC2's events come for every instance of the account,
 * and do not say whose it is. Costs no call when the round before saw it, else one. What cannot be told apart wakes the
 * function all the same: an instance that EC2 has forgotten may have been the holder.
 */
export async function isForeign(around: Surroundings, { last }: Memory, instanceId: string): Promise<boolean> {
  if (last?.observation.instances.some((instance) => instance.instanceId === instanceId) === true) return false;
  try {
    const { view, isOwn } = await readInstance(around, instanceId);
    return view.state !== "gone" && !isOwn;
  } catch {
    return false;
  }
}
