import type { ResourceTypes } from "@cloudy/twin-model/resource-type.ts";
import { autoScalingResources } from "./auto-scaling/resources.ts";
import { cloudWatchResources } from "./cloudwatch/resources.ts";
import { ec2Resources } from "./ec2/resources.ts";
import { efsResources } from "./efs/resources.ts";
import { eventsResources } from "./events/resources.ts";
import { iamResources } from "./iam/resources.ts";
import { lambdaResources } from "./lambda/resources.ts";
import { loadBalancingResources } from "./load-balancing/resources.ts";
import { logsResources } from "./logs/resources.ts";
import { s3Resources } from "./s3/resources.ts";
import { secretsManagerResources } from "./secrets-manager/resources.ts";
import { snsResources } from "./sns/resources.ts";

/** The resource types of all services, a table each; no type stands in two of them. */
export const serviceResources: readonly ResourceTypes[] = [
  ec2Resources,
  autoScalingResources,
  loadBalancingResources,
  cloudWatchResources,
  eventsResources,
  lambdaResources,
  logsResources,
  efsResources,
  iamResources,
  s3Resources,
  secretsManagerResources,
  snsResources,
];
