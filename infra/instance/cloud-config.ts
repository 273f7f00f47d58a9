import { RunError } from "@pulumi/pulumi";
import { stringify } from "yaml";

/** The subset of cloud-init in use; see docs/contracts.md. */
export interface CloudConfig {
  readonly swap?: { readonly filename: string; readonly size: string };
  readonly write_files: readonly ConfigFile[];
  /** Argument lists, never shell strings. */
  readonly runcmd: readonly (readonly string[])[];
}

export interface ConfigFile {
  readonly path: string;
  readonly content: string;
  readonly permissions?: string;
  readonly owner?: string;
  readonly defer?: boolean;
}

/** EC2 refuses more user data than this, counted before base64. */
const USER_DATA_BYTES_MAX = 16 * 1024;

/** The instance's own id, filled in by cloud-init. */
export const INSTANCE_ID = "{{ v1.instance_id }}";

/** dnf alone is killed for want of memory in the 512 MB of a nano instance. */
export const SWAP = { filename: "/swapfile", size: "1G" } as const;

/** Has systemd start units now and at every later boot; cloud-init does not wait for them, since they may need several attempts. */
export function startUnits(units: readonly string[]): readonly (readonly string[])[] {
  return [
    ["systemctl", "daemon-reload"],
    ["systemctl", "enable", "--now", "--no-block", ...units],
  ];
}

/** User data as text; throws when EC2 would refuse it. `what` names the instance in the error. */
export function renderCloudConfig(what: string, config: CloudConfig): string {
  const yaml = stringify(config, { lineWidth: 0 });
  const header = yaml.includes(INSTANCE_ID) ? "## template: jinja\n#cloud-config\n" : "#cloud-config\n";
  const text = header + yaml;
  const bytes = Buffer.byteLength(text);
  if (bytes > USER_DATA_BYTES_MAX) {
    throw new RunError(
      `User data of the ${what} instances is ${bytes} bytes; EC2 takes ${USER_DATA_BYTES_MAX}. Move files into a bundle.`,
    );
  }
  return text;
}
