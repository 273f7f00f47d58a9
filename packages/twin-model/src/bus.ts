import type { Cancel } from "./clock.ts";
import type { InstanceState } from "./instance.ts";

export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA";

export type CloudEvent =
  | { readonly kind: "instance-state"; readonly instanceId: string; readonly state: InstanceState }
  /** Routes, security groups, interfaces, addresses or source/dest checks changed: paths must be worked out again. */
  | { readonly kind: "network-changed" }
  | {
      readonly kind: "scaling-activity";
      readonly groupName: string;
      readonly instanceId: string;
      readonly detailType: string;
      readonly cause: string;
    }
  /** An instance waits for a launch hook of its group. */
  | {
      readonly kind: "lifecycle-action";
      readonly groupName: string;
      readonly instanceId: string;
      readonly hookName: string;
      readonly token: string;
    }
  | {
      readonly kind: "alarm-state";
      readonly alarmName: string;
      readonly from: AlarmState;
      readonly to: AlarmState;
      readonly reason: string;
    }
  | {
      readonly kind: "target-health";
      readonly targetGroupArn: string;
      readonly instanceId: string;
      readonly state: string;
      readonly reason: string;
    }
  /** One sentence for people: what the twin did and why. */
  | { readonly kind: "trace"; readonly source: string; readonly sentence: string };

export interface Bus {
  emit(event: CloudEvent): void;
  on(listener: (event: CloudEvent) => void): Cancel;
}

/** Delivers events at once, in order of emission; an event emitted by a listener waits for its turn. */
export function createBus(): Bus {
  const listeners = new Set<(event: CloudEvent) => void>();
  const queue: CloudEvent[] = [];
  let delivering = false;
  return {
    emit(event) {
      queue.push(event);
      if (delivering) return;
      delivering = true;
      try {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          for (const listener of [...listeners]) listener(next);
        }
      } finally {
        delivering = false;
      }
    },
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
