import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { installDataDirectory, prepareDataDirectory, readData } from "../src/files/data-directory.ts";
import { makeEpoch, readCurrentEpoch, releaseEpoch, touchServer } from "../src/files/epochs.ts";
import type { FileResult, FileSteps } from "../src/files/file-operations.ts";
import { runFileSteps as run } from "../src/files/run-file-steps.ts";

let shared: string;
beforeEach(() => {
  shared = mkdtempSync(join(tmpdir(), "cl-"));
});
afterEach(() => rmSync(shared, { recursive: true, force: true }));

const record = (number: number, holder: string) => ({
  number,
  holder,
  token: `token-of-${holder}-${number}`,
  createdAt: "2026-01-01T00:00:00Z",
});

describe("epochs", () => {
  test("D4: each epoch has one holder, the first one to make it", () => {
    expect(run(readCurrentEpoch(shared))).toBeUndefined();
    expect(run(makeEpoch(shared, record(1, "i-a")))).toBe(true);
    expect(run(makeEpoch(shared, record(1, "i-b")))).toBe(false);
    expect(run(readCurrentEpoch(shared))).toEqual({
      number: 1,
      holder: "i-a",
      token: "token-of-i-a-1",
      released: false,
    });
  });

  test("D4: a release belongs to its epoch alone and may be repeated", () => {
    run(makeEpoch(shared, record(1, "i-a")));
    run(releaseEpoch(shared, record(1, "i-a")));
    run(releaseEpoch(shared, { ...record(1, "i-a"), token: "another" }));
    expect(run(readCurrentEpoch(shared))?.released).toBe(true);
    run(makeEpoch(shared, record(2, "i-b")));
    expect(run(readCurrentEpoch(shared))).toMatchObject({ number: 2, released: false });
    expect(readdirSync(join(shared, "epochs")).sort()).toEqual(["epoch-1.json", "epoch-1.released", "epoch-2.json"]);
  });

  test("D4: nothing is released before the kernel has written back what postgres left to it", () => {
    const steps = releaseEpoch(shared, record(1, "i-a"));
    expect(steps.next().value).toEqual({ op: "sync-file-system", path: shared });
    expect(() => steps.throw(new Error("Input/output error"))).toThrow("Input/output error");
    expect(readdirSync(shared)).toEqual([]);
  });

  test("D4: the tenth epoch comes after the ninth", () => {
    for (let number = 1; number <= 10; number += 1) run(makeEpoch(shared, record(number, "i-a")));
    expect(run(readCurrentEpoch(shared))?.number).toBe(10);
  });

  test("D4: eight processes race for the same epochs, each epoch has exactly one winner", async () => {
    const racer = fileURLToPath(new URL("epoch-racer.ts", import.meta.url));
    const racers = Array.from({ length: 8 }, (_, index) => fork(racer, [shared, `i-${index}`, "25"]));
    const won = await Promise.all(racers.map(async (child) => (await once(child, "message"))[0] as number[]));
    expect(won.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
    expect(readdirSync(join(shared, "epochs"))).toHaveLength(25);
  });

  test("a record that is not one is an error that shows it", () => {
    run(makeEpoch(shared, record(1, "i-a")));
    writeFileSync(join(shared, "epochs", "epoch-2.json"), '{"epoch":7}');
    expect(() => run(readCurrentEpoch(shared))).toThrow('is not the record of epoch 2 ("{"epoch":7}")');
  });

  test("a file system that is not mounted is an error, not an empty directory", () => {
    expect(() => run(touchServer(join(shared, "unmounted"), "i-a"))).toThrow("ENOENT");
  });
});

describe("the data directory", () => {
  test("D4: is put in place once and never over data", () => {
    run(makeEpoch(shared, record(1, "i-a")));
    expect(run(prepareDataDirectory(shared))).toBe("absent");
    mkdirSync(join(shared, "initdb-one"));
    writeFileSync(join(shared, "initdb-one", "PG_VERSION"), "17\n");
    run(installDataDirectory(shared, "one"));
    expect(run(prepareDataDirectory(shared))).toBe("present");
    expect(run(readData(shared)).initialized).toBe(true);
    mkdirSync(join(shared, "initdb-two"));
    expect(() => run(installDataDirectory(shared, "two"))).toThrow("has content that is not a data directory");
  });

  test("D4: what an unfinished initdb left and a stale postmaster.pid are removed", () => {
    run(makeEpoch(shared, record(1, "i-a")));
    mkdirSync(join(shared, "initdb-lost"));
    mkdirSync(join(shared, "pgdata"));
    writeFileSync(join(shared, "pgdata", "PG_VERSION"), "17\n");
    writeFileSync(join(shared, "pgdata", "postmaster.pid"), "1\n");
    expect(run(prepareDataDirectory(shared))).toBe("present");
    expect(existsSync(join(shared, "initdb-lost"))).toBe(false);
    expect(existsSync(join(shared, "pgdata", "postmaster.pid"))).toBe(false);
  });

  test("D4: data whose install was interrupted is known as initialized from its first start on", () => {
    run(makeEpoch(shared, record(1, "i-a")));
    mkdirSync(join(shared, "pgdata"));
    writeFileSync(join(shared, "pgdata", "PG_VERSION"), "17\n");
    expect(run(readData(shared)).initialized).toBe(false);
    expect(run(prepareDataDirectory(shared))).toBe("present");
    expect(run(readData(shared)).initialized).toBe(true);
  });

  test("D4: a dead agent's late rename never puts half of an initdb in place", () => {
    mkdirSync(join(shared, "initdb-late"));
    for (const name of ["PG_VERSION", "base"]) writeFileSync(join(shared, "initdb-late", name), "17\n");
    const late = () => run(installDataDirectory(shared, "late"));
    let isRefused = false;
    const prepare = onRemove(prepareDataDirectory(shared), (path) => {
      rmSync(join(path, "base"), { force: true });
      expect(late).toThrow("ENOENT");
      isRefused = true;
    });
    expect(run(prepare)).toBe("absent");
    expect(isRefused).toBe(true);
    expect(existsSync(join(shared, "pgdata"))).toBe(false);
  });

  test("D4: a dead agent's late clearing up fails the new initdb as a whole", () => {
    mkdirSync(join(shared, "initdb-new"));
    writeFileSync(join(shared, "initdb-new", "PG_VERSION"), "17\n");
    expect(run(prepareDataDirectory(shared))).toBe("absent");
    expect(() => run(installDataDirectory(shared, "new"))).toThrow("ENOENT");
    expect(readdirSync(shared)).toEqual([]);
  });

  test("D4: once initialized and missing now, it is an error", () => {
    mkdirSync(join(shared, "epochs"));
    writeFileSync(join(shared, "epochs", "initialized"), "");
    expect(() => run(prepareDataDirectory(shared))).toThrow("is missing: restore it, it is never made anew");
  });
});

/** The same steps, and `meanwhile` in the middle of every removal. */
function* onRemove<Result>(steps: FileSteps<Result>, meanwhile: (path: string) => void): FileSteps<Result> {
  let next = steps.next();
  while (next.done !== true) {
    if (next.value.op === "remove" && existsSync(next.value.path)) meanwhile(next.value.path);
    let result: FileResult;
    try {
      result = yield next.value;
    } catch (error) {
      next = steps.throw(error);
      continue;
    }
    next = steps.next(result);
  }
  return next.value;
}
