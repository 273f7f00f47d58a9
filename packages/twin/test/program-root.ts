import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

/** A root with this repository's program and stacks of its own: the text of Pulumi.<stack>.yaml by the stack's name. */
export function programRoot(stackFiles: Readonly<Record<string, string>>): {
  readonly root: string;
  remove(): void;
} {
  const root = mkdtempSync(join(tmpdir(), "program-"));
  for (const folder of ["infra", "packages"]) symlinkSync(join(REPOSITORY, folder), join(root, folder));
  cpSync(join(REPOSITORY, "Pulumi.yaml"), join(root, "Pulumi.yaml"));
  for (const [stack, text] of Object.entries(stackFiles)) writeFileSync(join(root, `Pulumi.${stack}.yaml`), text);
  return { root, remove: () => rmSync(root, { recursive: true }) };
}
