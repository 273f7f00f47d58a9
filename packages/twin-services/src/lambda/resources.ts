import { idOnly, type ResourceTypes } from "@cloudy/twin-model/resource-type.ts";

/** Functions, who may invoke them, and what follows when they fail. */
export const lambdaResources: ResourceTypes = {
  "aws:lambda/function:Function": {
    reads: [
      "name",
      "runtime",
      "handler",
      "code",
      "role",
      "timeout",
      "memorySize",
      "environment",
      "vpcConfig.subnetIds",
      "vpcConfig.securityGroupIds",
    ],
    taggable: true,
    uniqueName: { taken: (name) => `ResourceConflictException: Function already exist: ${name}` },
    computed: (s) => ({
      id: s.name,
      name: s.name,
      arn: s.arn("lambda", `function:${s.name}`),
      qualifiedArn: s.arn("lambda", `function:${s.name}:$LATEST`),
    }),
  },
  "aws:lambda/permission:Permission": {
    reads: ["action", "function", "principal", "sourceArn"],
    computed: (s) => ({ id: s.name, statementId: s.name }),
  },
  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": {
    reads: ["functionName", "maximumRetryAttempts"],
    computed: idOnly("eic"),
  },
};
