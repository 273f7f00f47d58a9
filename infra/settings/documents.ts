import { API_ENVIRONMENT } from "@cloudy/contracts/environment/api.ts";
import { DB_AGENT_ENVIRONMENT } from "@cloudy/contracts/environment/db-agent.ts";
import { FAILOVER_ENVIRONMENT } from "@cloudy/contracts/environment/failover.ts";
import { HOST_METRICS_ENVIRONMENT } from "@cloudy/contracts/environment/host-metrics.ts";
import { PROBE_ENVIRONMENT } from "@cloudy/contracts/environment/probe.ts";
import type { Variable, Variables } from "@cloudy/contracts/environment/variable.ts";
import { stringify } from "yaml";
import type { Setting } from "./setting.ts";
import { SETTINGS } from "./settings.ts";

/** What is written from the declarations: a file, from the repository's root, and its text made fresh. */
export interface SettingsDocument {
  readonly path: string;
  refresh(text: string): string;
}

const COMMAND = "pnpm docs:settings";
const SCHEMA_BEGIN = `# Written by \`${COMMAND}\` from infra/settings, where each setting is declared; a test keeps it fresh.\n`;
const TABLE_BEGIN = `<!-- Written by \`${COMMAND}\` from packages/contracts/src/environment; a test keeps it fresh. -->\n`;
const TABLE_END = `<!-- End of what \`${COMMAND}\` writes. -->\n`;

const PROCESSES: Readonly<Record<string, Variables>> = {
  api: API_ENVIRONMENT,
  "db-agent": DB_AGENT_ENVIRONMENT,
  "host-metrics": HOST_METRICS_ENVIRONMENT,
  failover: FAILOVER_ENVIRONMENT,
  probe: PROBE_ENVIRONMENT,
};

export const SETTINGS_DOCUMENTS: readonly SettingsDocument[] = [
  { path: "Pulumi.yaml", refresh: (text) => `${partsOf(text, SCHEMA_BEGIN)[0]}${SCHEMA_BEGIN}${configSchema()}` },
  {
    path: "docs/contracts.md",
    refresh: (text) => {
      const tables = Object.entries(PROCESSES).map(([name, variables]) => `### ${name}\n\n${tableOf(variables)}\n`);
      return withTable(text, tables.join(""));
    },
  },
  { path: "packages/api/README.md", refresh: (text) => withTable(text, `${tableOf(API_ENVIRONMENT)}\n`) },
];

function withTable(text: string, table: string): string {
  const [before, rest] = partsOf(text, TABLE_BEGIN);
  return `${before}${TABLE_BEGIN}\n${table}${TABLE_END}${partsOf(rest, TABLE_END)[1]}`;
}

/** What stands before and after the only occurrence of `mark`. */
function partsOf(text: string, mark: string): readonly [string, string] {
  const [before, after, ...more] = text.split(mark);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`The line "${mark.trimEnd()}" must stand in the file once.`);
  }
  return [before, after];
}

/** Pulumi's schema of the project's keys: each with a type, a default of it and a description. */
function configSchema(): string {
  return `config:\n${Object.entries(SETTINGS).map(schemaEntry).join("")}`;
}

function schemaEntry([key, setting]: readonly [string, Setting]): string {
  const lines = Object.entries({ ...schemaOf(setting), description: describe(setting) }).map(
    ([name, value]) => `    ${name}: ${inline(value)}\n`,
  );
  if (key !== "secret") return `  ${key}:\n${lines.join("")}`;
  const why =
    "  # With its namespace, since Pulumi's schema gives the bare key `secret` another meaning and refuses the file.\n";
  return `${why}  cloudy:${key}:\n${lines.join("")}`;
}

/** On one line, with the blanks that the formatter of this repository leaves in lists and objects. */
function inline(value: unknown): string {
  const flowCollectionPadding = !Array.isArray(value);
  return stringify(value, { collectionStyle: "flow", flowCollectionPadding, lineWidth: 0 }).trimEnd();
}

function schemaOf(setting: Setting): object {
  switch (setting.type) {
    case "list":
      return { type: "array", items: { type: "string" }, default: setting.default };
    case "fields":
      return { type: "object", default: {} };
    case "text":
      return { type: "string", default: setting.default ?? "" };
    default:
      return { type: typeof setting.default === "number" ? "integer" : "string", default: setting.default };
  }
}

function describe(setting: Setting): string {
  const what = setting.description.charAt(0).toUpperCase() + setting.description.slice(1);
  const allowed = setting.type === "fields" ? `{${Object.keys(setting.fields).join(", ")}}` : allowedIn(setting);
  const birth =
    setting.birthOnly === undefined ? "" : ". For a new stack only: the program refuses another value later";
  return `${what}${allowed === "" ? "" : ` (${allowed})`}${birth}`;
}

function allowedIn(declared: Exclude<Setting, { readonly type: "fields" }> | Variable): string {
  switch (declared.type) {
    case "text":
      return declared.shape?.words ?? "";
    case "list":
      return `a list of ${declared.shape.words}`;
    case "choice":
      return declared.choices.join(", ");
    case "whole number":
      // The description says already that it is a port.
      return `${declared.min} to ${declared.max}${unitOf(declared)}`;
    case "positive number":
      return `up to ${declared.max} ${declared.unit}`;
  }
}

function tableOf(variables: Variables): string {
  const rows = Object.entries(variables).map(([name, declared]) => [
    `\`${name}\``,
    declared.default === undefined ? (declared.otherwise ?? "must be set") : `\`${declared.default}\``,
    allowedIn(declared),
    declared.description,
  ]);
  const header = ["variable", "without it", "allowed", "what"];
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |\n`;
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("");
}

function unitOf({ unit }: { readonly unit?: string }): string {
  return unit === undefined || unit === "port" ? "" : ` ${unit}`;
}
