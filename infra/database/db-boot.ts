import { DB_AGENT_ENVIRONMENT } from "@cloudy/contracts/environment/db-agent.ts";
import { environmentOf } from "@cloudy/contracts/environment/write.ts";
import { type CloudConfig, SWAP } from "../instance/cloud-config.ts";
import { HOST_METRICS_TIMER, hostMetricsFiles } from "../instance/host-metrics-boot.ts";
import {
  bundleDir,
  checksumFile,
  type InstallableBundle,
  installCommands,
  NODE,
  NODE_PACKAGE,
} from "../instance/install.ts";
import { AFTER_NETWORK, environmentFile, HARDENING, unitFile } from "../instance/systemd.ts";
import { POSTGRES_PORT, STATUS_PORT } from "../network/ports.ts";
import type { DatabaseSettings } from "../settings/database-settings.ts";

export const DATABASE_METRICS_NAMESPACE = "DatabaseServers";

export interface DbBootArgs {
  readonly region: string;
  readonly dbAgent: InstallableBundle;
  readonly hostMetrics: InstallableBundle;
  readonly virtualIp: string;
  readonly fileSystemId: string;
  readonly accessPointId: string;
  readonly databaseSecretId: string;
  readonly serverSecretId: string;
  readonly grantSecretId: string;
  readonly backupBucket: string;
  readonly settings: DatabaseSettings;
}

const SHARED_DIR = DB_AGENT_ENVIRONMENT.SHARED_DIR.default;
/** systemd demands that a mount unit is named after its path. */
const MOUNT_UNIT = "mnt-cloudy.mount";
const VIRTUAL_IP_UNIT = "cloudy-virtual-ip.service";
const AGENT_UNIT = "cloudy-db-agent.service";

/** PostgreSQL writes a checkpoint when it stops; it must not be killed in the middle of a clean release. */
const AGENT_STOP_SECONDS = 120;

/** How a database instance comes up: virtual IP, shared file system, and the agent that decides whether PostgreSQL runs. */
export function dbBoot(args: DbBootArgs): CloudConfig {
  return {
    packages: [NODE_PACKAGE, "amazon-efs-utils", `postgresql${args.settings.postgresMajor}-server`],
    swap: SWAP,
    write_files: [
      unitFile(VIRTUAL_IP_UNIT, {
        Unit: { Description: "Cloudy virtual IP", ...AFTER_NETWORK },
        Service: {
          Type: "oneshot",
          RemainAfterExit: "yes",
          // On lo: the instance answers to the address, the VPC's route alone decides who gets the packets.
          ExecStart: `/usr/sbin/ip addr replace ${args.virtualIp}/32 dev lo`,
        },
        Install: { WantedBy: "multi-user.target" },
      }),
      mountUnit(args),
      ...agentFiles(args),
      ...hostMetricsFiles(args.region, DATABASE_METRICS_NAMESPACE),
      checksumFile(args.dbAgent),
      checksumFile(args.hostMetrics),
    ],
    runcmd: [
      ["set", "-e"],
      ["mkdir", "-p", SHARED_DIR],
      ...installCommands(args.dbAgent),
      ...installCommands(args.hostMetrics),
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", HOST_METRICS_TIMER, VIRTUAL_IP_UNIT, MOUNT_UNIT, AGENT_UNIT],
    ],
  };
}

function mountUnit(args: DbBootArgs) {
  return unitFile(MOUNT_UNIT, {
    Unit: { Description: "Cloudy shared file system", ...AFTER_NETWORK },
    Mount: {
      What: `${args.fileSystemId}:/`,
      Where: SHARED_DIR,
      Type: "efs",
      // hard: a write waits for the file system rather than failing; noresvport: a new port after a reconnect.
      Options: `tls,iam,accesspoint=${args.accessPointId},_netdev,hard,noresvport`,
    },
    Install: { WantedBy: "multi-user.target" },
  });
}

function agentFiles(args: DbBootArgs) {
  const environment = "/etc/cloudy/db-agent.env";
  return [
    environmentFile(environment, agentEnvironment(args)),
    unitFile(AGENT_UNIT, {
      Unit: {
        Description: "Cloudy database agent",
        After: `network-online.target ${VIRTUAL_IP_UNIT}`,
        Wants: `network-online.target ${VIRTUAL_IP_UNIT}`,
        RequiresMountsFor: SHARED_DIR,
      },
      Service: {
        Type: "exec",
        User: "postgres",
        StateDirectory: "cloudy",
        EnvironmentFile: environment,
        ExecStart: `${NODE} ${bundleDir("db-agent")}/agent.mjs`,
        Restart: "always",
        RestartSec: "1s",
        // A restarted agent adopts the PostgreSQL that it finds, so only the agent itself is signalled.
        KillMode: "process",
        TimeoutStopSec: `${AGENT_STOP_SECONDS}s`,
        ...HARDENING,
        ReadWritePaths: SHARED_DIR,
      },
      Install: { WantedBy: "multi-user.target" },
    }),
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
