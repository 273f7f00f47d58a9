import { join } from "node:path";
import { messageOf } from "../errors.ts";
import { log } from "../log.ts";
import { readText, replaceFile } from "./local-file.ts";

/**
 * The grant key as it was read last, beside the server's certificate: with both an agent that starts while the secrets cannot be read
 * is as fit as one that was running. The database's login is not kept, since an old password must not be put back over a newer one.
 */
export function readKeptKey(stateDir: string): string | undefined {
  const key = readText(keyFile(stateDir))?.trim();
  return key === "" ? undefined : key;
}

/** A copy that cannot be written costs no more than the copy. */
export function keepKey(stateDir: string, key: string): void {
  const path = keyFile(stateDir);
  if (readText(path)?.trim() === key) return;
  try {
    replaceFile(path, `${key}\n`);
  } catch (error) {
    log("warn", `the grant key could not be kept in ${path}: ${messageOf(error)}`, { code: "key-not-kept" });
  }
}

const keyFile = (stateDir: string) => join(stateDir, "grant.key");
