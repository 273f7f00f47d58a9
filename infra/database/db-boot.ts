import { DB_AGENT_ENVIRONMENT } from "@cloudy/contracts/environment/db-agent.ts";
import { environmentOf } from "@cloudy/contracts/environment/write.ts";
import { type BootStep, installStep, needing, packagesStep, STEP_PAUSE } from "../instance/boot-step.ts";
import type { DatabaseCapacity } from "../instance/capacity.ts";
import { type CloudConfig, SWAP, startUnits } from "../instance/cloud-config.ts";
import { HOST_METRICS_TIMER, hostMetricsFiles } from "../instance/host-metrics-boot.ts";
import { bundleDir, type InstallableBundle, NODE, NODE_PACKAGE } from "../instance/install.ts";
import { logsStep } from "../instance/logs-boot.ts";
import { AFTER_NETWORK, environmentFile, HARDENING, retried, unitFile } from "../instance/systemd.ts";
import { POSTGRES_PORT, STATUS_PORT } from "../network/ports.ts";
import type { DatabaseSettings } from "../settings/database-settings.ts";

export const DATABASE_METRICS_NAMESPACE = "DatabaseServers";

export interface DbBootArgs {
  readonly region: string;
  /** `<project>/<stack>`, the dimension of metrics. */
  readonly stack: string;
  readonly dbAgent: InstallableBundle;
  readonly hostMetrics: InstallableBundle;
  readonly logGroup: string;
  readonly virtualIp: string;
  readonly fileSystemId: string;
  readonly accessPointId: string;
  readonly databaseSecretId: string;
  readonly serverSecretId: string;
  readonly grantSecretId: string;
  readonly backupBucket: string;
  readonly settings: DatabaseSettings;
  readonly capacity: DatabaseCapacity;
}

const SHARED_DIR = DB_AGENT_ENVIRONMENT.SHARED_DIR.default;
/** systemd demands that a mount unit is named after its path. */
const MOUNT_UNIT = "mnt-cloudy.mount";
const MOUNTING_UNIT = "cloudy-mount.service";
const VIRTUAL_IP_UNIT = "cloudy-virtual-ip.service";
const AGENT_UNIT = "cloudy-db-agent.service";

/** PostgreSQL writes a checkpoint when it stops; it must not be killed in the middle of a clean release. */
const AGENT_STOP_SECONDS = 120;

/** Beyond the 90 s that systemd leaves a mount. */
const MOUNTING_SECONDS = 120;

/**
 * Who goes first when memory is short: the monitoring script, then what has no word here, then a session of PostgreSQL, and
 * last of all the agent, PostgreSQL's main process and the tunnel of the file system.
 */
const OOM_LAST = "-900";
const OOM_SESSION = "-500";

/** How a database instance comes up: virtual IP, shared file system, and the agent that decides whether PostgreSQL runs. */
export function dbBoot(args: DbBootArgs): CloudConfig {
  // stunnel is what the mount goes through, by its option of that name.
  const packages = packagesStep([
    NODE_PACKAGE,
    "amazon-efs-utils",
    "stunnel",
    `postgresql${args.settings.postgresMajor}-server`,
  ]);
  const agent = installStep(args.dbAgent, [packages]);
  const hostMetrics = installStep(args.hostMetrics, [packages, agent]);
  const logs = logsStep(args.logGroup, [packages, agent, hostMetrics]);
  return {
    swap: SWAP,
    write_files: [
      ...[packages, agent, hostMetrics, logs].flatMap(({ files }) => files),
      virtualIpUnit(args.virtualIp),
      ...mountUnits(args, packages),
      ...agentFiles(args, [packages, agent]),
      ...hostMetricsFiles(args, DATABASE_METRICS_NAMESPACE, [packages, hostMetrics]),
    ],
    runcmd: [
      ["mkdir", "-p", SHARED_DIR],
      ...startUnits([
        ...[packages, agent, hostMetrics, logs].map(({ unit }) => unit),
        VIRTUAL_IP_UNIT,
        AGENT_UNIT,
        HOST_METRICS_TIMER,
      ]),
    ],
  };
}

function virtualIpUnit(virtualIp: string) {
  return unitFile(
    VIRTUAL_IP_UNIT,
    retried({
      Unit: { Description: "Cloudy virtual IP", ...AFTER_NETWORK },
      Service: {
        Type: "oneshot",
        RemainAfterExit: "yes",
        // On lo: the instance answers to the address, the VPC's route alone decides who gets the packets.
        ExecStart: `/usr/sbin/ip addr replace ${virtualIp}/32 dev lo`,
        Restart: "on-failure",
        RestartSec: STEP_PAUSE,
      },
      Install: { WantedBy: "multi-user.target" },
    }),
  );
}

