import { parse } from "yaml";
import { UserDataError } from "./errors.ts";

export interface ConfigFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
  readonly user: string;
  /** Written after the packages are installed. */
  readonly isDeferred: boolean;
}

export interface CloudConfig {
  readonly packages: readonly string[];
  readonly files: readonly ConfigFile[];
  readonly commands: readonly (readonly string[])[];
}

const TEMPLATE_HEADER = "## template: jinja";
const HEADER = "#cloud-config";
const KEYS = ["packages", "swap", "write_files", "runcmd"];
const FILE_KEYS = ["path", "content", "permissions", "owner", "defer"];

/** Reads user data: the subset of cloud-init in docs/contracts.md, anything else is an error that names it. */
export function parseCloudConfig(userData: string, instanceId: string): CloudConfig {
  if (userData.trim() === "") return { packages: [], files: [], commands: [] };
  const document = parse(body(userData, instanceId)) as unknown;
  const config = record(document ?? {}, "the document");
  refuseOthers(config, KEYS, "cloud-config");
  if (config["swap"] !== undefined) refuseOthers(record(config["swap"], "swap"), ["filename", "size"], "swap");
  return {
    packages: list(config["packages"], "packages").map((name) => text(name, "packages")),
    files: list(config["write_files"], "write_files").map(configFile),
    commands: list(config["runcmd"], "runcmd").map(command),
  };
}

function body(userData: string, instanceId: string): string {
  const isTemplate = userData.startsWith(TEMPLATE_HEADER);
  const filled = isTemplate ? userData.replaceAll(/\{\{\s*v1\.instance_id\s*\}\}/g, instanceId) : userData;
  const start = isTemplate ? filled.slice(TEMPLATE_HEADER.length).trimStart() : filled;
  if (!start.startsWith(HEADER)) {
    throw new UserDataError(`User data must start with "${HEADER}", but starts with "${start.split("\n", 1)[0]}".`);
  }
  const unknown = isTemplate ? /\{\{.*?\}\}|\{%.*?%\}/.exec(filled) : null;
  if (unknown !== null) throw new UserDataError(`The twin fills in {{ v1.instance_id }} only, not ${unknown[0]}.`);
  return start;
}

function configFile(value: unknown): ConfigFile {
  const file = record(value, "write_files");
  const path = text(file["path"], "write_files path");
  refuseOthers(file, FILE_KEYS, `write_files ${path}`);
  if (!path.startsWith("/")) throw new UserDataError(`write_files needs absolute paths, not "${path}".`);
  const permissions = file["permissions"] === undefined ? "0644" : text(file["permissions"], `permissions of ${path}`);
  if (!/^0?[0-7]{3,4}$/.test(permissions)) {
    throw new UserDataError(`The permissions of ${path} are "${permissions}"; write them like "0644".`);
  }
  return {
    path,
    content: text(file["content"], `content of ${path}`),
    mode: Number.parseInt(permissions, 8),
    user: file["owner"] === undefined ? "root" : (text(file["owner"], `owner of ${path}`).split(":")[0] ?? "root"),
    isDeferred: file["defer"] === true,
  };
}

function command(value: unknown): readonly string[] {
  if (typeof value === "string")
    throw new UserDataError(`runcmd takes lists of arguments, not the shell line "${value}".`);
  return list(value, "runcmd").map((argument) =>
    typeof argument === "number" ? String(argument) : text(argument, "runcmd"),
  );
}

function record(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new UserDataError(`User data: ${where} must be a mapping, not ${JSON.stringify(value)}.`);
}

function list(value: unknown, where: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new UserDataError(`User data: ${where} must be a list, not ${JSON.stringify(value)}.`);
}

function text(value: unknown, where: string): string {
  if (typeof value === "string") return value;
  throw new UserDataError(`User data: ${where} must be text, not ${JSON.stringify(value)}.`);
}

function refuseOthers(value: Readonly<Record<string, unknown>>, known: readonly string[], where: string): void {
  const other = Object.keys(value).find((key) => !known.includes(key));
  if (other === undefined) return;
  throw new UserDataError(`${where}: "${other}" is not modelled by the twin; it knows ${known.join(", ")}.`);
}
