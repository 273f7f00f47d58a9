import type { ResourceTypes } from "@cloudy/twin-model/resource-type.ts";

/** Systems Manager's parameters of the program's own; those of AWS are data sources. */
export const parameterResources: ResourceTypes = {
  "aws:ssm/parameter:Parameter": {
    awsOnly: "the program reads its value back while it is recorded; nothing in the twin asks Systems Manager",
    computed: (s) => ({ id: s.name, name: s.name, arn: s.arn("ssm", `parameter/${s.name}`), version: 1 }),
  },
};
