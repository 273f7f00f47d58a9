import { named, type ResourceTypes } from "@cloudy/twin-model/resource-type.ts";

/** Rules and their targets. */
export const eventsResources: ResourceTypes = {
  "aws:cloudwatch/eventRule:EventRule": {
    reads: ["name", "scheduleExpression", "eventPattern", "state", "isEnabled"],
    taggable: true,
    uniqueName: { taken: () => "PutRule would not refuse it, but change the other rule" },
    computed: named((s) => s.arn("events", `rule/${s.name}`)),
  },
  "aws:cloudwatch/eventTarget:EventTarget": {
    reads: ["rule", "arn", "input"],
    computed: (s) => ({ id: `${s.text("rule")}-${s.hex(8)}` }),
  },
};
