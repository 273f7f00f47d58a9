import { DB_AGENT_ENVIRONMENT } from "@cloudy/contracts/environment/db-agent.ts";
import type { ConfigReader } from "./config-reader.ts";
import { INSTANCE_TYPE, type SettingGroup } from "./setting.ts";

export type DatabaseSettings = ReturnType<typeof parseDatabase>;

const POSTGRES_NAME = { pattern: /^[a-z_][a-z0-9_]{0,62}$/, words: "a plain PostgreSQL name" };

export const DATABASE = {
  databaseInstanceType: {
    type: "text",
    default: "t2.nano",
    shape: { pattern: INSTANCE_TYPE, words: "an instance type such as t3.small" },
    description: "type of the database instances",
  },
  databaseMin: {
    type: "whole number",
    default: 1,
    min: 1,
    max: 10,
    unit: "instances",
    description: "smallest size of the database group",
  },
  databaseMax: {
    type: "whole number",
    default: 2,
    min: 1,
    max: 10,
    unit: "instances",
    description: "largest size of the database group, not below databaseMin",
  },
  databaseDesired: {
    type: "whole number",
    default: 2,
    min: 1,
    max: 10,
    unit: "instances",
    description: "size of the database group, from databaseMin to databaseMax; two keep a standby warm",
  },
  databaseName: {
    type: "text",
    default: "cloudy",
    shape: POSTGRES_NAME,
    description: "database of the API",
    birthOnly: "the data directory was made with it; move by a dump into a new stack",
  },
  databaseUser: {
    type: "text",
    default: "cloudy",
    shape: POSTGRES_NAME,
    description: "owner of that database",
    birthOnly: "the data directory was made with it; move by a dump into a new stack",
  },
  postgresMajor: {
    type: "choice",
    default: "18",
    choices: ["15", "16", "17", "18"],
    description: "major version of PostgreSQL",
    birthOnly: "the data directory was made with it; move by a dump into a new stack",
  },
  efsThroughput: {
    type: "choice",
    default: "bursting",
    choices: ["bursting", "elastic"],
    description:
      "of the shared file system: by credits that grow with its size, or as much as is used, billed by the GB",
  },
  backupHours: DB_AGENT_ENVIRONMENT.BACKUP_HOURS,
  backupRetentionDays: DB_AGENT_ENVIRONMENT.BACKUP_RETENTION_DAYS,
} as const satisfies SettingGroup;

export function parseDatabase(config: ConfigReader) {
  const {
    databaseInstanceType: instanceType,
    databaseMin: min,
    databaseMax: max,
    databaseDesired: desired,
    databaseName: name,
    databaseUser: user,
    ...others
  } = config.group(DATABASE, {
    databaseMax: ({ databaseMin }) => ({ min: databaseMin }),
    databaseDesired: ({ databaseMin, databaseMax }) => ({ min: databaseMin, max: databaseMax }),
  });
  return { instanceType, min, max, desired, name, user, ...others };
}
