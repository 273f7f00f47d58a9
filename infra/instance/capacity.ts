import { API_ENVIRONMENT, POOL_CONNECTIONS } from "@cloudy/contracts/environment/api.ts";
import { WEB_ROLLING_PERCENT_MAX } from "@cloudy/contracts/rolling.ts";
import { RunError } from "@pulumi/pulumi";
import type { MachineType } from "./machine-type.ts";

/**
 * One budget of memory and connections. The database's machine has memory for so many connections; these are shared out among
 * the most web instances that can run at once. The arithmetic goes by PostgreSQL's documentation, chapters 19.4 (resource
 * consumption), 19.3 (connections) and 19.7 (planning), https://www.postgresql.org/docs/18/runtime-config.html.
 */

/** Settings of PostgreSQL that follow from the machine that it runs on. */
export interface DatabaseCapacity {
  readonly maxConnections: number;
  readonly sharedBuffers_MB: number;
  readonly effectiveCacheSize_MB: number;
  readonly workMem_MB: number;
  readonly maintenanceWorkMem_MB: number;
  readonly parallelWorkers: number;
  readonly autovacuumWorkers: number;
}

/** Amazon Linux with its services, the agent, and the client of the file system. */
const SYSTEM_MB = 160;
/** 19.4: "a dedicated database server with 1GB or more of RAM": a quarter. With less, the system's own share weighs more. */
const BUFFERS = { from_MB: 1024, share: 1 / 4, smallShare: 3 / 16 };
/**
 * What a backend has for itself: 3 MB (measured after 150 statements of the API over TLS: 2.7 MB of its own, 3.1 MB with its part
 * of what is shared), and one `work_mem` of the least.
 */
const BACKEND_MB = 5;
const WORK_MEM_MB_MIN = 2;
/** A sort or hash table of each connection, and as much again for what it has besides, must fit at once. */
const WORK_MEM_SHARE = 2 / 5;
/** Each connection is a process and a part of every snapshot: beyond some hundreds they only get into each other's way. */
const CONNECTIONS_MAX = 500;
/** 19.7: an estimate of what one query finds in PostgreSQL's buffers and the kernel's cache together; it allocates nothing. */
const CACHE_SHARE = 1 / 2;
/** 19.4: a vacuum or an index build; few run at once, and none gains from more than a GB. */
const MAINTENANCE = { share: 1 / 16, max_MB: 1024 };
/** 19.4: half of the cores to one query, so that two can be quick at once; its other default limits (8 workers) stay. */
const PARALLEL_WORKERS_MAX = 4;
/** 19.10: PostgreSQL's own number, for machines that have the cores. */
const AUTOVACUUM_WORKERS_MAX = 3;

export function databaseCapacity({ memory_MB, vcpus }: Pick<MachineType, "memory_MB" | "vcpus">): DatabaseCapacity {
  const buffers_MB = Math.floor(memory_MB * (memory_MB < BUFFERS.from_MB ? BUFFERS.smallShare : BUFFERS.share));
  const left_MB = memory_MB - SYSTEM_MB - buffers_MB;
  const maxConnections = Math.min(CONNECTIONS_MAX, Math.floor(left_MB / BACKEND_MB));
  return {
    maxConnections,
    sharedBuffers_MB: buffers_MB,
    effectiveCacheSize_MB: Math.floor(memory_MB * CACHE_SHARE),
    workMem_MB: Math.max(WORK_MEM_MB_MIN, Math.floor((left_MB / maxConnections) * WORK_MEM_SHARE)),
    maintenanceWorkMem_MB: Math.min(MAINTENANCE.max_MB, Math.floor(memory_MB * MAINTENANCE.share)),
    parallelWorkers: Math.min(PARALLEL_WORKERS_MAX, Math.floor(vcpus / 2)),
    autovacuumWorkers: Math.min(AUTOVACUUM_WORKERS_MAX, vcpus),
  };
}

/** Connections that no web instance gets. */
const RESERVED = {
  /** `superuser_reserved_connections` by default: the agent's session, its checkpoint before a stop, and the base backup. */
  superuser: 3,
  /** The probe asks without logging in, and two invocations may overlap. */
  probe: 2,
  /** A session or two, and a dump. */
  people: 3,
};
export const RESERVED_CONNECTIONS = RESERVED.superuser + RESERVED.probe + RESERVED.people;

/** Each web instance has one process of the API at least. */
const POOL_CONNECTIONS_MIN = POOL_CONNECTIONS.perProcessMin;

/** The most web instances at once: AWS may round a part of an instance up. */
export function webInstancesAtPeak(webMax: number): number {
  return Math.ceil((webMax * WEB_ROLLING_PERCENT_MAX) / 100);
}

/**
 * Connections of each web instance: as its cores can use, or as many as there are for it when all run at once. Throws RunError
 * where these are too few.
 */
export function webConnections(webMax: number, web: MachineType, database: MachineType): number {
  const { maxConnections } = databaseCapacity(database);
  const instances = webInstancesAtPeak(webMax);
  const share = Math.floor((maxConnections - RESERVED_CONNECTIONS) / instances);
  if (share < POOL_CONNECTIONS_MIN) {
    const needed = instances * POOL_CONNECTIONS_MIN + RESERVED_CONNECTIONS;
    throw new RunError(
      `[cloudy:webMax] is ${webMax}: up to ${instances} web instances run while a change rolls through them. With ` +
        `${POOL_CONNECTIONS_MIN} connections each, and ${RESERVED_CONNECTIONS} for the database's own needs, they need ${needed}, but ` +
        `[cloudy:databaseInstanceType] ${database.name} has memory for ${maxConnections}. Lower webMax, or choose a bigger type.`,
    );
  }
  return Math.min(share, web.vcpus * POOL_CONNECTIONS.perCore, POOL_CONNECTIONS.max);
}

/**
 * Amazon Linux with its services, rsyslog and Amazon's agent, which keeps itself near 100 MB, and the monitoring script for some
 * seconds of each minute.
 */
const WEB_SYSTEM_MB = 300;
/** What each process may come to, the primary with its threads too; measured under load with two: 215 MB for all three. */
const API_PROCESS_MB = 150;

/**
 * Processes of the API on each web instance: one a vCPU, as far as memory and connections carry them. Several have a primary
 * besides.
 */
export function webProcesses(
  { memory_MB, vcpus }: Pick<MachineType, "memory_MB" | "vcpus">,
  connections: number,
): number {
  const fitting = Math.floor((memory_MB - WEB_SYSTEM_MB) / API_PROCESS_MB) - 1;
  const served = Math.floor(connections / POOL_CONNECTIONS.perProcessMin);
  return Math.max(1, Math.min(vcpus, fitting, served, API_ENVIRONMENT.PROCESSES.max));
}

/** What to say where requests alone cannot bring an instance to the CPU at which the group grows: each process uses one vCPU. */
export function idleCoresWarning(web: MachineType, processes: number, growsAbove_percent: number): string | undefined {
  const reached_percent = Math.round((100 * processes) / web.vcpus);
  if (reached_percent > growsAbove_percent) return undefined;
  return (
    `[cloudy:webInstanceType] ${web.name} has ${web.vcpus} vCPUs, but memory and connections for ${processes === 1 ? "one process" : `${processes} processes`} of the API: ` +
    `requests other than /load bring it to some ${reached_percent} % CPU at most, and the group grows above ${growsAbove_percent} %. ` +
    "Choose a bigger type or one with fewer vCPUs, or lower the threshold."
  );
}
