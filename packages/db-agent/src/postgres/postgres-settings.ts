import type { Capacity } from "../settings.ts";

/** The superuser that only the agent uses, over the unix socket. */
export const SUPERUSER = "postgres";

const PARAMETERS: Readonly<Record<string, string>> = {
  listen_addresses: "*",
  // The socket lies in a directory of the agent's own; this keeps others out even if that were opened.
  unix_socket_permissions: "0700",
  password_encryption: "scram-sha-256",
  ssl: "on",
  ssl_min_protocol_version: "TLSv1.3",

  jit: "off",

  // Crash recovery is part of every takeover after a lost host: it replays half a minute of WAL, and never more than 128 MB,
  // however big the machine is.
  checkpoint_timeout: "30s",
  max_wal_size: "128MB",
  min_wal_size: "80MB",
  wal_compression: "on",

  // Clients of a vanished host, and replies to them, give up in about 25 s instead of two hours.
  tcp_keepalives_idle: "10",
  tcp_keepalives_interval: "5",
  tcp_keepalives_count: "3",
  tcp_user_timeout: "25000",
  client_connection_check_interval: "5s",
  idle_in_transaction_session_timeout: "60s",

  // While an archive is recovered from, nobody is let in before the end: a read-only server would pass for a primary.
  hot_standby: "off",

  logging_collector: "off",
  log_line_prefix: "%m [%p] ",
  log_timezone: "UTC",
  timezone: "UTC",
};

/** Arguments of `postgres`. Settings come from here, not from files beside the data, so that a new agent brings its own. */
export function postgresArguments(options: {
  readonly dataDirectory: string;
  readonly port: number;
  readonly socketDirectory: string;
  readonly hbaPath: string;
  readonly identPath: string;
  readonly capacity: Capacity;
  readonly certificate: { readonly certificate: string; readonly key: string };
  /** Command line of the agent's own file, up to the command; `undefined`: WAL is not archived. */
  readonly archiver: readonly string[] | undefined;
}): readonly string[] {
  const parameters = {
    ...PARAMETERS,
    ...capacityParameters(options.capacity),
    ...(options.archiver === undefined ? {} : archiveParameters(options.archiver)),
    port: String(options.port),
    unix_socket_directories: options.socketDirectory,
    hba_file: options.hbaPath,
    ident_file: options.identPath,
    ssl_cert_file: options.certificate.certificate,
    ssl_key_file: options.certificate.key,
  };
  return [
    "-D",
    options.dataDirectory,
    ...Object.entries(parameters).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
}

/** Another machine may have other values: each start brings its own, and recovery with `hot_standby` off asks for no minimum. */
function capacityParameters(capacity: Capacity): Readonly<Record<string, string>> {
  return {
    max_connections: String(capacity.maxConnections),
    shared_buffers: `${capacity.sharedBuffers_MB}MB`,
    effective_cache_size: `${capacity.effectiveCacheSize_MB}MB`,
    work_mem: `${capacity.workMem_MB}MB`,
    maintenance_work_mem: `${capacity.maintenanceWorkMem_MB}MB`,
    max_parallel_workers_per_gather: String(capacity.parallelWorkers),
    max_parallel_maintenance_workers: String(capacity.parallelWorkers),
    autovacuum_max_workers: String(capacity.autovacuumWorkers),
  };
}

function archiveParameters(archiver: readonly string[]): Readonly<Record<string, string>> {
  const command = archiver.map(quoted).join(" ");
  return {
    archive_mode: "on",
    // What is lost at most when the file system is lost: a segment is archived after this time even if it is not full.
    archive_timeout: "60s",
    archive_command: `${command} archive-wal "%p"`,
    restore_command: `${command} fetch-wal "%f" "%p"`,
  };
}

/** For the shell that PostgreSQL runs the command by; `%` is PostgreSQL's own mark. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''").replaceAll("%", "%%")}'`;
}

/**
 * Arguments of `initdb`. Locale C: the machines that take turns on the data may have different C libraries, and an index in
 * an order that another library sees otherwise is corrupt.
 */
export function initdbArguments(directory: string): readonly string[] {
  const authentication = "--auth=reject";
  return [
    "-D",
    directory,
    "-U",
    SUPERUSER,
    authentication,
    "--data-checksums",
    "--encoding=UTF8",
    "--locale=C",
    "--no-instructions",
  ];
}

/** pg_hba.conf: the superuser only by the agent's own operating system user; over the network everybody else by password and TLS. */
export const HBA_FILE = [
  `local all ${SUPERUSER} peer map=agent`,
  "local all all reject",
  `host all ${SUPERUSER} all reject`,
  "hostssl all all all scram-sha-256",
  "",
].join("\n");

/** pg_ident.conf: the operating system user that the agent runs as is the superuser. */
export function identFile(operatingSystemUser: string): string {
  return `agent "${operatingSystemUser}" ${SUPERUSER}\n`;
}
