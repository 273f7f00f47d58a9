import type { Manifest } from "@cloudy/contracts/backup-manifest.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startCommand } from "./command.ts";
import type { FakeAws } from "./fake-aws.ts";
import { type RunningSystem, startSystem } from "./running-system.ts";

let system: RunningSystem;
let aws: FakeAws;
let onTwin: readonly string[];

const FIRST = "20260101T000000Z-e1";
const SECOND = "20260102T000000Z-e2";

beforeEach(async () => {
  system = await startSystem();
  ({ aws } = system);
  onTwin = ["--twin", system.twinFile];
  // The order of keys is not that of time here; a backup without a manifest does not exist.
  store(SECOND, "2026-01-02T00:05:00.000Z");
  store(FIRST, "2026-01-01T00:05:00.000Z");
  aws.objects.set("base/20260103T000000Z-e2/data.tar.zst", "not finished");
  aws.onInvoke = (event) => {
    if ("restore" in (event as object)) {
      looks = 0;
      const sentence = "i-a restores it";
      return { status: 200, body: { outcome: "accepted", holder: "i-a", epoch: 4, sentence } };
    }
    looks += 1;
    return { status: 200, body: { ...SEEN, ...(looks === 1 ? { online: 1, restore: SECOND } : atTheEnd) } };
  };
  atTheEnd = { online: 1 };
});
afterEach(() => system.close());

const SEEN = { outcome: "seen", sentence: "", online: 0, epoch: 4, holder: "i-a", restore: null, restoreFailure: null };
let looks = 0;
/** What the second look sees. */
let atTheEnd: object;

function manifestOf(backup: string, finishedAt: string): Manifest {
  return {
    version: 1,
    backup,
    systemIdentifier: "7000000000000000001",
    timeline: 1,
    startedAt: finishedAt,
    finishedAt,
    startWal: "000000010000000000000002",
    stopWal: "000000010000000000000003",
    startLsn: "0/2000028",
    stopLsn: "0/3000050",
    sha256: "ab".repeat(32),
    files: 1_000,
    bytes: 40_000_000,
    compressedBytes: 5_250_000,
    postgresMajor: "18",
  };
}

function store(backup: string, finishedAt: string): void {
  aws.objects.set(`base/${backup}/manifest.json`, JSON.stringify(manifestOf(backup, finishedAt)));
  aws.objects.set(`base/${backup}/data.tar.zst`, "data");
}

const restores = () => aws.events.filter((event) => "restore" in (event as object));

describe("pnpm restore", () => {
  test("D2: --list shows the backups, the newest first, and asks for nothing", async () => {
    const { code, stdout } = await startCommand("restore", [...onTwin, "--list"]).ended;
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "backup               can be restored to        PostgreSQL  size     in S3",
      "20260102T000000Z-e2  2026-01-02T00:05:00.000Z  18          40.0 MB  5.3 MB",
      "20260101T000000Z-e1  2026-01-01T00:05:00.000Z  18          40.0 MB  5.3 MB",
      "",
    ]);
    expect(aws.events).toEqual([]);
  });

  test("D2: by default the newest backup with all WAL; it ends with 0 once the restored database serves", async () => {
    const { code, stdout } = await startCommand("restore", [...onTwin, "--yes"]).ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: "The restored database serves on i-a.\n" });
    expect(restores()).toEqual([{ restore: { backup: SECOND, targetTime: null } }]);
    // At the first look it still served, from the old data.
    expect(looks).toBe(2);
  });

  test("D2: --at takes the newest backup that reaches back to the time", async () => {
    const args = [...onTwin, "--yes", "--json", "--at", "2026-01-02T02:04:00+02:00"];
    const { stdout } = await startCommand("restore", args).ended;
    const point = { backup: FIRST, targetTime: "2026-01-02T00:04:00.000Z" };
    expect(restores()).toEqual([{ restore: point }]);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "done", ...point });
  });

  test.each<[string, object, string]>([
    [
      "fails",
      { restoreFailure: "base/x does not exist" },
      "i-a could not restore, the old data stays: base/x does not exist",
    ],
    [
      "is overtaken",
      { epoch: 5, holder: "i-b" },
      "i-b took epoch 5 over while i-a restored: look what is in the database.",
    ],
  ])("D2: a restore that %s is exit code 1, with the reason", async (_, end, sentence) => {
    atTheEnd = end;
    const { code, stdout } = await startCommand("restore", [...onTwin, "--yes"]).ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${sentence}\n` });
  });

  test("D2: a refusal is exit code 1, with the reason", async () => {
    const sentence = "Nothing was changed: i-a answered 409, this instance is leaving already.";
    aws.onInvoke = () => ({ status: 200, body: { outcome: "refused", sentence } });
    const { code, stdout } = await startCommand("restore", [...onTwin, "--yes"]).ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${sentence}\n` });
  });

  test("D2: Ctrl-C while it restores ends the command, not the restore", async () => {
    const { promise: looking, resolve } = Promise.withResolvers<void>();
    const answer = aws.onInvoke;
    aws.onInvoke = (event) => {
      if ("look" in (event as object)) resolve();
      return answer(event);
    };
    atTheEnd = { restore: SECOND };
    const { process: child, ended } = startCommand("restore", [...onTwin, "--yes"]);
    await looking;
    child.kill("SIGINT");
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain("If the order was given it is carried out all the same");
  });
});

