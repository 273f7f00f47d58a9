import { named, type ResourceTypes } from "@cloudy/twin-model/resource-type.ts";

/** Log groups. */
export const logsResources: ResourceTypes = {
  "aws:cloudwatch/logGroup:LogGroup": {
    reads: ["name", "retentionInDays"],
    taggable: true,
    uniqueName: { taken: () => "ResourceAlreadyExistsException: The specified log group already exists" },
    computed: named((s) => s.arn("logs", `log-group:${s.name}`)),
  },
};
