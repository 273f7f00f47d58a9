import type { Bus, CloudEvent } from "@cloudy/twin-model/bus.ts";
import type { Clock } from "@cloudy/twin-model/clock.ts";

/** Tells what happens in the twin, a line each with the cloud time since its start. */
export function narrate(bus: Bus, clock: Clock, say: (line: string) => void): void {
  const start_ms = clock.now();
  bus.on((event) => {
    const sentence = sentenceOf(event);
    if (sentence === undefined) return;
    const elapsed_s = Math.round((clock.now() - start_ms) / 1000);
    say(`${String(elapsed_s).padStart(6)} s  ${sentence}`);
  });
}

function sentenceOf(event: CloudEvent): string | undefined {
  switch (event.kind) {
    case "instance-state":
      return `${event.instanceId} is ${event.state}`;
    case "alarm-state":
      return `alarm ${event.alarmName}: ${event.from} -> ${event.to}: ${event.reason}`;
    case "scaling-activity":
      return `${event.groupName}: ${event.detailType}: ${event.cause}`;
    case "lifecycle-action":
      return `${event.instanceId} waits for the lifecycle hook ${event.hookName} of ${event.groupName}`;
    case "target-health":
      return `${event.instanceId} is ${event.state} in its target group${event.reason === "" ? "" : `: ${event.reason}`}`;
    case "trace":
      return `${event.source}: ${event.sentence}`;
    case "network-changed":
      return undefined;
  }
}