/**
 * systemd tries a mount once a start, so that a service repeats the start. The agent wants that service at each of its own
 * starts: it does not remain active, and so mounts again what was unmounted.
 */
function mountUnits(args: DbBootArgs, packages: BootStep) {
  return [
    unitFile(
      MOUNT_UNIT,
      retried({
        Unit: { Description: "Cloudy shared file system", ...AFTER_NETWORK },
        Mount: {
          What: `${args.fileSystemId}:/`,
          Where: SHARED_DIR,
          Type: "efs",
          // stunnel: one TCP connection, see docs/database-safety.md, A3. hard: a write waits for the file system rather than
          // failing; noresvport: a new port after a reconnect.
          Options: `tls,iam,stunnel,accesspoint=${args.accessPointId},_netdev,hard,noresvport`,
          OOMScoreAdjust: OOM_LAST,
        },
      }),
    ),
    unitFile(
      MOUNTING_UNIT,
      retried({
        Unit: { Description: "Cloudy mount", ...needing([packages]).Unit },
        Service: {
          Type: "oneshot",
          ExecStart: `/usr/bin/systemctl start ${MOUNT_UNIT}`,
          Restart: "on-failure",
          RestartSec: STEP_PAUSE,
          TimeoutStartSec: `${MOUNTING_SECONDS}s`,
        },
      }),
    ),
  ];
}

function agentFiles(args: DbBootArgs, steps: readonly BootStep[]) {
  const environment = "/etc/cloudy/db-agent.env";
  const needs = needing(steps, [VIRTUAL_IP_UNIT, MOUNTING_UNIT]);
  return [
    environmentFile(environment, agentEnvironment(args)),
    unitFile(
      AGENT_UNIT,
      retried({
        Unit: {
          Description: "Cloudy database agent",
          // So that the agent has ended before the file system is unmounted.
          After: `${needs.Unit.After} ${MOUNT_UNIT}`,
          Wants: needs.Unit.Wants,
        },
        Service: {
          Type: "exec",
          User: "postgres",
          StateDirectory: "cloudy",
          EnvironmentFile: environment,
          // Read by PostgreSQL for each process that it forks, which would inherit the agent's own score otherwise.
          Environment: ["PG_OOM_ADJUST_FILE=/proc/self/oom_score_adj", `PG_OOM_ADJUST_VALUE=${OOM_SESSION}`],
          // systemd is asked, since nobody can look here: ReadWritePaths= makes the directory a mount point of its own in the
          // namespace of each command, with + as well.
          ExecStartPre: [...needs.Service.ExecStartPre, `+/usr/bin/systemctl is-active --quiet ${MOUNT_UNIT}`],
          ExecStart: `${NODE} ${bundleDir("db-agent")}/agent.mjs`,
          Restart: "always",
          RestartSec: "1s",
          // A restarted agent adopts the PostgreSQL that it finds, so only the agent itself is signalled.
          KillMode: "process",
          TimeoutStopSec: `${AGENT_STOP_SECONDS}s`,
          OOMScoreAdjust: OOM_LAST,
          ...HARDENING,
          ReadWritePaths: SHARED_DIR,
        },
        Install: { WantedBy: "multi-user.target" },
      }),
    ),
  ];
}

function agentEnvironment(args: DbBootArgs) {
  return environmentOf(DB_AGENT_ENVIRONMENT, {
    AWS_REGION: args.region,
    SHARED_DIR,
    STATE_DIR: DB_AGENT_ENVIRONMENT.STATE_DIR.default,
    POSTGRES_BIN: DB_AGENT_ENVIRONMENT.POSTGRES_BIN.default,
    POSTGRES_PORT,
    STATUS_PORT,
    MAX_CONNECTIONS: args.capacity.maxConnections,
    SHARED_BUFFERS_MB: args.capacity.sharedBuffers_MB,
    EFFECTIVE_CACHE_SIZE_MB: args.capacity.effectiveCacheSize_MB,
    WORK_MEM_MB: args.capacity.workMem_MB,
    MAINTENANCE_WORK_MEM_MB: args.capacity.maintenanceWorkMem_MB,
    PARALLEL_WORKERS: args.capacity.parallelWorkers,
    AUTOVACUUM_WORKERS: args.capacity.autovacuumWorkers,
    SECRET_ID: args.databaseSecretId,
    SERVER_SECRET_ID: args.serverSecretId,
    GRANT_SECRET_ID: args.grantSecretId,
    SECRET_REGION: args.region,
    BACKUP_BUCKET: args.backupBucket,
    BACKUP_HOURS: args.settings.backupHours,
    BACKUP_RETENTION_DAYS: args.settings.backupRetentionDays,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: undefined,
  });
}
