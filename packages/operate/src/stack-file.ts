import { readFileSync, writeFileSync } from "node:fs";
import { messageOf, UserError } from "@cloudy/command-line";

/** The configuration of a stack, in the folder of Pulumi.yaml, where these commands run. */
function fileOf(stack: string): string {
  return `Pulumi.${stack}.yaml`;
}

export function readStackFile(stack: string): string {
  try {
    return readFileSync(fileOf(stack), "utf8");
  } catch (cause) {
    throw new UserError(`${fileOf(stack)} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** Returns the file's name. */
export function writeStackFile(stack: string, text: string): string {
  writeFileSync(fileOf(stack), text);
  return fileOf(stack);
}
