/** Variables that more than one process reads. */

export const POSTGRES_PORT = {
  type: "whole number",
  default: 5432,
  min: 1,
  max: 65_535,
  unit: "port",
  description: "port of PostgreSQL",
} as const;

export const STATUS_PORT = {
  type: "whole number",
  default: 8010,
  min: 1,
  max: 65_535,
  unit: "port",
  description: "port of the database agent's status",
} as const;

export const METADATA_ENDPOINT = {
  type: "text",
  default: "http://169.254.169.254",
  description: "where the instance metadata service (IMDSv2) answers",
} as const;

export const STACK = {
  type: "text",
  description: "this stack as <project>/<stack>: dimension of its metrics",
} as const;
