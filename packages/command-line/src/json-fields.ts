import { readFile } from "node:fs/promises";
import { ContractError } from "@cloudy/contracts/document.ts";
import { messageOf, UserError } from "./errors.ts";

/** A JSON object whose fields are looked up by name. */
export type Fields = Readonly<Record<string, unknown>>;

export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new UserError(`${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** Throws UserError for anything else; `source` names it. */
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

/** What is wrong with a document that the user gave is the user's mistake. */
export function readGiven<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw error instanceof ContractError ? new UserError(`${error.message}.`, { cause: error }) : error;
  }
}
