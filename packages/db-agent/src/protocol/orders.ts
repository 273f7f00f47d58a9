import type { Order } from "@cloudy/contracts/order.ts";
import type { AgentState } from "./state.ts";

/** Is this order (already authenticated) of any use now? The sentence is the answer to who gave it. */
export function judgeOrder(state: AgentState, order: Order): { readonly accepted: boolean; readonly because: string } {
  const refuse = (because: string) => ({ accepted: false, because });
  const epoch = state.shared?.seen.epoch;
  if (order.holder !== state.instanceId) return refuse(`the order is for ${order.holder}, this is ${state.instanceId}`);
  if (epoch === undefined) return refuse("no epoch is known here at the moment: try again");
  if (epoch.number !== order.epoch) {
    return refuse(`the order is for epoch ${order.epoch}, the current one is ${epoch.number}`);
  }
  if (epoch.holder !== state.instanceId) return refuse(`epoch ${epoch.number} is held by ${epoch.holder}`);
  if (epoch.released) return refuse(`epoch ${epoch.number} is released`);
  if (state.intent !== "serve") return refuse("this instance is leaving already");
  if (state.pending === "restore" && state.restore === undefined)
    return refuse("a restore is being finished: try again");
  if (state.restore !== undefined) return refuse(`the restore of ${state.restore.backup} is under way`);
  return {
    accepted: true,
    because:
      order.order === "step-down"
        ? `${state.instanceId} releases epoch ${epoch.number}`
        : `${state.instanceId} restores ${order.backup} in epoch ${epoch.number}`,
  };
}
