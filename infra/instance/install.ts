import type { ConfigFile } from "./cloud-config.ts";

/** A published bundle, with its URI known. */
export interface InstallableBundle {
  readonly name: string;
  readonly sha256: string;
  readonly s3Uri: string;
}

export const NODE = "/usr/bin/node-24";
export const NODE_PACKAGE = "nodejs24";

export function bundleDir(name: string): string {
  return `/opt/cloudy/${name}`;
}

const archive = (name: string): string => `${bundleDir(name)}.tar.gz`;
const checksum = (name: string): string => `${bundleDir(name)}.sha256`;

/** What `sha256sum --check` compares the download with. */
export function checksumFile(bundle: InstallableBundle): ConfigFile {
  return { path: checksum(bundle.name), content: `${bundle.sha256}  ${archive(bundle.name)}\n` };
}
