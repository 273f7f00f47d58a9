/** dnf retries its mirrors for a while before it gives a package up; cloud time. */
export const PACKAGE_TIMEOUT_MS = 300_000;
/** The AWS CLI's connect timeout and number of attempts; cloud time. */
export const CLI_CONNECT_TIMEOUT_MS = 60_000;
export const CLI_ATTEMPTS_MAX = 5;
/** amazon-efs-utils tries a mount three times, 15 s each (`retry_nfs_mount_command_count`, `..._timeout_sec`); cloud time. */
export const MOUNT_ATTEMPTS_MAX = 3;
export const MOUNT_TIMEOUT_MS = 15_000;
export const NFS_PORT = 2049;
/** cloud-init looks for EC2's metadata for so long (DataSourceEc2's `url_max_wait`); cloud time. */
export const CLOUD_INIT_METADATA_MS = 240_000;

/** systemd's own defaults (systemd-system.conf), cloud time. */
export const RESTART_DELAY_MS = 100;
export const START_TIMEOUT_MS = 90_000;
export const STOP_TIMEOUT_MS = 90_000;
export const START_LIMIT_INTERVAL_MS = 10_000;
export const START_LIMIT_BURST = 5;
