export interface Settings {
  /** Of the metrics: `WebServers` or `DatabaseServers`. */
  readonly namespace: string;
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
  const text = (name: string) => environment[name]?.trim() || undefined;
  const namespace = text("METRICS_NAMESPACE");
  const region = text("AWS_REGION");
  const wrong: string[] = [];
  if (namespace === undefined) wrong.push("METRICS_NAMESPACE is not set: give WebServers or DatabaseServers.");
  if (region === undefined) wrong.push("AWS_REGION is not set: give the region of the instance.");
  if (namespace === undefined || region === undefined) throw new SettingsError(wrong.join("\n"));
  return {
    namespace,
    region,
    procfsPath: text("PROCFS_PATH") ?? "/proc",
    diskPath: text("DISK_PATH") ?? "/",
    // systemd lists several directories with colons; this unit has one.
    stateDirectory: text("STATE_DIRECTORY")?.split(":", 1)[0],
    metadataEndpoint: text("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? "http://169.254.169.254",
  };
}
