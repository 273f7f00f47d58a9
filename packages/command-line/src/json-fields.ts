import { readFile } from "node:fs/promises";
import { messageOf, UserError } from "./errors.ts";

/** A JSON object whose fields are looked up by name; `source` names it in errors, which are all UserErrors. */
export type Fields = Readonly<Record<string, unknown>>;

export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new UserError(`${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

export function parseObject(json: string, source: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new UserError(`${source} is not JSON: ${messageOf(cause)}`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UserError(`${source} is not a JSON object.`);
  }
  return value as Fields;
}

export function objectOf(fields: Fields, name: string, source: string): Fields {
  const value = fields[name];
  if (typeof value !== "object" || value === null) throw new UserError(`${source} lacks [${name}].`);
  return value as Fields;
}

export function textOf(fields: Fields, name: string, source: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value === "") throw new UserError(`${source} lacks [${name}].`);
  return value;
}
