import type { ResourceTypes } from "@cloudy/twin-model/resource-type.ts";
import { serviceResources } from "@cloudy/twin-services/resources.ts";
import { tlsResources } from "./certificates.ts";
import { parameterResources } from "./parameters.ts";
import { randomResources } from "./random.ts";

/** The services' tables, and those of providers that belong to no service. */
export const resourceTables: readonly ResourceTypes[] = [
  ...serviceResources,
  parameterResources,
  randomResources,
  tlsResources,
];

/** Every resource type that the twin knows. */
export const resourceTypes: ResourceTypes = Object.assign({}, ...resourceTables);

/** The end of a refusal. */
export const whereToTeach =
  "Teach the twin, or leave it to AWS with the reason (awsOnly): the resources.ts of the service in packages/twin-services/src declares its types, packages/twin/src/program those of no service.";
