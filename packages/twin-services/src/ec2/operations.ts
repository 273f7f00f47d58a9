import type { Operations } from "@cloudy/twin-wire/operation.ts";
import type { Ec2 } from "./ec2.ts";
import { instanceActions } from "./instance-actions.ts";
import { instanceQueries } from "./instance-queries.ts";
import { launchTemplateOperations } from "./launch-template-operations.ts";
import { networkActions } from "./network-actions.ts";
import { networkQueries } from "./network-queries.ts";
import { tagActions } from "./tag-actions.ts";

/** The API of EC2 and VPC. */
export function ec2Operations(ec2: Ec2): Operations {
  return {
    ...instanceQueries(ec2),
    ...instanceActions(ec2),
    ...networkQueries(ec2),
    ...networkActions(ec2),
    ...tagActions(ec2),
    ...launchTemplateOperations(ec2),
  };
}
