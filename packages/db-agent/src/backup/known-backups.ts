import { type Manifest, ManifestSchema } from "@cloudy/contracts/backup-manifest.ts";
import { BASE_PREFIX, backupOfKey } from "@cloudy/contracts/backup-names.ts";
import { parseJson } from "@cloudy/contracts/document.ts";
import { messageOf } from "../errors.ts";
import { log } from "../log.ts";
import type { BackupStore } from "./backup-store.ts";

export interface Written {
  readonly manifest: Manifest;
  readonly written_ms: number;
}

export interface KnownBackups {
  readonly readable: readonly Written[];
  /** Keys of manifests that are none: damaged, or of a release that writes another form. */
  readonly unreadable: readonly string[];
}

/** What base backups the bucket has. One manifest that cannot be read is named, and costs no more than itself. */
export async function knownBackups(store: BackupStore): Promise<KnownBackups> {
  const readable: Written[] = [];
  const unreadable: string[] = [];
  for (const { key, modified_ms } of await store.list(BASE_PREFIX)) {
    if (backupOfKey(key)?.isManifest !== true) continue;
    const stored = await store.read(key);
    if (stored === undefined) continue;
    try {
      const manifest = parseJson(ManifestSchema, stored.content.toString("utf8"), key);
      readable.push({ manifest, written_ms: modified_ms });
    } catch (error) {
      log("error", `${messageOf(error)}: put it right, or remove that backup`, { code: "manifest-unreadable", key });
      unreadable.push(key);
    }
  }
  return { readable, unreadable };
}
