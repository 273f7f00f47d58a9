// Every number of backups and restores with its reason.

/** One part of an upload: S3 takes 10,000, so this allows 80 GB; two of them are in memory at a time. */
export const PART_BYTES = 8 * 1024 * 1024;

/** A gateway endpoint of the same region answers in milliseconds; a stop waits for the last archived segment. */
export const CONNECT_TIMEOUT_MS = 3_000;
export const SILENCE_TIMEOUT_MS = 10_000;
export const ATTEMPTS_MAX = 3;

/** zstd's own default: on PostgreSQL's pages smaller levels save little time. */
export const COMPRESSION_LEVEL = 3;

/** A file is read in pieces of this size, so that a table of gigabytes needs no memory. */
export const READ_BYTES = 256 * 1024;

/** The lowest priority: a backup takes only what serving queries leaves. */
export const NICENESS = 19;

/** A takeover is no time for a backup: the first look whether one is due comes this long after postgres accepts. */
export const SETTLE_MS = 60_000;

/** The first epoch took nothing over, and data without any backup should not be so for long. */
export const FIRST_SETTLE_MS = 3_000;

/** After a failed base backup the next one is tried after this time. */
export const BACKUP_RETRY_MS = 600_000;

/** However old they are: the newest base backups stay, since a stack whose backups stopped must keep its last ones. */
export const BACKUPS_KEPT_LEAST = 2;

/** What an interrupted base backup uploaded without a manifest is cleared away after this time. */
export const INCOMPLETE_AGE_MS = 86_400_000;

/** Room for WAL and the database's growth beyond a backup's own size, as a factor, before a restore is begun. */
export const RESTORE_ROOM = 1.1;

/** PostgreSQL reads an exit status above 125 as "stop recovering", a smaller one as "there is no such file". */
export const RESTORE_COMMAND_FAILED = 200;

/** PostgreSQL reads an exit status above 125 as "end the archiver", a smaller one as "try again", three times with a pause each. */
export const ARCHIVING_GIVEN_UP = 200;
