import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type RunningTwin, runTwin, startTwin } from "./running-twin.ts";

let twin: RunningTwin | undefined;
afterEach(async () => {
  if (twin?.process.exitCode !== null) return;
  twin.process.kill("SIGINT");
  await once(twin.process, "exit");
});

const FAULTS = ["metadata:15", "dns:30", "packages:45", "mount:60"].flatMap((fault) => ["--boot-fault", fault]);

test("R2: the whole stack comes up by itself although every instance finds everything away at first", async () => {
  twin = await startTwin(10, ...FAULTS);
  const { directory, loadBalancerUrl } = twin.announcement;
  expect((await fetch(`${loadBalancerUrl}/readyz`)).status).toBe(200);
  const instances = join(directory, "instances");
  const journals = readdirSync(instances).map((id) => readFileSync(join(instances, id, "journal.log"), "utf8"));
  const having = (pattern: RegExp) => journals.filter((journal) => pattern.test(journal)).length;
  // Two web, two database and one NAT instance, and none in the place of one that was given up.
  expect(journals).toHaveLength(5);
  expect(having(/cloudy-packages\.service: dnf can't reach .* started again/)).toBe(5);
  expect(having(/cloudy-mount\.service: .*the file system is away; it is started again/)).toBe(2);
  expect(having(/stays failed|Dependency failed/)).toBe(0);
}, 120_000);

test.each([
  ["disk:3", "is not WHAT:SECONDS, where WHAT is mount, packages, dns, metadata"],
  ["mount:soon", "is not WHAT:SECONDS"],
])("--boot-fault %s is one clear message", async (fault, message) => {
  const { code, stderr } = await runTwin("up", "--boot-fault", fault);
  expect({ code, isTold: stderr.includes(message) }).toEqual({ code: 1, isTold: true });
});