describe("pnpm restore with a backup whose manifest is broken", () => {
  const where = `s3://backups/base/${SECOND}/manifest.json`;
  const full = manifestOf(SECOND, "2026-01-02T00:05:00.000Z");

  test.each<[string, string, string]>([
    ["lacks its size", JSON.stringify({ ...full, bytes: undefined }), "is no manifest: it lacks [bytes]"],
    [
      "has a size that is none",
      JSON.stringify({ ...full, bytes: "40" }),
      'is no manifest: [bytes] must be a number, got "40"',
    ],
    [
      "has an end that is no time",
      JSON.stringify({ ...full, finishedAt: "soon" }),
      "is no manifest: [finishedAt] must be a time",
    ],
    ["is of another version", JSON.stringify({ ...full, version: 2 }), "is no manifest: [version] must be 1, got 2"],
    ["is not JSON", "{", "is no manifest: it is not JSON"],
    ["is another backup's", JSON.stringify({ ...full, backup: FIRST }), `is the manifest of ${FIRST}`],
  ])("D2: --list names the one that %s, lists the others, and ends with 1", async (_, manifest, why) => {
    aws.objects.set(`base/${SECOND}/manifest.json`, manifest);
    const { code, stdout, stderr } = await startCommand("restore", [...onTwin, "--list"]).ended;
    expect(stderr).toContain(`${where} ${why}`);
    expect(stderr).not.toContain("    at ");
    expect(stdout.split("\n").map((line) => line.split(" ")[0])).toEqual(["backup", FIRST, ""]);
    expect(code).toBe(1);
  });

  test("D2: a restore goes on from the newest that can be read, and says so", async () => {
    aws.objects.set(`base/${SECOND}/manifest.json`, "{}");
    const { code, stderr } = await startCommand("restore", [...onTwin, "--yes"]).ended;
    expect(stderr).toContain(`${where} is no manifest: it lacks [backup]`);
    expect(restores()).toEqual([{ restore: { backup: FIRST, targetTime: null } }]);
    expect(code).toBe(0);
  });

  test("D2: it cannot be asked for", async () => {
    aws.objects.set(`base/${SECOND}/manifest.json`, "{}");
    const { code, stderr } = await startCommand("restore", [...onTwin, "--yes", "--backup", SECOND]).ended;
    expect(stderr).toContain(`Error: ${where} is no manifest: it lacks [backup]`);
    expect(code).toBe(1);
    expect(restores()).toEqual([]);
  });
});

describe("pnpm restore: wrong use is one clear message, exit code 1, and nothing is ordered", () => {
  test.each<[readonly string[], string]>([
    [[], "there is no terminal to ask for confirmation: give [--yes]"],
    [["--at", "yesterday"], "[--at] yesterday is not a time with a zone, like 2026-01-02T03:04:05Z"],
    [["--at", "2026-01-02T03:04:05"], "is not a time with a zone"],
    [["--at", "2999-01-01T00:00:00Z"], "[--at] 2999-01-01T00:00:00.000Z is in the future."],
    [["--at", "2025-01-01T00:00:00Z"], `No backup reaches back to 2025-01-01T00:00:00.000Z: the oldest, ${FIRST}`],
    [["--backup", "mine"], "There is no backup mine. See --list."],
    [
      ["--backup", SECOND, "--at", "2026-01-01T12:00:00Z"],
      `${SECOND} can be restored to 2026-01-02T00:05:00.000Z and later`,
    ],
    [["--everything"], "Unknown option '--everything'"],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await startCommand("restore", [...onTwin, ...args]).ended;
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(restores()).toEqual([]);
  });

  test("no backup at all, a broken manifest, no bucket", async () => {
    aws.objects.set(`base/${FIRST}/manifest.json`, "{}");
    const broken = await startCommand("restore", [...onTwin, "--list"]).ended;
    expect(broken.stderr).toContain(`s3://backups/base/${FIRST}/manifest.json is no manifest: it lacks [backup]`);
    aws.objects.clear();
    expect((await startCommand("restore", [...onTwin, "--list"]).ended).stdout).toBe("There is no backup.\n");
    expect((await startCommand("restore", [...onTwin, "--yes"]).ended).stderr).toContain("There is no backup.");
    const { stderr } = await startCommand("restore", ["--function", "X", "--region", "eu-west-1"]).ended;
    expect(stderr).toContain("Where are the backups?");
  });
});
