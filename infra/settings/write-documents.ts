/** `pnpm docs:settings`: writes Pulumi.yaml's keys and the tables of environment variables from their declarations. */
import { readFileSync, writeFileSync } from "node:fs";
import { SETTINGS_DOCUMENTS } from "./documents.ts";

for (const { path, refresh } of SETTINGS_DOCUMENTS) {
  const url = new URL(`../../${path}`, import.meta.url);
  const text = readFileSync(url, "utf8");
  const fresh = refresh(text);
  if (fresh !== text) writeFileSync(url, fresh);
  process.stdout.write(`${path}: ${fresh === text ? "is as declared" : "written"}\n`);
}
