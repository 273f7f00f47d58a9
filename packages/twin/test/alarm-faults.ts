import type { AlarmWorld } from "./alarm-world.ts";
import { WELL } from "./stack-script.ts";

export interface Fault {
  /** Causes it in a stack that has been well. */
  readonly cause: (world: AlarmWorld) => void | Promise<void>;
  /** By when the alarm must have fired. */
  readonly within_min: number;
}

const { disk: CALM_DISKS } = WELL;

const change =
  (facts: Partial<AlarmWorld["facts"]>) =>
  (world: AlarmWorld): void => {
    Object.assign(world.facts, facts);
  };

/** EC2 refuses to launch, and an instance is lost. */
const noneComes = (tier: "Web" | "Database" | "NAT") => async (world: AlarmWorld) => {
  world.cloud.ec2.instances.launch = () => {
    throw new Error("We currently do not have sufficient t2.nano capacity in the Availability Zone you requested.");
  };
  const [id] = world.idsOf(tier);
  await world.call("ec2", "TerminateInstances", { InstanceIds: [id] });
};

/** What only AWS measures is put in its place: this alarm is seen to fire at the level of its evaluation. */
const measuredByAws = (alarm: string, value: number) => (world: AlarmWorld) => {
  world.clock.every(60_000, () => world.putForAws(alarm, value));
};

/** The fault of each alarm; an alarm without one fails the suite. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  "no-database-online": { cause: change({ online: false }), within_min: 4 },
  "database-unsteady": { cause: change({ away_s: 57 }), within_min: 8 },
  "no-ready-standby": { cause: change({ ready: false }), within_min: 28 },
  "database-instances-missing": { cause: noneComes("Database"), within_min: 30 },
  "backup-late": { cause: change({ backups: false }), within_min: 28 * 60 },
  "wal-archive-late": { cause: change({ archives: false }), within_min: 18 },
  "database-certificate-ends": { cause: change({ certificateDays: 29 }), within_min: 125 },
  "failover-failing": {
    cause: ({ functions }) => {
      functions.fails = true;
    },
    within_min: 8,
  },
  "failover-throttled": {
    cause: async ({ cloud, call }) => {
      const [declared] = cloud.lambda.all().filter(({ vpc }) => vpc === undefined);
      const input = { FunctionName: declared?.name, ReservedConcurrentExecutions: 0 };
      await call("lambda", "PutFunctionConcurrency", input);
    },
    within_min: 8,
  },
  "failover-blind": { cause: change({ blindRounds: 20 }), within_min: 8 },
  "fence-limit-reached": { cause: change({ fenceLimit: 1 }), within_min: 3 },
  "no-healthy-web-target": { cause: change({ webHealthy: false }), within_min: 9 },
  "web-hosts-unhealthy": { cause: change({ webHealthy: false }), within_min: 35 },
  "web-instances-missing": { cause: noneComes("Web"), within_min: 20 },
  "web-errors": { cause: change({ status: 500 }), within_min: 8 },
  "web-latency": { cause: change({ latency_ms: 5_000 }), within_min: 8 },
  "https-certificate-ends": { cause: measuredByAws("https-certificate-ends", 20), within_min: 26 * 60 },
  "nat-away": { cause: noneComes("NAT"), within_min: 16 },
  "web-disk-full": { cause: change({ disk: { ...CALM_DISKS, WebServers: 90 } }), within_min: 14 },
  "database-disk-full": { cause: change({ disk: { ...CALM_DISKS, DatabaseServers: 90 } }), within_min: 14 },
  "web-cpu-credits": { cause: measuredByAws("web-cpu-credits", 1), within_min: 20 },
  "database-cpu-credits": { cause: measuredByAws("database-cpu-credits", 1), within_min: 20 },
  "nat-cpu-credits": { cause: measuredByAws("nat-cpu-credits", 1), within_min: 20 },
  "efs-burst-credits": { cause: measuredByAws("efs-burst-credits", 1e9), within_min: 20 },
};
