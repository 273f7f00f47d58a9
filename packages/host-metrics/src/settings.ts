import { HOST_METRICS_ENVIRONMENT } from "@cloudy/contracts/environment/host-metrics.ts";
import { environmentReader } from "@cloudy/contracts/environment/read.ts";

export interface Settings {
  /** Where the metrics go: `WebServers` or `DatabaseServers`. */
  readonly namespace: string;
  /** `<project>/<stack>`. */
  readonly stack: string;
  readonly region: string;
  readonly procfsPath: string;
  readonly diskPath: string;
  /** Where the previous sample is kept; systemd sets it by StateDirectory=. */
  readonly stateDirectory: string | undefined;
  readonly metadataEndpoint: string;
}

/** A mistake of the operator: shown as one message, without a stack. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const wrong: string[] = [];
  const read = environmentReader(HOST_METRICS_ENVIRONMENT, environment, ({ name, declared }) => {
    wrong.push(`${name} is not set: give ${declared.description}.`);
  });
  const settings = {
    namespace: read("METRICS_NAMESPACE"),
    stack: read("STACK"),
    region: read("AWS_REGION"),
    procfsPath: read("PROCFS_PATH"),
    diskPath: read("DISK_PATH"),
    // systemd lists several directories with colons; this unit has one.
    stateDirectory: read("STATE_DIRECTORY")?.split(":", 1)[0],
    metadataEndpoint: read("AWS_EC2_METADATA_SERVICE_ENDPOINT"),
  };
  if (wrong.length > 0) throw new SettingsError(wrong.join("\n"));
  return settings;
}
