import { FAILOVER_ENVIRONMENT } from "@cloudy/contracts/environment/failover.ts";
import type { FailoverMetric } from "@cloudy/contracts/metrics.ts";
import { type AlarmDefinition, type Metric, MINUTE_S, minutes, missingInstances, type Watched } from "./alarm.ts";

const HOUR_S = 3_600;
/** A late base backup is tried again every ten minutes: after this time it is not one failure but a reason. */
const BACKUP_LATE_HOURS = 3;
/** A segment that could not be archived is tried again every minute. */
const WAL_LATE_S = 600;
/** The agent's journal warns from here on as well. */
const CERTIFICATE_DAYS = 30;
/** A failover takes about as long and is over in a minute: five minutes in a row are no failover. */
const UNSTEADY_S = 15;
/** Of the 20 rounds of a minute. */
const BLIND_ROUNDS = 10;

/** What the failover function puts, about itself and for the agents. */
export function databaseMetric(stack: string, name: FailoverMetric, statistic: string): Metric {
  return { namespace: FAILOVER_ENVIRONMENT.METRICS_NAMESPACE.default, name, dimensions: { Stack: stack }, statistic };
}

export function databaseAlarms(watched: Watched): readonly AlarmDefinition[] {
  const { database, boot_s } = watched;
  const metric = (name: FailoverMetric, statistic: string) => databaseMetric(watched.stack, name, statistic);
  // A change replaces one instance after the other, each within the time of a boot.
  const replaced = minutes(2 * boot_s) + 5;
  const standby: AlarmDefinition = {
    name: "no-ready-standby",
    means: "No standby could take over: the next loss of the primary is an outage until a new instance has booted.",
    act: "See in the log of the failover function why the standby is not ready, and in its group's activities whether it boots.",
    fault: "the standby's agent is never ready",
    watched: metric("ReadyStandbys", "Maximum"),
    fires: "below",
    threshold: 1,
    period_s: MINUTE_S,
    periods: replaced,
    missing: "notBreaching",
  };
  return [
    {
      name: "no-database-online",
      means: "No database has been online for two minutes, or nobody counts: the service answers without data.",
      act: "Read the newest lines of the failover function's log: each says what it sees and what it waits for.",
      fault: "the primary's PostgreSQL does not come back, and no standby may take over",
      watched: metric("OnlineDatabases", "Maximum"),
      fires: "below",
      threshold: 1,
      period_s: MINUTE_S,
      periods: 2,
      missing: "breaching",
    },
    {
      name: "database-unsteady",
      means: `In each of the last five minutes the database was away for more than ${UNSTEADY_S} s: it comes and goes.`,
      act: "Read the active instance's journal: PostgreSQL says why it ends. Damaged data is restored by `pnpm restore`.",
      fault: "PostgreSQL serves for some seconds of each minute",
      watched: metric("TimeWithoutWriter", "Sum"),
      fires: "above",
      threshold: UNSTEADY_S,
      period_s: MINUTE_S,
      periods: 5,
      missing: "notBreaching",
    },
    ...(database.desired > 1 ? [standby] : []),
    {
      name: "database-instances-missing",
      means: "The database group has had fewer instances in service than it should for longer than two boots take.",
      act: "Look at the group's activities: a launch that AWS refuses says why, one that is given up did not boot.",
      fault: "new database instances never come into service",
      watched: missingInstances(database.group),
      fires: "above",
      threshold: 0,
      period_s: MINUTE_S,
      periods: replaced,
      missing: "notBreaching",
    },
    {
      name: "backup-late",
      means: `The newest base backup is older than ${database.backupHours + BACKUP_LATE_HOURS} hours: it is due every ${database.backupHours}.`,
      act: "On the active instance ask `curl -s localhost:8010/status` for backups.failure, and repair what it names.",
      fault: "the bucket refuses base backups",
      watched: metric("BackupAge", "Minimum"),
      fires: "above",
      threshold: (database.backupHours + BACKUP_LATE_HOURS) * HOUR_S,
      period_s: 5 * MINUTE_S,
      periods: 3,
      missing: "notBreaching",
    },
    {
      name: "wal-archive-late",
      means: "WAL has waited for ten minutes to be archived: a restore would lose it, and the file system grows.",
      act: "On the active instance ask `curl -s localhost:8010/status` for backups.wal, and repair the way to the bucket.",
      fault: "the bucket refuses WAL",
      watched: metric("WalAge", "Minimum"),
      fires: "above",
      threshold: WAL_LATE_S,
      period_s: MINUTE_S,
      periods: 5,
      missing: "notBreaching",
    },
    {
      name: "database-certificate-ends",
      means: `PostgreSQL's certificate ends within ${CERTIFICATE_DAYS} days; afterwards the API refuses the database.`,
      act: "Run `pulumi up`, which renews it; see docs/operations.md, The database's certificate.",
      fault: "nobody ran the program in the certificate's second year",
      watched: metric("CertificateDays", "Minimum"),
      fires: "below",
      threshold: CERTIFICATE_DAYS,
      period_s: HOUR_S,
      periods: 1,
      missing: "ignore",
    },
    ...failoverAlarms(watched),
  ];
}

function failoverAlarms({ stack, failoverFunction }: Watched): readonly AlarmDefinition[] {
  const own = (name: FailoverMetric, statistic: string) => databaseMetric(stack, name, statistic);
  const lambda = (name: string): Metric => ({
    namespace: "AWS/Lambda",
    name,
    dimensions: { FunctionName: failoverFunction },
    statistic: "Sum",
  });
  const everyMinute = { fires: "above", period_s: MINUTE_S, missing: "notBreaching" } as const;
  return [
    {
      name: "failover-failing",
      means: "The failover function ended with an error in each of the last five minutes: nobody would move the route.",
      act: "Read its log for the error; a missing permission or a wrong environment is repaired by `pulumi up`.",
      fault: "each invocation of the failover function throws",
      watched: lambda("Errors"),
      threshold: 0,
      periods: 5,
      ...everyMinute,
    },
    {
      name: "failover-throttled",
      means:
        "Lambda refused to run the failover function in each of the last five minutes: the account's concurrency is used up.",
      act: "Find the function that uses the account's concurrency, or ask AWS for more; until then it cannot fail over.",
      fault: "the failover function is throttled",
      watched: lambda("Throttles"),
      threshold: 0,
      periods: 5,
      ...everyMinute,
    },
    {
      name: "failover-blind",
      means: "For five minutes most rounds of the failover function saw too little to decide: it would change nothing.",
      act: "Read its log: EC2 or the probe function does not answer, or no agent is reached from the private subnets.",
      fault: "the probe function does not answer",
      watched: own("BlindRounds", "Sum"),
      threshold: BLIND_ROUNDS,
      periods: 5,
      ...everyMinute,
    },
    {
      name: "fence-limit-reached",
      means: "A database host is lost, but three were ended within the hour already: another machine does not cure it.",
      act: "Find what they have in common (file system, image, zone), then terminate the named holder by hand.",
      fault: "a fourth host is lost within an hour",
      watched: own("FenceLimitReached", "Maximum"),
      threshold: 0,
      periods: 1,
      ...everyMinute,
    },
  ];
}
